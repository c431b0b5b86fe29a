"""Nodes to values; what a crafted file says is only ever data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import DecimalException
from typing import ClassVar, Final, cast

from notebook_agent.errors import StoreFormatError
from notebook_agent.state import FrozenDict, FrozenList
from notebook_agent.store.codec.classes import TAGS, read_class
from notebook_agent.store.codec.encode import DEEPEST
from notebook_agent.store.codec.lists import CHUNK, sums
from notebook_agent.store.codec.rows import Row, Rows
from notebook_agent.store.codec.stored import Stored
from notebook_agent.store.codec.templates import Templates
from notebook_agent.store.codec.types import MUTABLE, READERS
from notebook_agent.store.nodes import JSON, Node, NodeReader

__all__ = ["Decoder"]

_MOST: Final = 5_000_000
"""Nodes read for one value; more come only from a crafted file."""
_POINTER: Final = re.compile(r'\{"\$":(\d{1,18})\}')
_AT: Final = re.compile(r'\{"\$":"chunk","v":\{"\$":"at","v":\[(-?\d{1,18}(?:,-?\d{1,18})*)\]\}\}')
_new: Final = FrozenDict.__new__
_fill: Final = dict.update
_NESTED: Final = frozenset({dict, list})
_scan: Final[Callable[[str, int], tuple[object, int]]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # typeshed lacks it
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
        self._depth = 0
        self._left = _MOST
        self._weight = self._share = 0
        self._templates = Templates()

    @property
    def mutable(self) -> int:
        """How many values were read so far that can be changed."""
        return self._mutable

    def node(self, number: int) -> object:
        """The value of a node.

        Raises:
            StoreFormatError: it is missing, or holds what no store writes.
        """
        if number in self._values:
            return self._values[number]
        form, body = self._read(number)
        weight = self._weight
        self._weight += len(body)
        if form != JSON:
            value: object = body
        else:
            mutable = self._mutable
            value = self._json(cast("str", body), number)
            if mutable != self._mutable:
                return value
            self._remember(value, number, cast("str", body), weight)
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
            found, end = _scan(text, 0)
            value = self._value(found)
        except (*_BAD, StopIteration, RecursionError) as error:
            if isinstance(error, StoreFormatError):
                raise
            raise _damaged(number, error) from error
        if end != len(text):
            raise _damaged(number, "text after the end")
        self._depth -= 1
        return value

    def _remember(self, value: object, number: int, body: str, weight: int) -> None:
        if isinstance(value, FrozenDict) and value.memo is None:
            value.memo, value.loose = (self._owner, number), False
        elif isinstance(value, FrozenList) and value.memo is None:
            kept = body if len(value) >= CHUNK else None
            value.memo, value.loose = Stored(self._owner, number, None, kept), False
        elif isinstance(value, Row) and self._rows is not None:
            self._rows.keep(number, value, self._weight - weight + self._share * len(value))

    def _value(self, found: object) -> object:
        """What stands for some JSON, as the parser gives it."""
        if type(found) is list:
            return self._frozen(found)
        if type(found) is not dict:
            return found
        tag = found.get("$")
        if type(tag) is int:
            value = self._values.get(tag)
            return self.node(tag) if value is None else value
        return self._dict(found) if tag is None else self._tagged(tag, found)

    def _dict(self, found: dict[str, object]) -> FrozenDict[str, object]:
        """Take over a dict, without the constructor, which would take most of the time of a long list."""
        for key, each in found.items():
            kind = type(each)
            if kind is dict or kind is list:
                found[key] = self._value(each)
        made: FrozenDict[str, object] = _new(FrozenDict)
        _fill(made, found)
        made.memo = made.loose = None
        return made

    def _frozen(self, items: list[object]) -> FrozenList[object]:
        if not _NESTED.isdisjoint(map(type, items)):
            items = [self._value(item) for item in items]
        return FrozenList(items)

    def _tagged(self, tag: str, found: dict[str, object]) -> object:
        own = self._own.get(tag)
        if own is not None:
            return own(self, found)
        data = self._value(found["v"])
        if tag in TAGS:
            self._mutable += tag != "enum"
            return read_class(tag, cast("str", found["c"]), data)
        self._mutable += tag in MUTABLE
        return READERS[tag](data)

    def _at(self, found: dict[str, object]) -> object:
        return Row(self._all(sums(cast("list[int]", found["v"]))))

    def _mix(self, found: dict[str, object]) -> object:
        parts = cast("list[int | list[object]]", found["v"])
        values = iter(self._all(sums(part for part in parts if isinstance(part, int))))
        return Row([next(values) if isinstance(part, int) else self._value(part[0]) for part in parts])

    def _chunk(self, found: dict[str, object]) -> object:
        data = self._value(found["v"])
        return data if type(data) is Row else Row(cast("list[object]", data))

    def _list(self, found: dict[str, object]) -> object:
        items: list[object] = []
        runs, chunks = (sums(cast("list[int]", found.get(name, []))) for name in ("r", "c"))
        for part in (*self._parts(runs), *self._parts(chunks)):
            if type(part) is not Row:
                raise TypeError("a list points to what is no chunk")
            items.extend(part)
        items.extend(cast("list[object]", self._value(found["v"])))
        if len(items) != found["n"]:
            raise ValueError("a list has another length than it says")
        return FrozenList(items)

    def _all(self, numbers: Sequence[int]) -> list[object]:
        values = self._values
        self._have(numbers)
        return [values[number] if number in values else self.node(number) for number in numbers]

    def _have(self, numbers: Iterable[int]) -> None:
        missing = [number for number in numbers if number not in self._values]
        self._hold(missing)
        self._read_packed(missing)

    def _parts(self, numbers: Sequence[int]) -> list[object]:
        """Values of a list's own chunks, which may be remembered from another state."""
        if self._rows is not None:
            for number in numbers:
                row = self._rows.get(number)
                if row is not None:
                    self._values[number] = row
        missing = [number for number in numbers if number not in self._values]
        self._hold(missing)
        rows = map(_AT.match, [cast("str", self._reader.get(number)[1]) for number in missing])
        items = [number for row in rows if row for number in sums(map(int, row[1].split(",")))]
        before, share = self._weight, self._share
        self._have(items)
        self._share = (self._weight - before) // max(1, len(items))
        found = self._all(numbers)
        self._share = share
        return found

    def _read_packed(self, numbers: Sequence[int]) -> None:
        """Read dicts among nodes that stand in packs, those of one pack at one go."""
        asked = set(numbers)
        for book in dict.fromkeys(map(self._reader.within.get, numbers)):
            if book is not None:
                self._read_dicts(self._templates.read(book.plain(asked), self._values, self._owner))

    def _read_dicts(self, bodies: Sequence[tuple[int, str]]) -> None:
        text = f"[{','.join([body for _, body in bodies])}]"
        found, end = _scan(text, 0)
        if end != len(text) or not isinstance(found, list) or len(found) != len(bodies):
            raise ValueError("the nodes of a pack have other lengths than they say")
        for (number, _), each in zip(bodies, found, strict=True):
            if type(each) is dict and "$" not in each:
                mutable = self._mutable
                value = self._dict(each)
                if mutable == self._mutable:
                    value.memo, value.loose = (self._owner, number), False
                    self._values[number] = value

    def _read(self, number: int) -> Node:
        seen = len(self._reader.books)
        found = self._reader.get(number)
        self._take_texts(seen)
        return found

    def _hold(self, numbers: Sequence[int]) -> None:
        """Have nodes at hand, and those that they point to; what stands in packs mostly does so together."""
        reader = self._reader
        seen = len(reader.books)
        reader.hold(numbers)
        inner: list[int] = []
        for form, body in filter(None, map(reader.rows.get, numbers)):
            if form == JSON:
                inner += map(int, _POINTER.findall(cast("str", body)))
        reader.hold([number for number in inner if number not in self._values])
        self._take_texts(seen)

    def _take_texts(self, seen: int) -> None:
        """Take the texts of the packs that were read since so many had been."""
        for book in self._reader.books[seen:]:
            self._values.update(book.texts())
            self._weight += book.weight

    _own: ClassVar[dict[str, Callable[[Decoder, dict[str, object]], object]]] = {
        "at": _at,
        "mix": _mix,
        "chunk": _chunk,
        "list": _list,
    }


def _damaged(number: int | None, why: object) -> StoreFormatError:
    where = "a column" if number is None else f"node {number}"
    return StoreFormatError(f"The store is damaged: {where} cannot be read ({why}).")
