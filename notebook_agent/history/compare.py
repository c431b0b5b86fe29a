"""What differs between two states, path by path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from notebook_agent.redact import mask_field, masked_repr
from notebook_agent.state import same

__all__ = ["Change", "changes", "last_key", "path_of", "same"]

_NAME: Final = re.compile(r"[^\W\d]\w*")
_LAST: Final = re.compile(r"""(?:^|\.)([^\W\d]\w*)$ | \[(['"])([^'"]*)\2\]$""", re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs, such as `chat_history[4].content`; a side without it holds None."""

    path: str
    kind: Literal["added", "changed", "removed"]
    before: object = None
    after: object = None

    def __repr__(self) -> str:
        """Mask secrets, also what stands under a key such as `password`."""
        key = last_key(self.path) or ""
        before, after = mask_field(key, self.before), mask_field(key, self.after)
        return masked_repr(replace(self, before=before, after=after))


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    """Go through what was added, changed or removed.

    What is the same object on both sides is not looked into, so the cost is that of the
    difference. Items put before, between or after those of a list are additions.
    """
    return _mappings("", before, after)


def path_of(parent: str, key: object) -> str:
    """Write the path of an item below another as it can be typed: `chat_history[4].content`."""
    if parent == "state":
        parent = "state.state"
    if isinstance(key, str) and _NAME.fullmatch(key):
        return f"{parent}.{key}" if parent else key
    return f"{parent}[{_literal(key)}]"


def last_key(path: str) -> str | None:
    """Return the text under which a value stands, for it may tell of a secret; None below another key."""
    found = _LAST.search(path)
    return None if found is None else found[1] or found[3]


def _literal(key: object) -> str:
    """A key as Python writes it, in one word of a command line."""
    if isinstance(key, float):
        return repr(key).replace("inf", "1e999")
    if type(key) is tuple:
        return f"({','.join(map(_literal, key))}{',' if len(key) == 1 else ''})"
    if isinstance(key, str | bytes):
        return re.sub(r"\\\\|\\'|[${}]", _escaped, repr(key))
    return repr(key)


def _escaped(found: re.Match[str]) -> str:
    """What a command line would take for something else; two backslashes are one and stay."""
    return found[0] if found[0] == r"\\" else f"\\x{ord(found[0][-1]):02x}"


def _values(path: str, before: object, after: object) -> Iterator[Change]:
    if same(before, after):
        return
    within: Iterator[Change] = iter(())
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        within = _mappings(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        within = _lists(path, before, after)
    yield next(within, Change(path, "changed", before, after))
    yield from within


def _mappings(path: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for key, value in after.items():
        if key in before:
            yield from _values(path_of(path, key), before[key], value)
        else:
            yield Change(path_of(path, key), "added", after=value)
    for key in before:
        if key not in after:
            yield Change(path_of(path, key), "removed", before[key])


def _lists(path: str, before: Sequence[object], after: Sequence[object]) -> Iterator[Change]:
    start, end = _common(before, after)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    for n, (was, now) in enumerate(zip(old, new, strict=False), start):
        yield from _values(path_of(path, n), was, now)
    paired = min(len(old), len(new))
    for n, value in enumerate(new[paired:], start + paired):
        yield Change(path_of(path, n), "added", after=value)
    for n, value in enumerate(old[paired:], start + paired):
        yield Change(path_of(path, n), "removed", value)


def _common(before: Sequence[object], after: Sequence[object]) -> tuple[int, int]:
    shorter = min(len(before), len(after))
    start = _run_of_same(before, after, shorter)
    return start, _run_of_same(before[::-1], after[::-1], shorter - start)


def _run_of_same(before: Sequence[object], after: Sequence[object], limit: int) -> int:
    pairs = enumerate(zip(before[:limit], after[:limit], strict=True))
    return next((n for n, (was, now) in pairs if not same(was, now)), limit)
