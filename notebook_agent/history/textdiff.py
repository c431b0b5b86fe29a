"""What differs between two texts: line by line and, where two lines belong together, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

__all__ = ["DiffLine", "Kind", "text_diff"]

Kind = Literal["same", "removed", "added", "changed", "gap"]
Mark = Literal["", "-", "+"]
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
_ALIKE: Final = 0.4
"""From which part of their words in common on two lines belong together."""
_MOST: Final = 1_000_000
"""Pairs of lines, or of words, that are compared; of more, all counts as replaced."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a difference.

    Attributes:
        kind: `changed` has the words of both; `gap` stands for equal lines that are left out.
        parts: Its text in pieces, each with `-` where only the text before has it, `+` where only
            the text after has.
    """

    kind: Kind
    parts: tuple[tuple[str, Mark], ...] = ()

    @property
    def text(self) -> str:
        """The line as it reads: `The capital of [-France-]{+England+}`."""
        written = {"": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
        return "".join(written[mark].format(piece) for piece, mark in self.parts)


def text_diff(before: str, after: str, context: int = 2) -> list[DiffLine]:
    """Return the lines that differ, with so many equal ones around them; none for equal texts."""
    old, new = before.split("\n"), after.split("\n")
    start, end = _common(old, new)
    inner = list(_inner(old[start : len(old) - end], new[start : len(new) - end]))
    if not inner:
        return []
    first, last = max(0, start - context), len(old) - end
    lines = [*map(_same, old[first:start]), *inner, *map(_same, old[last : last + context])]
    return [*_gap(first > 0), *_thinned(lines, context), *_gap(end > context)]


def _common(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Count the lines in common at the start and at the end."""
    shorter = min(len(old), len(new))
    start = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - start
    return start, next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)


def _inner(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffLine]:
    for kind, i, j, k, m in _opcodes(old, new):
        if kind == "equal":
            yield from map(_same, old[i:j])
        else:
            yield from _replaced(old[i:j], new[k:m])


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(old) * len(new) > _MOST:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffLine]:
    """Pair lines in order where they are alike; the others are removed and added."""
    paired = 0
    for was, now in zip(old, new, strict=False):
        line = _by_words(was, now)
        if line is None:
            break
        yield line
        paired += 1
    yield from (DiffLine("removed", ((line, "-"),)) for line in old[paired:])
    yield from (DiffLine("added", ((line, "+"),)) for line in new[paired:])


def _by_words(was: str, now: str) -> DiffLine | None:
    """Return a line with the words of both; None where they have too little in common."""
    old, new = _WORDS.findall(was), _WORDS.findall(now)
    found = _opcodes(old, new)
    alike = sum(len("".join(old[i:j])) for kind, i, j, _, _ in found if kind == "equal")
    if alike < _ALIKE * max(len(was), len(now)):
        return None
    parts: list[tuple[str, Mark]] = []
    for kind, i, j, k, m in found:
        if kind == "equal":
            parts.append(("".join(old[i:j]), ""))
        else:
            parts += [("".join(old[i:j]), "-")] if j > i else []
            parts += [("".join(new[k:m]), "+")] if m > k else []
    return DiffLine("changed", tuple(parts))


def _thinned(lines: Sequence[DiffLine], context: int) -> Iterator[DiffLine]:
    """Put a gap for equal lines that are far from every difference."""
    near = {
        place
        for n, line in enumerate(lines)
        if line.kind != "same"
        for place in range(n - context, n + context + 1)
    }
    for n, line in enumerate(lines):
        if n in near:
            yield line
        elif n - 1 in near:
            yield DiffLine("gap")


def _same(line: str) -> DiffLine:
    return DiffLine("same", ((line, ""),))


def _gap(there: bool) -> list[DiffLine]:  # noqa: FBT001  # an answer, no setting
    return [DiffLine("gap")] if there else []
