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
from notebook_agent.store.codec.lists import sums
from notebook_agent.store.codec.stored import Stored
from notebook_agent.store.codec.types import MUTABLE, READERS
from notebook_agent.store.nodes import JSON, NodeReader

__all__ = ["Decoder"]

_MOST: Final = 5_000_000
"""Nodes read for one value; more come only from a crafted file."""
_POINTER: Final = re.compile(r'\{"\$":(\d{1,18})\}')
_BAD = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, DecimalException)


class Decoder:
    """Reads values within one snapshot of the file.

    Immutable values that occur twice are the same object; mutable ones never are.
    """

    def __init__(
        self,
        owner: object,
        reader: NodeReader,
    ) -> None:
        self._owner = owner
        self._reader = reader
        self._values: dict[int, object] = {}
        self._mutable = 0
        self._depth = 0
        self._left = _MOST
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
        if form != JSON:
            value: object = body
        else:
            mutable = self._mutable
            value = self._json(cast("str", body), number)
            if mutable != self._mutable:
                return value
            self._remember(value, number)
        self._values[number] = value
        return value

    def text(self, text: str) -> object:
        """The value of the JSON in a column."""
        return self._json(text, None)

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

    def _remember(self, value: object, number: int) -> None:
        if (type(value) is FrozenDict or type(value) is FrozenList) and value.memo is None:
            value.memo = Stored(self._owner, number)

    def _object(self, found: dict[str, object]) -> object:
        tag = found.get("$")
        if tag is None:
            for key, value in found.items():
                if type(value) is list:
                    found[key] = _frozen(value)
            return FrozenDict(found)
        if type(tag) is int:
            return self.node(tag)
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
        return _Row(self._all(cast("list[int]", found["v"])))

    def _mix(self, found: dict[str, object]) -> object:
        items: list[object] = []
        last = 0
        for item in cast("list[int | list[object]]", found["v"]):
            if isinstance(item, int):
                last += item
                items.append(self.node(last))
            else:
                items.append(_frozen(item)[0])
        return _Row(items)

    def _chunk(self, found: dict[str, object]) -> object:
        data = found["v"]
        return data if type(data) is _Row else _Row(_frozen(cast("list[object]", data)))

    def _list(self, found: dict[str, object]) -> object:
        items: list[object] = []
        for name in ("r", "c"):
            for part in self._all(cast("list[int]", found.get(name, []))):
                if type(part) is not _Row:
                    raise TypeError("a list points to what is no chunk")
                items.extend(part)
        tail = found["v"]
        items.extend(tail if type(tail) is _Row else _frozen(cast("list[object]", tail)))
        if len(items) != found["n"]:
            raise ValueError("a list has another length than it says")
        return FrozenList(items)

    def _all(self, steps: Sequence[int]) -> list[object]:
        numbers = sums(steps)
        self._hold([number for number in numbers if number not in self._values])
        return [self.node(number) for number in numbers]

    def _hold(self, numbers: Sequence[int]) -> None:
        """Have nodes at hand, and those that they point to."""
        self._reader.hold(numbers)
        held = self._reader.held
        bodies = [held[number] for number in numbers if number in held]
        inner = [
            int(number)
            for form, body in bodies
            if form == JSON
            for number in _POINTER.findall(cast("str", body))
        ]
        self._reader.hold([number for number in inner if number not in self._values])

    _own: ClassVar[dict[str, Callable[[Decoder, dict[str, object]], object]]] = {
        "at": _at,
        "mix": _mix,
        "chunk": _chunk,
        "list": _list,
    }


class _Row(list[object]):
    """The items of a chunk."""

    __slots__ = ()


def _frozen(items: list[object]) -> FrozenList[object]:
    if list in set(map(type, items)):
        items = [_frozen(item) if type(item) is list else item for item in items]
    return FrozenList(items)


def _damaged(number: int | None, why: object) -> StoreFormatError:
    where = "a column" if number is None else f"node {number}"
    return StoreFormatError(f"The store is damaged: {where} cannot be read ({why}).")
