"""Packs: many small nodes compressed as one, because alike texts shrink together and are opened together.

Unpacked, a pack is a line of JSON and then its members' bodies, one after another. The line says
of the members their numbers (each as its distance from the one before), forms and sizes:
`[[901,1,1],"020",[60,1024,71]]`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from notebook_agent.errors import StoreFormatError

__all__ = ["Book", "Member", "pack", "unpack"]

Member = tuple[int, int, bytes]
"""A number, a form and the body."""

_LEVEL: Final = 3
_LARGEST: Final = 1 << 18
"""What a pack may hold, and take; a larger one comes only from a crafted file."""
_USUAL: Final = 1 << 16
_FORMS: Final = {"0": 0, "2": 2, "4": 4}
_DAMAGED: Final = "The store is damaged: a pack of nodes does not open ({})."
_BAD = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)


def pack(members: Sequence[Member]) -> bytes:
    """One body for these members, which are in the order of their numbers."""
    numbers, forms, bodies = zip(*members, strict=True)
    steps = [numbers[0], *map(int.__sub__, numbers[1:], numbers)]
    line = json.dumps([steps, "".join(map(str, forms)), list(map(len, bodies))], separators=(",", ":"))
    return zlib.compress(b"".join((line.encode(), b"\n", *bodies)), _LEVEL)


class Book:
    """An open pack.

    Attributes:
        numbers: Of its members.
        forms: Of its members, as digits.
        raw: All bodies; as text where all are ASCII, which is quicker to cut.
        ends: Where each body begins, and last where the last one ends.
    """

    __slots__ = ("ends", "forms", "numbers", "raw")

    def __init__(self, body: object) -> None:
        """Open a pack; an empty body is a pack of none.

        Raises:
            StoreFormatError: it is not what `pack` writes.
        """
        raw = _inflated(body) if body else b'[[],"",[]]\n'
        try:
            start = raw.index(b"\n") + 1
            steps, self.forms, sizes = json.loads(raw[:start])
            self.numbers, self.ends = list(accumulate(steps)), list(accumulate(sizes, initial=start))
            if not len(self.numbers) == len(self.forms) == len(sizes) or self.ends[-1] != len(raw):
                raise ValueError("its sizes do not add up")
        except _BAD as error:
            raise StoreFormatError(_DAMAGED.format(error)) from error
        self.raw: str | bytes = raw.decode() if raw.isascii() else raw

    def member(self, place: int) -> tuple[int, str | bytes]:
        """The form and body of a member."""
        ends = self.ends
        return _FORMS.get(self.forms[place], -1), self.raw[ends[place] : ends[place + 1]]

    def texts(self) -> list[tuple[int, str]]:
        """Numbers and bodies of those members that are text, where all is ASCII."""
        raw = self.raw
        if not isinstance(raw, str):
            return []
        spans = zip(self.numbers, self.forms, self.ends, self.ends[1:], strict=False)
        return [(number, raw[start:end]) for number, form, start, end in spans if form == "2"]


def unpack(body: object) -> list[Member]:
    """The members of a pack.

    Raises:
        StoreFormatError: it is not what `pack` writes.
    """
    book = Book(body)
    members = map(book.member, range(len(book.numbers)))
    return [
        (number, form, raw.encode() if isinstance(raw, str) else raw)
        for number, (form, raw) in zip(book.numbers, members, strict=True)
    ]


def _inflated(body: object) -> bytes:
    if not isinstance(body, bytes) or len(body) > _LARGEST:
        raise StoreFormatError(_DAMAGED.format("it is text, or too large"))
    try:
        return zlib.decompress(body, bufsize=_USUAL)
    except zlib.error as error:
        raise StoreFormatError(_DAMAGED.format(error)) from error
