"""Immutable bodies, each with a number: how they stand in the file, and reading them.

A small one stands in a row of its own until enough of them are there to be a pack, which takes
the number of its last member; so a node is in its own row or else in the next pack after it.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from notebook_agent.errors import StoreFormatError
from notebook_agent.store.packs import Book, open_pack

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = [
    "BYTES",
    "JSON",
    "PACK",
    "SMALL",
    "TEXT",
    "Form",
    "NoNodes",
    "Node",
    "NodeReader",
    "Shelf",
    "encoded",
    "raw_body",
    "row_of",
]

Form = Literal[0, 2, 4]
JSON: Final = 0
TEXT: Final = 2
BYTES: Final = 4
PACK: Final = 6
_PACKED = 1

Shelf = MutableMapping[int, Book]
"""Packs that were opened lately, by number, while the file is of one age."""

Node = tuple[int, str | bytes]
"""A form and the body: text for JSON and TEXT, bytes for BYTES."""

SMALL: Final = 4096
"""Bytes of the largest body that goes into a pack."""
_SAMPLE = 1 << 16
_LARGEST = 1 << 30
_AT_ONCE = 1000
_MANY = 256
"""Nodes for which it is found out first in which packs they stand."""

_SEEK = """SELECT id, form, CASE form WHEN 6 THEN NULL ELSE body END FROM node
WHERE id >= ? AND (id = ? OR form = 6) ORDER BY id LIMIT 1"""
_BODY = "SELECT body FROM node WHERE id = ?"
_NEXT_PACK = "SELECT id FROM node WHERE id >= ? AND form = 6 ORDER BY id LIMIT 1"
_PACKS = "SELECT id FROM node WHERE id BETWEEN ? AND ? AND form = 6 ORDER BY id"
_BODIES = "SELECT body FROM node WHERE form = 6 AND id IN (SELECT value FROM json_each(?)) ORDER BY id"
_GET_ALL = "SELECT id, form, body FROM node WHERE form <> 6 AND id IN (SELECT value FROM json_each(?))"


class NodeReader:
    """Reads nodes on one connection; what stands in one pack is read at once.

    Attributes:
        rows: Nodes read that stood in rows of their own.
        books: Packs read.
        within: By number, the pack that a node stands in.
    """

    def __init__(self, connection: Connection, shelf: Shelf | None = None) -> None:
        self._connection = connection
        self._shelf = shelf
        self.rows: dict[int, Node] = {}
        self.books: list[Book] = []
        self._opened: dict[int, Book] = {}
        self.within: dict[int, Book] = {}

    def get(self, number: int) -> Node:
        """The form and body of one node.

        Raises:
            StoreFormatError: it is missing, or holds what no store writes.
        """
        found = self.find(number)
        if found is None:
            self._seek(number)
            found = self.find(number)
        if found is None:
            raise StoreFormatError(f"The store is damaged: node {number} is missing.")
        return found

    def find(self, number: int) -> Node | None:
        """A node if it is at hand."""
        book = self.within.get(number)
        return self.rows.get(number) if book is None else book.node(number)

    def hold(self, numbers: Sequence[int]) -> None:
        """Have many nodes at hand; those that are missing are left out."""
        missing = [each for each in numbers if each not in self.within and each not in self.rows]
        if len(missing) >= _MANY:
            self._hold_packs(sorted(missing))
        for index, number in enumerate(numbers):
            if number not in self.within and number not in self.rows and not self._seek(number):
                self._hold_rows(numbers[index + 1 : index + 1 + _AT_ONCE])

    def texts(self, numbers: Sequence[int]) -> dict[int, str]:
        """Bodies of those of these nodes that are JSON."""
        self.hold(numbers)
        asked, found = set(numbers), {}
        for number in asked & self.rows.keys():
            form, body = self.rows[number]
            if form == JSON and isinstance(body, str):
                found[number] = body
        for book in dict.fromkeys(map(self.within.get, numbers)):
            if book is not None:
                found.update(book.plain(asked))
        return found

    def _seek(self, number: int) -> bool:
        """Read a node; whether it stood in a pack."""
        row = self._connection.execute(_SEEK, (number, number)).fetchone()
        if row is None:
            return False
        if row[1] == PACK:
            book = self._take(row[0])
            if number not in self.within:
                self._add(book.lists())
            return True
        self.rows[number] = _opened(row[1], row[2])
        return False

    def _take(self, number: int) -> Book:
        """Read a pack, unless that is done or it stands on the shelf."""
        if number in self._opened:
            return self._opened[number]
        book = None if self._shelf is None else self._shelf.get(number)
        if book is None:
            book = open_pack(self._connection.execute(_BODY, (number,)).fetchone()[0])
            if self._shelf is not None:
                self._shelf[number] = book
        self._opened[number] = book
        self._add(book)
        return book

    def _hold_packs(self, numbers: Sequence[int]) -> None:
        """Open all packs in which some of these nodes, in order, may stand."""
        last = self._connection.execute(_NEXT_PACK, (numbers[-1],)).fetchone()
        bounds = numbers[0], numbers[-1] if last is None else last[0]
        packs = [row[0] for row in self._connection.execute(_PACKS, bounds)]
        ends = [bisect_right(numbers, each) for each in packs]
        parts = {pack: numbers[start:end] for pack, start, end in zip(packs, [0, *ends], ends, strict=False)}
        asked = [pack for pack, some in parts.items() if some and pack not in self._opened]
        rows = self._connection.execute(_BODIES, ("[" + ",".join(map(str, asked)) + "]",))
        for pack, (body,) in zip(asked, rows, strict=True):
            self._opened[pack] = open_pack(body)
            self._add(self._opened[pack])
        for pack, some in parts.items():
            if not all(map(self.within.__contains__, some)):
                self._add(self._opened[pack].lists())

    def _add(self, book: Book) -> None:
        self.books.append(book)
        self.within.update(dict.fromkeys(book.numbers, book))

    def _hold_rows(self, numbers: Sequence[int]) -> None:
        asked = "[" + ",".join(map(str, numbers)) + "]"
        for number, form, body in self._connection.execute(_GET_ALL, (asked,)):
            self.rows[number] = _opened(form, body)


class NoNodes(NodeReader):
    """For reading what must point to none."""

    def __init__(self) -> None:
        """Need no connection."""
        self.books = []

    def get(self, number: int) -> Node:
        """Refuse."""
        raise StoreFormatError(f"it points to node {number} of a store, and stands in none")

    def hold(self, numbers: Sequence[int]) -> None:
        """Hold nothing."""


def row_of(form: int, raw: bytes) -> tuple[int, str | bytes]:
    """What the columns of a row hold for a body: compressed where that pays for a large one."""
    packed = None if len(raw) <= SMALL else _compressed(raw)
    if packed is not None:
        return form | _PACKED, packed
    if form == BYTES:
        return form, raw
    try:
        return form, raw.decode()
    except UnicodeDecodeError:
        return form, raw


def raw_body(form: object, body: object) -> bytes:
    """The bytes of a row's body."""
    return encoded(_opened(form, body)[1])


