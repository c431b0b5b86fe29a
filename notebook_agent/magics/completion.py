"""What TAB offers on an `%agent` line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from notebook_agent.magics.commands import commands
from notebook_agent.magics.parser import Argument, CommandParser

__all__ = ["Offer", "Vocabulary", "offer"]

Vocabulary = Callable[[str, str | None], Iterable[str]]
"""The words of a kind there are now: `(kind, run)`; `run` is given where a step of another run is named."""

_LINE = re.compile(r"(?:^|[=(;\s])%{1,2}agent(?:\s+(?P<rest>.*))?$")
_SUFFIX = {"input": "=", "key": "=", "binding": ":="}


@dataclass(frozen=True, slots=True)
class Offer:
    """The end of the line that is to be replaced, and by what it may be."""

    fragment: str
    words: tuple[str, ...]
    only: bool = True
    """Nobody else has anything to offer here."""


def offer(line: str, vocabulary: Vocabulary) -> Offer | None:
    """Return what may stand at the end of `line`, None where it is no `%agent` line."""
    match = _LINE.search(line)
    if match is None or match["rest"] is None:
        return None
    *before, fragment = re.split(r"\s+", match["rest"])
    if not before:
        return _offer(fragment, commands())
    command = commands().get(before[0])
    if command is None:
        return _offer(fragment, ())
    return _argument(command.parser, before[-1], fragment, vocabulary)


def _argument(parser: CommandParser, previous: str, fragment: str, vocabulary: Vocabulary) -> Offer:
    if "=" in fragment:
        return _value(parser, previous, fragment, vocabulary)
    if fragment.startswith("-"):
        return _offer(fragment, [item.name for item in parser.arguments if item.is_flag] + ["--help"])
    items = _expected(parser, previous)
    kinds = {kind for item in items for kind in item.completes}
    if "file" in kinds:
        return Offer(fragment, (), only=False)
    if "key" in kinds and (fragment[:1] in {"'", '"'} or "," in fragment):
        return _at_end(fragment, vocabulary("key", None))
    sets = parser.binds and not any(item.is_flag for item in items)
    return _offer(fragment, _words(kinds, fragment, vocabulary, sets=sets))


def _value(parser: CommandParser, previous: str, fragment: str, vocabulary: Vocabulary) -> Offer:
    """Offer what may stand behind a `=`: of a flag, of an action, or a value of Python's."""
    flag, _, value = fragment.partition("=")
    if any(item.is_flag and item.name == flag for item in parser.arguments):
        found = _argument(parser, flag, value, vocabulary)
        return Offer(fragment, tuple(f"{flag}={word}" for word in found.words), found.only)
    if previous == "--with":
        return _at_end(fragment, vocabulary("function", None))
    return Offer(fragment, (), only=False)


def _expected(parser: CommandParser, previous: str) -> list[Argument]:
    flags = [item for item in parser.arguments if item.name == previous and item.takes_value]
    return flags or [item for item in parser.arguments if not item.is_flag]


def _words(kinds: Iterable[str], fragment: str, vocabulary: Vocabulary, *, sets: bool) -> list[str]:
    run, at, _ = fragment.rpartition("@")
    found: list[str] = []
    for kind in sorted(kinds):
        if kind == "step":
            found += [f"{run}@{step}" for step in vocabulary("step", run or None)]
            found += [f"{name}@" for name in (vocabulary("run", None) if fragment and not at else ())]
        elif kind == "command":
            found += commands()
        elif not at:
            found += [word + (_SUFFIX.get(kind, "") if sets else "") for word in vocabulary(kind, None)]
    return found


def _at_end(fragment: str, words: Iterable[str]) -> Offer:
    """Offer words for the name that a longer word ends with: in an expression, or after a sign."""
    begun = re.split(r"\W", fragment)[-1]
    kept = fragment[: len(fragment) - len(begun)]
    return _offer(fragment, [kept + word for word in words])


def _offer(fragment: str, words: Iterable[str]) -> Offer:
    return Offer(fragment, tuple(dict.fromkeys(word for word in words if word.startswith(fragment))))
