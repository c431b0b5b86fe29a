"""Packs: many small nodes in one row, because alike ones shrink together and are opened together.

A pack is a line of JSON and then its members' bodies, one after another: first those that are JSON, which
shrink to a tenth. They are compressed with the line. Text is left as it is: to unpack it would take most of
the time in which a long state is opened. Before all stand the size of what is compressed and the Adler-32
sum of the rest, as in `131:38600999:`. The line says of the members their numbers (each as its distance from
the one before), forms and sizes: `[[901,2,-1],"002",[60,71,1024]]`. Up to version 3 of a store all of a pack
was compressed, and nothing stood before it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from notebook_agent.errors import StoreFormatError

__all__ = ["Book", "Member", "open_packs", "pack", "unpack"]

Member = tuple[int, int, bytes]
"""A number, a form and the body."""

_LEVEL: Final = 3
_LARGEST: Final = 1 << 18
"""What a pack may hold, and take; a larger one comes only from a crafted file."""
_USUAL: Final = 1 << 15
_OLD: Final = b"x"
"""How a pack begins that is compressed as a whole."""
_CODING: Final = "utf-8", "surrogatepass"
_FORMS: Final = {"0": 0, "2": 2, "4": 4}
_DAMAGED: Final = "The store is damaged: a pack of nodes does not open ({})."
_BAD = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)


def pack(members: Sequence[Member]) -> bytes:
    """One body for these members."""
    numbers, forms, bodies = zip(*sorted(members, key=_place), strict=True)
    steps = [numbers[0], *map(int.__sub__, numbers[1:], numbers)]
    line = json.dumps([steps, "".join(map(str, forms)), list(map(len, bodies))], separators=(",", ":"))
    count = forms.count(0)
    packed = zlib.compress(b"".join((line.encode(), b"\n", *bodies[:count])), _LEVEL)
    texts = b"".join(bodies[count:])
    return b"%d:%d:%b%b" % (len(packed), zlib.adler32(texts), packed, texts)


def _place(member: Member) -> tuple[bool, int]:
    return member[1] != 0, member[0]


class Book:
    """An open pack.

    Attributes:
        numbers: Of its members.
        forms: Of its members, as digits.
        raw: All bodies.
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
        self.raw = raw

    def member(self, place: int) -> tuple[int, bytes]:
        """The form and body of a member."""
        ends = self.ends
        return _FORMS.get(self.forms[place], -1), self.raw[ends[place] : ends[place + 1]]

    def together(self, places: Sequence[int]) -> str:
        """The bodies of these members, which are JSON, as one list."""
        raw, ends = self.raw, self.ends
        return f"[{str(b','.join([raw[ends[place] : ends[place + 1]] for place in places]), *_CODING)}]"

    def texts(self) -> list[tuple[int, str]]:
        """Numbers and bodies of those members that are text."""
        raw = self.raw
        spans = zip(self.numbers, self.forms, self.ends, self.ends[1:], strict=False)
        return [(number, str(raw[start:end], *_CODING)) for number, form, start, end in spans if form == "2"]


def open_packs(bodies: Iterable[object]) -> list[Book]:
    """Open packs; an empty body is a pack of none.

    Raises:
        StoreFormatError: one is not what `pack` writes.
    """
    return [Book(_inflated(body)) for body in bodies]


def unpack(body: object) -> list[Member]:
    """The members of a pack.

    Raises:
        StoreFormatError: it is not what `pack` writes.
    """
    (book,) = open_packs([body])
    members = map(book.member, range(len(book.numbers)))
    return sorted((number, *member) for number, member in zip(book.numbers, members, strict=True))


def _inflated(body: object) -> bytes:
    if not body:
        return b'[[],"",[]]\n'
    if not isinstance(body, bytes) or len(body) > _LARGEST:
        raise StoreFormatError(_DAMAGED.format("it is text, or too large"))
    try:
        if body.startswith(_OLD):
            return zlib.decompress(body, bufsize=_USUAL)
        packed, texts = _parted(body)
        return zlib.decompress(packed, bufsize=_USUAL) + texts
    except (ValueError, zlib.error) as error:
        raise StoreFormatError(_DAMAGED.format(error)) from error


def _parted(body: bytes) -> tuple[bytes, bytes]:
    """What is compressed, and the texts after it."""
    size, total, rest = body.split(b":", 2)
    packed, texts = rest[: int(size)], rest[int(size) :]
    if zlib.adler32(texts) != int(total):
        raise ValueError("its texts have another sum than it says")
    return packed, texts
