"""Values to nodes: what is short stands in its parent, the rest is a node that others can share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from json.encoder import encode_basestring as quote
from typing import ClassVar, Final, cast

from notebook_agent.state import FrozenDict, FrozenList
from notebook_agent.state.fields import FIELDS
from notebook_agent.store.codec import lists
from notebook_agent.store.codec.classes import class_writer
from notebook_agent.store.codec.fields import as_field
from notebook_agent.store.codec.lists import Item, Spine
from notebook_agent.store.codec.stored import File, Frozen, Mark, NoCodecError, Rooted, Stored, reference
from notebook_agent.store.codec.types import MUTABLE, TAGS
from notebook_agent.store.keeper import Keeper
from notebook_agent.store.nodes import BYTES, JSON, TEXT, Form, NodeReader

__all__ = ["DEEPEST", "Encoder"]

INLINE: Final = 128
"""Longer lists and dicts are nodes of their own."""
SHARED: Final = 256
"""Longer texts are nodes of their own, so that inputs, state and messages share them."""
ROOT: Final = 1024
"""Longer states are nodes; shorter ones can be read where they are."""
DEEPEST: Final = 100
MOST_LONG: Final = 64
_LONG: Final = 1 << 14
_ANY: Final = 1 << 30
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NUMBERS: Final = {int, float, bool, type(None)}
_SAME: Final = {str, bytes, int, float, bool, type(None), FrozenList, FrozenDict}

_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Encoder:
    """Writes values within one transaction; `settle` it when that is committed."""

    def __init__(self, keeper: Keeper, file: File, long: dict[int, tuple[object, int]]) -> None:
        self._keeper = keeper
        self._file = file
        self._long = long
        self._new: list[tuple[Frozen, Stored | Mark]] = []
        self._new_long: dict[int, tuple[object, int]] = {}
        self._depth = 0
        self._mutable = 0

    def settle(self) -> None:
        """Let the containers remember their nodes."""
        for value, memo in self._new:
            value.memo = memo
        if not self._new_long:
            return
        if len(self._long) + len(self._new_long) > MOST_LONG:
            self._long.clear()
        self._long.update(self._new_long)

    def root(self, values: Mapping[str, object], known: Rooted) -> tuple[str, Rooted]:
        """A state as JSON for a column, and what to know for the next one.

        Args:
            values: The state's items.
            known: What was written for the state before; an item that is the same object counts as written.
        """
        rooted: Rooted = {}
        for key, value in values.items():
            old = known.get(key)
            if old is not None and old[0] is value and type(value) in _SAME:
                rooted[key] = old
            else:
                written = as_field(key, value) if key in FIELDS else value
                rooted[key] = (value, f"{quote(key)}:{reference(self.item(written))}")
        if "$" in values:
            return self._column(reference(self.item(dict(values))), ROOT), {}
        text = "{" + ",".join([field for _, field in rooted.values()]) + "}"
        return self._column(text, ROOT), rooted

    def fields(self, values: Mapping[str, object]) -> str:
        """A mapping as JSON for a column: short values in place, long ones as numbers of nodes."""
        if not values:
            return "{}"
        if "$" in values:
            return self.text(dict(values))
        return self._column(_object({key: self.item(value) for key, value in values.items()}), _ANY)

    def text(self, value: object) -> str:
        """Any value as JSON for a column."""
        return self._column(reference(self.item(value)), _ANY)

    def item(self, value: object) -> Item:
        """A value as the number of its node, or as JSON where that is short.

        Raises:
            NoCodecError: the value, or one within it, has no codec.
        """
        write = self._writers.get(type(value))
        return self._tagged(value) if write is None else write(self, value)

    def node(self, text: str) -> int:
        """The number of a node of this JSON."""
        return self._put(JSON, text)

    def whole(self, value: str | bytes) -> int:
        """The number of a node that is this text or these bytes."""
        return self._whole(BYTES if isinstance(value, bytes) else TEXT, value)

    def whole_json(self, value: object) -> int:
        """The number of a node of this value, however short."""
        item = self.item(value)
        return self.node(item) if isinstance(item, str) else item

    def _column(self, text: str, most: int) -> str:
        """JSON as a column can hold it: SQLite's text has no lone surrogates."""
        if len(text) <= most and (text.isascii() or not _SURROGATE.search(text)):
            return text
        return reference(self.node(text))

    def _put(self, form: Form, body: str | bytes, added: int | None = None) -> int:
        """The number of a body's node; one that points to what was added since cannot be there yet."""
        new = added is not None and added != self._keeper.added
        return self._keeper.put(self._file.connection, form, body, new=new)

    def _tagged(self, value: object) -> Item:
        self._deeper(value)
        added = self._keeper.added
        simple = TAGS.get(type(value))
        if simple is not None:
            tag, data = simple[0], simple[1](value)
            self._mutable += tag in MUTABLE
            text = f'{{"$":"{tag}","v":{reference(self.item(data))}}}'
        else:
            described = class_writer(type(value))
            if described is None:
                raise NoCodecError(value)
            tag, name, data = described(value)
            self._mutable += tag != "enum"
            text = f'{{"$":"{tag}","c":{quote(name)},"v":{reference(self.item(data))}}}'
        self._depth -= 1
        return text if len(text) <= INLINE else self._put(JSON, text, added)

    def _deeper(self, value: object) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NoCodecError(value, endless=True)

    def _str(self, value: str) -> Item:
        return quote(value) if len(value) <= SHARED else self._whole(TEXT, value)

    def _bytes(self, value: bytes) -> Item:
        if len(value) > SHARED // 2:
            return self._whole(BYTES, value)
        return f'{{"$":"bytes","v":"{value.hex()}"}}'

    def _whole(self, form: Form, value: str | bytes) -> int:
        if len(value) < _LONG:
            return self._put(form, value)
        known = self._long.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        number = self._put(form, value)
        self._new_long[id(value)] = (value, number)
        return number

    def _int(self, value: int) -> Item:
        if -_BIG < value < _BIG:
            return int.__repr__(value)
        text = f'{{"$":"int","v":"{value:x}"}}'
        return text if len(text) <= SHARED else self._put(JSON, text)

    def _float(self, value: float) -> Item:
        if value - value == 0:
            return float.__repr__(value)
        return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")  # noqa: PLR0124 (nan)

    def _dict(self, value: dict[object, object]) -> Item:
        memo = value.memo if type(value) is FrozenDict else None
        if type(memo) is tuple and memo[0] is self._keeper:
            return cast("int", memo[1])
        self._deeper(value)
        mutable, added = self._mutable, self._keeper.added
        if set(map(type, value)) <= {str} and "$" not in value:
            text = _object({cast("str", key): self.item(child) for key, child in value.items()})
        else:
            pairs = [[key, child] for key, child in value.items()]
            text = f'{{"$":"dict","v":{reference(self.item(pairs))}}}'
        self._depth -= 1
        if len(text) <= INLINE:
            return text
        number = self._put(JSON, text, added)
        return self._remember(value, number, (self._keeper, number), mutable)

    def _list(self, value: list[object]) -> Item:
        memo = value.memo if type(value) is FrozenList else None
        if type(memo) is Stored and memo.owner is self._keeper:
            return memo.number
        self._deeper(value)
        mutable = self._mutable
        spine = self._grown(value)
        if spine is not None:
            number = self._keeper.add(self._file.connection, JSON, lists.spine_text(spine))
        else:
            fresh = self._fresh(value)
            if isinstance(fresh, str):
                self._depth -= 1
                return fresh
            spine, number = fresh, self.node(lists.spine_text(fresh))
        self._depth -= 1
        return self._remember(value, number, Stored(self._keeper, number, spine), mutable)

    def _fresh(self, value: list[object]) -> Spine | str:
        """A list that is not a longer version of another, as JSON where that is short."""
        if len(value) >= lists.CHUNK:
            return self._scratch(value)
        items = [self.within(child) for child in value]
        text = "[" + ",".join(map(reference, items)) + "]"
        return text if len(text) <= INLINE else lists.grow(lists.EMPTY, items, self.node)

    def within(self, value: object) -> Item:
        """An item of a list: JSON that points to nodes is one itself, lest each version repeat it."""
        added = self._keeper.added
        item = self.item(value)
        if isinstance(item, str) and len(item) > INLINE // 3 and '{"$":' in item:
            return self._put(JSON, item, added)
        return item

    def _grown(self, value: list[object]) -> Spine | None:
        source = value.grown_from if type(value) is FrozenList else None
        if type(source) is not Stored or source.owner is not self._keeper:
            return None
        spine = source.spine
        if spine is None:
            body = source.body or NodeReader(self._file.connection).get(source.number)[1]
            spine = source.spine = lists.read_spine(body)
        if spine is None or spine.size > len(value):
            return None

        def recall(size: int) -> list[Item]:
            return [self.within(child) for child in value[size - lists.RUN : size]]

        return lists.grow(spine, map(self.within, value[spine.size :]), self.node, recall)

    def _scratch(self, value: list[object]) -> Spine:
        spine = lists.EMPTY
        for start in range(0, len(value), lists.RUN):
            part = value[start : start + lists.RUN]
            if len(part) == lists.RUN and set(map(type, part)) <= _NUMBERS and _small(part):
                number = self.node(f'{{"$":"chunk","v":{_dump(part)}}}')
                spine = lists.make(start + lists.RUN, (*spine.runs, number), (), [])
            else:
                spine = lists.extend(spine, [self.within(child) for child in part], self.node)
        return spine

    def _remember(self, value: object, number: int, memo: Stored | Mark, mutable: int) -> int:
        if mutable == self._mutable and (type(value) is FrozenDict or type(value) is FrozenList):
            self._new.append((value, memo))
        return number

    _writers: ClassVar[dict[type, Callable[..., Item]]] = {
        str: _str,
        bytes: _bytes,
        int: _int,
        float: _float,
        bool: lambda _, value: "true" if value else "false",
        type(None): lambda _, __: "null",
        dict: _dict,
        list: _list,
        FrozenDict: _dict,
        FrozenList: _list,
    }


_BIG: Final = 10**200


def _small(numbers: Iterable[object]) -> bool:
    return all(-_BIG < number < _BIG for number in numbers if type(number) is int)


def _object(items: Mapping[str, Item]) -> str:
    fields = [
        f"{quote(key)}:{item}" if type(item) is str else f'{quote(key)}:{{"$":{item}}}'
        for key, item in items.items()
    ]
    return "{" + ",".join(fields) + "}"
