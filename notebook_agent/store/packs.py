"""Packs: many small nodes compressed as one, because alike texts shrink together and are opened together.

Unpacked, a pack is a line of JSON and then its members' bodies, one after another. The line says
of the members their numbers (each as its distance from the one before), forms and sizes:
`[[901,1,1],"020",[60,1024,71]]`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from notebook_agent.errors import StoreFormatError

__all__ = ["Member", "pack", "unpack"]

Member = tuple[int, int, bytes]
"""A number, a form and the body."""

_LEVEL: Final = 3
_LARGEST: Final = 1 << 18
"""What a pack may hold; a larger one comes only from a crafted file."""
_DAMAGED: Final = "The store is damaged: a pack of nodes does not open ({})."
_BAD = (ValueError, TypeError, KeyError, IndexError, RecursionError)


def pack(members: Sequence[Member]) -> bytes:
    """One body for these members, which are in the order of their numbers."""
    numbers, forms, bodies = zip(*members, strict=True)
    steps = [numbers[0], *map(int.__sub__, numbers[1:], numbers)]
    line = json.dumps([steps, "".join(map(str, forms)), list(map(len, bodies))], separators=(",", ":"))
    return zlib.compress(b"".join((line.encode(), b"\n", *bodies)), _LEVEL)


def unpack(body: object) -> list[Member]:
    """The members of a pack; an empty body is a pack of none.

    Raises:
        StoreFormatError: it is not what `pack` writes.
    """
    if not body:
        return []
    raw = _inflated(body)
    try:
        start = raw.index(b"\n") + 1
        steps, forms, sizes = json.loads(raw[:start])
        numbers, ends = accumulate(steps), list(accumulate(sizes, initial=start))
        if ends[-1] != len(raw) or min(sizes) < 0:
            raise ValueError("its sizes do not add up")
        bodies = [raw[start:end] for start, end in pairwise(ends)]
        return list(zip(numbers, map(int, forms), bodies, strict=True))
    except _BAD as error:
        raise StoreFormatError(_DAMAGED.format(error)) from error


def _inflated(body: object) -> bytes:
    if not isinstance(body, bytes):
        raise StoreFormatError(_DAMAGED.format("it is text"))
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(body, _LARGEST)
    except zlib.error as error:
        raise StoreFormatError(_DAMAGED.format(error)) from error
    if not stream.eof:
        raise StoreFormatError(_DAMAGED.format("it is cut short or too large"))
    return raw
