"""Small words for sentences: lists of names, and a name's nearest neighbour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notebook_agent.errors import did_you_mean

__all__ = ["Names", "a_kind", "as_names", "as_word", "hint", "listing"]

Names = Sequence[str] | str
"""Several names, or one."""


def as_names(names: Names) -> tuple[str, ...]:
    """Return names that may be given as one."""
    return (names,) if isinstance(names, str) else tuple(names)


def listing(names: Iterable[str], limit: int = 12) -> str:
    """Return the names for a message, `none` where there are none, cut after `limit`."""
    every = list(names)
    rest = f" and {len(every) - limit} more" if len(every) > limit else ""
    return (", ".join(every[:limit]) or "none") + rest


def as_word(name: str) -> str:
    """Quote a name of several words, as it has to be typed."""
    return f'"{name}"' if name.split() != [name] else name


def hint(word: str, known: Iterable[str], what: str) -> str:
    """Return ` Did you mean 'x'?` or, where nothing is near, ` (what: all of them)`."""
    names = list(known)
    return did_you_mean(word, names) or f" ({what}: {listing(names, 30)})"


def a_kind(value: object) -> str:
    """Return what a value is, with its article: `an int`, `a class`."""
    name = "class" if isinstance(value, type) else type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
