"""Nodes to values; what a crafted file says is only ever data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import DecimalException
from typing import ClassVar, Final, cast

from notebook_agent.errors import StoreFormatError
from notebook_agent.state import FrozenDict, FrozenList
from notebook_agent.store.codec.classes import TAGS, read_class
from notebook_agent.store.codec.encode import DEEPEST
from notebook_agent.store.codec.lists import Shape, sums
from notebook_agent.store.codec.rows import Row, Rows
from notebook_agent.store.codec.stored import Stored
from notebook_agent.store.codec.types import MUTABLE, READERS
from notebook_agent.store.nodes import JSON, NodeReader
from notebook_agent.store.packs import Book

__all__ = ["Decoder"]

_MOST: Final = 5_000_000
"""Nodes read for one value; more come only from a crafted file."""
_POINTER: Final = re.compile(r'\{"\$":(\d{1,18})\}')
_new: Final = FrozenDict.__new__
_fill: Final = dict.update
_BAD = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, DecimalException)


class Decoder:
    """Reads values within one snapshot of the file.

    Immutable values that occur twice are the same object; mutable ones never are.
    """

    def __init__(self, owner: object, reader: NodeReader, rows: Rows | None = None) -> None:
        self._owner = owner
        self._reader = reader
        self._rows = rows
        self._values: dict[int, object] = {}
        self._mutable = 0
        self._shape: tuple[object, Shape | None] = None, None
        self._depth = 0
        self._left = _MOST
        self._weight = 0
        decoder = json.JSONDecoder(object_hook=self._object)
        self._scan: Callable[[str, int], tuple[object, int]] = decoder.scan_once  # type: ignore[attr-defined]  # typeshed lacks it

    def node(self, number: int) -> object:
        """The value of a node.

        Raises:
            StoreFormatError: it is missing, or holds what no store writes.
        """
        if number in self._values:
            return self._values[number]
        form, body = self._reader.get(number)
        weight = self._weight
        self._weight += len(body)
        if form != JSON:
            value: object = body
        else:
            mutable = self._mutable
            value = self._json(cast("str", body), number)
            if mutable != self._mutable:
                return value
            self._remember(value, number, weight)
        self._values[number] = value
        return value

    def text(self, text: str) -> object:
        """The value of the JSON in a column."""
        return self._json(text, None)

    def item(self, item: object) -> object:
        """The value that stands for a part of some JSON of ours, given as the standard library reads it."""
        if not isinstance(item, dict | list):
            return item
        number = item.get("$") if isinstance(item, dict) else None
        return self.node(number) if type(number) is int else self.text(json.dumps(item))

    def rows(self, numbers: Sequence[int]) -> list[Row]:
        """Rows of long lists; one without mutable items is the same object for all who read it lately."""
        found = self._parts(numbers)
        if not all(type(row) is Row for row in found):
            raise _damaged(None, "a list points to what is no chunk")
        return cast("list[Row]", found)

    def _json(self, text: str, number: int | None) -> object:
        self._depth += 1
        self._left -= 1
        if self._depth > 3 * DEEPEST or self._left < 0:
            raise StoreFormatError("The store is damaged: a value is nested without end.")
        try:
            value, end = self._scan(text, 0)
        except (*_BAD, StopIteration, RecursionError) as error:
            if isinstance(error, StoreFormatError):
                raise
            raise _damaged(number, error) from error
        if end != len(text):
            raise _damaged(number, "text after the end")
        self._depth -= 1
        return _frozen(value) if type(value) is list else value

    def _remember(self, value: object, number: int, weight: int) -> None:
        kind = type(value)
        if (kind is FrozenDict or kind is FrozenList) and value.memo is None:  # type: ignore[attr-defined]  # one of the two
            shape = self._shape[1] if self._shape[0] is value else None
            value.memo = Stored(self._owner, number, None, shape)  # type: ignore[attr-defined]  # as above
            value.loose = False  # type: ignore[attr-defined]  # as above
        elif kind is Row and self._rows is not None:
            self._rows.keep(number, cast("Row", value), self._weight - weight)

    def _object(self, found: dict[str, object]) -> object:
        """What the parser found in braces; that it is called for each is most of the time of a long list."""
        tag = found.get("$")
        if tag is None:
            for key, each in found.items():
                if type(each) is list:
                    found[key] = _frozen(each)
            made: FrozenDict[str, object] = _new(FrozenDict)
            _fill(made, found)
            made.memo = made.loose = None
            return made
        if type(tag) is int:
            value = self._values.get(tag)
            return self.node(tag) if value is None else value
        return self._tagged(cast("str", tag), found)

    def _tagged(self, tag: str, found: dict[str, object]) -> object:
        own = self._own.get(tag)
        if own is not None:
            return own(self, found)
        data = found["v"]
        if type(data) is list:
            data = _frozen(data)
        if tag in TAGS:
            self._mutable += tag != "enum"
            return read_class(tag, cast("str", found["c"]), data)
        self._mutable += tag in MUTABLE
        return READERS[tag](data)

    def _at(self, found: dict[str, object]) -> object:
        return Row(self._all(sums(cast("list[int]", found["v"]))))

    def _mix(self, found: dict[str, object]) -> object:
        items: list[object] = []
        last = 0
        for item in cast("list[int | list[object]]", found["v"]):
            if isinstance(item, int):
                last += item
                items.append(self.node(last))
            else:
                items.append(_frozen(item)[0])
        return Row(items)

    def _chunk(self, found: dict[str, object]) -> object:
        data = found["v"]
        return data if type(data) is Row else Row(_frozen(cast("list[object]", data)))

    def _list(self, found: dict[str, object]) -> object:
        items: list[object] = []
        runs, chunks = (sums(cast("list[int]", found.get(name, []))) for name in ("r", "c"))
        for part in (*self._parts(runs), *self._parts(chunks)):
            if type(part) is not Row:
                raise TypeError("a list points to what is no chunk")
            items.extend(part)
        tail = found["v"]
        items.extend(tail if type(tail) is Row else _frozen(cast("list[object]", tail)))
        if len(items) != found["n"]:
            raise ValueError("a list has another length than it says")
        value = FrozenList(items)
        self._shape = value, (len(items), runs, chunks)
        return value

    def _all(self, numbers: Sequence[int]) -> list[object]:
        values = self._values
        missing = [number for number in numbers if number not in values]
        self._hold(missing)
        self._read_packed(missing)
        return [values[number] if number in values else self.node(number) for number in numbers]

    def _parts(self, numbers: Sequence[int]) -> list[object]:
        """Values of a list's own chunks, which may be remembered from another state."""
        if self._rows is not None:
            for number in numbers:
                row = self._rows.get(number)
                if row is not None:
                    self._values[number] = row
        return self._all(numbers)

    def _read_packed(self, numbers: Sequence[int]) -> None:
        """Read the JSON among nodes that stand in packs, that of one pack at one go."""
        together: dict[Book, tuple[list[int], list[int]]] = {}
        places, nowhere = self._reader.places, (None, 0)
        for number in numbers:
            book, place = places.get(number, nowhere)
            if book is not None and book.forms[place] == "0":
                asked = together.get(book)
                if asked is None:
                    asked = together[book] = [], []
                asked[0].append(number)
                asked[1].append(place)
        for book, (asked_for, at) in together.items():
            self._read_together(asked_for, book.together(at))

    def _read_together(self, numbers: Sequence[int], text: str) -> None:
        mutable, owner, values = self._mutable, self._owner, self._values
        found, end = self._scan(text, 0)
        if end != len(text) or not isinstance(found, list) or len(found) != len(numbers):
            raise ValueError(f"the nodes {numbers[0]} to {numbers[-1]} have other lengths than they say")
        if mutable != self._mutable:
            return
        for number, value in zip(numbers, found, strict=True):
            if type(value) is FrozenDict:
                if value.memo is None:
                    value.memo, value.loose = Stored(owner, number), False
                values[number] = value

    def _hold(self, numbers: Sequence[int]) -> None:
        """Have nodes at hand, and those that they point to; what stands in packs mostly does so together."""
        reader = self._reader
        seen = len(reader.books)
        reader.hold(numbers)
        for book in reader.books[seen:]:
            self._values.update(book.texts())
            self._weight += len(book.raw)
        inner: list[int] = []
        for form, body in filter(None, map(reader.rows.get, numbers)):
            if form == JSON:
                inner += map(int, _POINTER.findall(cast("str", body)))
        reader.hold([number for number in inner if number not in self._values])

    _own: ClassVar[dict[str, Callable[[Decoder, dict[str, object]], object]]] = {
        "at": _at,
        "mix": _mix,
        "chunk": _chunk,
        "list": _list,
    }


def _frozen(items: list[object]) -> FrozenList[object]:
    if list in set(map(type, items)):
        items = [_frozen(item) if type(item) is list else item for item in items]
    return FrozenList(items)


def _damaged(number: int | None, why: object) -> StoreFormatError:
    where = "a column" if number is None else f"node {number}"
    return StoreFormatError(f"The store is damaged: {where} cannot be read ({why}).")