def encoded(body: str | bytes) -> bytes:
    """The bytes of a body."""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body


def _opened(form: object, body: object) -> Node:
    if not isinstance(form, int) or not 0 <= form <= BYTES + _PACKED or not isinstance(body, str | bytes):
        raise StoreFormatError("The store is damaged: a node has an unknown form.")
    if isinstance(body, str):
        return form & ~_PACKED, body
    return _node(form & ~_PACKED, _inflate(body) if form & _PACKED else body)


def _node(form: int, raw: bytes) -> Node:
    if form == BYTES:
        return form, raw
    if form not in {JSON, TEXT}:
        raise StoreFormatError("The store is damaged: a node has an unknown form.")
    try:
        return form, raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise StoreFormatError("The store is damaged: a node holds text that is not UTF-8.") from error


def _compressed(raw: bytes) -> bytes | None:
    size = len(raw)
    if size > _SAMPLE and not _pays(zlib.compress(raw[:_SAMPLE], 1), _SAMPLE):
        return None
    packed = zlib.compress(raw, 3 if size <= _SAMPLE else 1)
    return packed if _pays(packed, size) else None


def _pays(packed: bytes, size: int) -> bool:
    return len(packed) < 0.85 * size


def _inflate(body: bytes) -> bytes:
    try:
        return zlib.decompress(body) if len(body) < _SAMPLE else _bounded(body)
    except zlib.error as error:
        raise StoreFormatError(f"The store is damaged: a node does not unpack ({error}).") from error


def _bounded(body: bytes) -> bytes:
    """What could be huge: at most a thousand times its size is what zlib can give."""
    stream = zlib.decompressobj()
    raw = stream.decompress(body, _LARGEST)
    if not stream.eof:
        raise StoreFormatError("The store is damaged: a node is cut short or larger than 1 GB.")
    return raw
