"""What differs between two long texts with what stands around it, lest all of both be compared and shown."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["excerpts"]

_WHOLE: Final = 100_000
"""Shorter texts stay whole."""
_AROUND: Final = 10_000
_TOKEN: Final = 4_096
"""No word is cut that is shorter, for it may be a secret, and is told as one only as a whole."""
_SPACE: Final = re.compile(r"\s")


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Return of two long texts the parts that differ, and say how much of each is left out."""
    if max(len(before), len(after)) <= _WHOLE:
        return before, after
    start = _same_start(before, after)
    shorter = min(len(before), len(after)) - start
    end = min(shorter, _same_start(before[::-1], after[::-1]))
    first = max(0, start - _AROUND)
    found = _SPACE.search(before, first, min(start, first + _TOKEN)) if first else None
    first = found.end() if found else first
    return _part(before, first, len(before) - end), _part(after, first, len(after) - end)


def _same_start(one: str, other: str) -> int:
    """How many characters two texts begin with alike, found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def _part(text: str, first: int, last: int) -> str:
    stop = min(len(text), last + _AROUND, first + _WHOLE)
    if stop < len(text):
        spaces = [found.end() for found in _SPACE.finditer(text, max(first, stop - _TOKEN), stop)]
        stop = spaces[-1] if spaces else stop
    head = f"[{first:,} characters before]\n" if first else ""
    left = len(text) - stop
    return f"{head}{text[first:stop]}" + (f"\n[{left:,} characters after]" if left else "")
