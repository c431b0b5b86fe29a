"""Packs: many small nodes in one row, because alike ones shrink together and are opened together.

A pack has three parts. In the first two stand the members that are JSON, which shrink to a tenth: those that
are lists apart in the second, which is opened only where one of them is asked for, since a growing list
leaves one at each step. The third part is all texts and bytes, as they are: a chat of 10,000 steps takes 0.98
times the bytes of its bare messages so, and 0.54 times with them compressed, but to unpack them would take
three times as long as `json.loads` of the whole chat. Before all stand the sizes of the first two parts and
the Adler-32 sum of the third, as in `p131:87:38600999:`.

Each of the first two parts is compressed, and holds how many members it tells of (32 bits, little-endian as
all here), their numbers (64 bits, each as its distance from the one before), the sizes of their bodies (32
bits) and their forms (8 bits); then the bodies, one after another. The first part tells of the third's
members too, after its own. Packs of version 4 of a store told all of this in a line of JSON and had lists in
the first part, after a start as `131:38600999:`; up to version 3 all was compressed, with no start.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Container, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final, cast

from notebook_agent.errors import StoreFormatError

__all__ = ["Book", "Member", "open_pack", "pack", "unpack"]

Member = tuple[int, int, bytes]
"""A number, a form and the body."""

_LEVEL: Final = 3
_LARGEST: Final = 1 << 18
"""What a pack may take; a larger one comes only from a crafted file."""
_USUAL: Final = 1 << 14
_LIST: Final = b'{"$":"list"'
_NONE: Final = bytes(4)
"""What is said of no members."""
_TEXT: Final = 2
_FORMS: Final = bytes([0, _TEXT, 4])
_START: Final = re.compile(rb"p(\d{1,9}):(\d{1,9}):(\d{1,10}):")
_FOURTH: Final = re.compile(rb"(\d{1,9}):(\d{1,10}):")
_CODING: Final = "utf-8", "surrogatepass"
_DAMAGED: Final = "The store is damaged: a pack of nodes does not open ({})."
_BAD = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, struct.error, zlib.error)


def pack(members: Sequence[Member]) -> bytes:
    """One body for these members."""
    first, second, texts = _arranged(members)
    packed, lists = zlib.compress(first, _LEVEL), zlib.compress(second, _LEVEL)
    return b"p%d:%d:%d:%b%b%b" % (len(packed), len(lists), zlib.adler32(texts), packed, lists, texts)


def _arranged(members: Iterable[Member]) -> tuple[bytes, bytes, bytes]:
    """The three parts, as they are before they are compressed."""
    plain: list[Member] = []
    lists: list[Member] = []
    others: list[Member] = []
    for member in members:
        _, form, body = member
        (others if form else lists if body.startswith(_LIST) else plain).append(member)
    return _told(plain, others), _told(lists), b"".join([body for _, __, body in others])


def _told(members: Sequence[Member], others: Sequence[Member] = ()) -> bytes:
    """What is said of members and of others, and the bodies of the former."""
    told = [*members, *others]
    count, numbers = len(told), [number for number, _, __ in told]
    steps = [*numbers[:1], *map(int.__sub__, numbers[1:], numbers)]
    sizes, forms = [len(body) for _, __, body in told], bytes([form for _, form, __ in told])
    head = struct.pack(f"<I{count}q{count}I", count, *steps, *sizes)
    return b"".join((head, forms, *[body for _, __, body in members]))


class Book:
    """An open pack.

    Attributes:
        numbers: Of its members, but for those that are lists: first of JSON, then of texts and bytes.
        count: How many of them are JSON.
        weight: Bytes of all of them.
    """

    __slots__ = ("_ends", "_forms", "_lists", "_opened", "_others", "_raw", "count", "numbers", "weight")

    def __init__(self, first: bytes, texts: bytes | memoryview = b"", lists: bytes = b"") -> None:
        """Take its parts; the second one, `lists`, is compressed still.

        Raises:
            StoreFormatError: it is not what `pack` writes.
        """
        try:
            (members,) = struct.unpack_from("<I", first)
            *told, self._forms = struct.unpack_from(f"<{members}q{members}I{members}s", first, 4)
            self.numbers = list(accumulate(told[:members]))
            self.count = count = self._forms.count(0)
            self._raw = first[4 + 13 * members :]
            self._ends = list(accumulate(told[members : members + count], initial=0))
            ends = list(accumulate(told[members + count :], initial=0))
            if self._ends[-1] != len(self._raw) or ends[-1] != len(texts):
                raise ValueError("its sizes do not add up")
            if not self._forms.startswith(bytes(count)) or self._forms.translate(None, _FORMS):
                raise ValueError("its members have forms that no store writes")
            self._others = _parted(texts, ends, self._forms[count:])
        except _BAD as error:
            raise StoreFormatError(_DAMAGED.format(error)) from error
        self._lists = lists
        self._opened: Book | None = None
        self.weight = len(first) + len(texts)

    def node(self, number: int) -> tuple[int, str | bytes]:
        """The form and body of a member.

        Raises:
            StoreFormatError: its JSON is no text.
        """
        place = self.numbers.index(number)
        if place >= self.count:
            return self._forms[place], self._others[place - self.count]
        try:
            return 0, str(self._raw[self._ends[place] : self._ends[place + 1]], *_CODING)
        except UnicodeDecodeError as error:
            raise StoreFormatError(_DAMAGED.format(error)) from error

    def plain(self, asked: Container[int]) -> list[tuple[int, str]]:
        """Numbers and bodies of those of these nodes that are JSON in it."""
        spans = zip(self._ends, self._ends[1:], strict=False)
        bodies = _slices(self._raw, spans)
        return [(number, body) for number, body in zip(self.numbers, bodies, strict=False) if number in asked]

    def texts(self) -> Iterable[tuple[int, str]]:
        """Numbers and bodies of those members that are text."""
        others = zip(self.numbers[self.count :], self._others, strict=True)
        if self._forms.count(_TEXT) == len(self._others):
            return cast("Iterable[tuple[int, str]]", others)
        return [(number, body) for number, body in others if isinstance(body, str)]

    def lists(self) -> Book:
        """The members that are lists, as a book of their own."""
        if self._opened is None:
            self._opened = Book(_inflated(self._lists) if self._lists else _NONE)
        return self._opened


def open_pack(body: object) -> Book:
    """Open a pack; an empty body is one of none.

    Raises:
        StoreFormatError: it is not what `pack` writes.
    """
    if not body:
        return Book(_NONE)
    if not isinstance(body, bytes) or len(body) > _LARGEST:
        raise StoreFormatError(_DAMAGED.format("it is text, or too large"))
    found = _START.match(body)
    if found is None:
        return _open_older(body)
    lists = found.end() + int(found[1])
    texts = memoryview(body)[lists + int(found[2]) :]
    _check(texts, found[3])
    return Book(_inflated(body[found.end() : lists]), texts, body[lists : lists + int(found[2])])


def unpack(body: object) -> list[Member]:
    """The members of a pack.

    Raises:
        StoreFormatError: it is not what `pack` writes.
    """
    book = open_pack(body)
    return sorted([*_members(book), *_members(book.lists())])


def _members(book: Book) -> Iterable[Member]:
    for number in book.numbers:
        form, body = book.node(number)
        yield number, form, body.encode(*_CODING) if isinstance(body, str) else body


def _open_older(body: bytes) -> Book:
    """Open a pack as stores had them up to version 4."""
    found = _FOURTH.match(body)
    if found is None:
        raw = _inflated(body)
    else:
        texts = body[found.end() + int(found[1]) :]
        _check(texts, found[2])
        raw = _inflated(body[found.end() : len(body) - len(texts)]) + texts
    try:
        start = raw.index(b"\n") + 1
        steps, forms, sizes = json.loads(raw[:start])
        ends = list(accumulate(sizes, initial=start))
        if ends[-1] != len(raw):
            raise ValueError("its sizes do not add up")
        bodies = [raw[low:high] for low, high in pairwise(ends)]
        first, second, others = _arranged(zip(accumulate(steps), map(int, forms), bodies, strict=True))
    except _BAD as error:
        raise StoreFormatError(_DAMAGED.format(error)) from error
    return Book(first, others, zlib.compress(second, 0))


def _parted(texts: bytes | memoryview, ends: Sequence[int], forms: bytes) -> Sequence[str | bytes]:
    """The bodies of texts and bytes."""
    spans = pairwise(ends)
    if forms.count(_TEXT) == len(forms):
        return _slices(texts, spans)
    parts = ((form, bytes(texts[low:high])) for form, (low, high) in zip(forms, spans, strict=True))
    return [str(part, *_CODING) if form == _TEXT else part for form, part in parts]


def _slices(raw: bytes | memoryview, spans: Iterable[tuple[int, int]]) -> list[str]:
    """Stretches of text; those of plain ASCII are read at one go."""
    try:
        whole = str(raw, "ascii")
    except UnicodeDecodeError:
        return [str(raw[low:high], *_CODING) for low, high in spans]
    return [whole[low:high] for low, high in spans]


def _check(texts: bytes | memoryview, total: bytes) -> None:
    if zlib.adler32(texts) != int(total):
        raise StoreFormatError(_DAMAGED.format("its texts have another sum than it says"))


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed, bufsize=_USUAL)
    except zlib.error as error:
        raise StoreFormatError(_DAMAGED.format(error)) from error
