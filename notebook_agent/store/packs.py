"""Packs: many small nodes compressed as one, because alike texts shrink together and are opened together.

Unpacked, a pack is a line of JSON and then its members' bodies, one after another. The line says
of the members their numbers (each as its distance from the one before), forms and sizes:
`[[901,1,1],"020",[60,1024,71]]`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from threading import Thread
from typing import Final

from notebook_agent.errors import StoreFormatError

__all__ = ["Book", "Member", "open_packs", "pack", "unpack"]

Member = tuple[int, int, bytes]
"""A number, a form and the body."""

_LEVEL: Final = 3
_LARGEST: Final = 1 << 18
"""What a pack may hold, and take; a larger one comes only from a crafted file."""
_USUAL: Final = 1 << 16
_MANY: Final = 16
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

    def __init__(self, raw: bytes) -> None:
        """Open an unpacked pack.

        Raises:
            StoreFormatError: it is not what `pack` writes.
        """
        try:
            start = raw.index(b"\n") + 1
            steps, self.forms, sizes = json.loads(str(raw[:start], "ascii"))
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

    def dicts(self, places: Sequence[int]) -> str | None:
        """The bodies of these members, which are JSON, as one list; None unless all of the pack is ASCII."""
        raw, ends = self.raw, self.ends
        if not isinstance(raw, str):
            return None
        return "[" + ",".join([raw[ends[place] : ends[place + 1]] for place in places]) + "]"

    def texts(self) -> list[tuple[int, str]]:
        """Numbers and bodies of those members that are text, where all is ASCII."""
        raw = self.raw
        if not isinstance(raw, str):
            return []
        spans = zip(self.numbers, self.forms, self.ends, self.ends[1:], strict=False)
        return [(number, raw[start:end]) for number, form, start, end in spans if form == "2"]


def open_packs(bodies: Sequence[object]) -> list[Book]:
    """Open packs; an empty body is a pack of none. Of many, a second thread unpacks one half.

    Raises:
        StoreFormatError: one is not what `pack` writes.
    """
    if len(bodies) < _MANY:
        return [Book(_inflated(body)) for body in bodies]
    half, later = len(bodies) // 2, list[bytes]()
    second = Thread(target=_inflate_ahead, args=(bodies[half:], later), daemon=True)
    try:
        second.start()
    except RuntimeError:
        return [Book(_inflated(body)) for body in bodies]
    books = [Book(raw) for raw in [_inflated(body) for body in bodies[:half]]]
    second.join()
    later += [_inflated(body) for body in bodies[half + len(later) :]]
    return books + [Book(raw) for raw in later]


def unpack(body: object) -> list[Member]:
    """The members of a pack.

    Raises:
        StoreFormatError: it is not what `pack` writes.
    """
    (book,) = open_packs([body])
    members = map(book.member, range(len(book.numbers)))
    return [
        (number, form, raw.encode() if isinstance(raw, str) else raw)
        for number, (form, raw) in zip(book.numbers, members, strict=True)
    ]


def _inflate_ahead(bodies: Sequence[object], found: list[bytes]) -> None:
    """Unpack as far as there is no trouble, which the thread that asked meets again."""
    with suppress(Exception):
        for body in bodies:
            found.append(_inflated(body))  # noqa: PERF401  # it is read while it grows


def _inflated(body: object) -> bytes:
    if not body:
        return b'[[],"",[]]\n'
    if not isinstance(body, bytes) or len(body) > _LARGEST:
        raise StoreFormatError(_DAMAGED.format("it is text, or too large"))
    try:
        return zlib.decompress(body, bufsize=_USUAL)
    except zlib.error as error:
        raise StoreFormatError(_DAMAGED.format(error)) from error
