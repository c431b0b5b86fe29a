"""Values that code names, as text: the same for an equal value, in every process.

Simple values, containers, enums, dates and the like, buffers, data classes, and objects of the user's own
classes count with what they hold; an object of a library's class, such as a client, by its class alone.
No code of a value's own is run, except `repr` of the standard library's.
"""

from __future__ import annotations

import enum
import functools
import re
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import FunctionType, MappingProxyType, MethodType
from typing import Any, NamedTuple

from notebook_agent.action.glance import glance
from notebook_agent.action.kinds import BRACKETS, READABLE, SCALARS, Kind, attributes_of, kind_of
from notebook_agent.action.source import plain_function

__all__ = ["FIRST", "Told", "tell"]

FIRST = 200
"""Parts of a value that are looked at each time."""
_MANY = 100_000
_MOST_KEPT = 100
_BRIEF = 64
_EDGE, _WHOLE = 2_048, 64_000_000
_LONG = 10_000
_CUT = "..."
_SHORT = frozenset({type(None), bool, float, complex})
_LONGER = frozenset({str, bytes})
_MAPPINGS = frozenset({dict, MappingProxyType})
Take = Callable[[FunctionType | type], None]
Counts = Callable[[type, str], bool]


class Told(NamedTuple):
    """A value's text, and the code that is in it."""

    text: str
    codes: tuple[weakref.ref[FunctionType | type], ...]


def tell(value: object, take: Take, counts: Counts, kept: dict[object, Told]) -> str:
    """Return a value's text: of objects with the attributes that `counts`; `take` gets the code in it.

    That of a value of plain parts, or of more than 200, is `kept`, until its first parts or a size change.
    """
    if _is_short(value):
        return repr(value)
    look = glance(value, FIRST)
    text = ""
    if look is None:
        first = _Teller(take, counts, FIRST)
        text = first.tell(value)
        if not first.cut:
            return text
    key = id(value), type(value), _size(value), look or text
    told = kept.get(key)
    if told is None:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        told = kept[key] = _tell_whole(value, counts)
    for code in told.codes:
        if (found := code()) is not None:
            take(found)
    return told.text


def _tell_whole(value: object, counts: Counts) -> Told:
    codes: dict[FunctionType | type, None] = {}
    teller = _Teller(codes.setdefault, counts, FIRST)
    text = teller.tell(value)
    if teller.cut:
        whole = _Teller(codes.setdefault, counts, _MANY).tell(value)
        text = _digest(whole.encode("utf-8", "surrogatepass"))
    return Told(text, tuple(map(weakref.ref, codes)))


def _is_short(value: object) -> bool:
    kind = type(value)
    return kind in _SHORT or (kind is str and len(value) < _BRIEF)  # type: ignore[arg-type]  # a str


@dataclass(slots=True)
class _Teller:
    """Tells values up to a number of parts; `cut` says that there are more."""

    take: Take
    counts: Counts
    most: int
    cut: bool = False
    _told: int = 0
    _around: set[int] = field(default_factory=set)

    def tell(self, value: object) -> str:
        """Return the text of a value; that of its class where its own code will not have it told."""
        try:
            return self._text(value)
        except Exception:  # noqa: BLE001  # whatever a value's class does, it must not keep an action from running
            return kind_of(type(value)).name

    def _text(self, value: object) -> str:
        if self._told >= self.most:
            self.cut = True
            return _CUT
        self._told += 1
        kind = type(value)
        if kind in _SHORT:
            return repr(value)
        if kind in _LONGER:
            return repr(value) if len(value) <= _LONG else self._long(value)  # type: ignore[arg-type]  # a str or bytes
        if kind is int:
            return repr(value) if value.bit_length() <= _LONG else hex(value)  # type: ignore[attr-defined,arg-type]  # an int
        if kind in BRACKETS:
            return self._within(value, self._items, kind)
        return self._other(value, kind, kind_of(kind))

    def _long(self, value: str | bytes) -> str:
        self._told += len(value) // 100
        self.cut |= self._told > self.most
        return repr(value[:_EDGE]) if self.cut else repr(value)

    def _other(self, value: Any, kind: type, about: Kind) -> str:
        base: Any = about.base
        if base is enum.Enum:
            return f"{about.name}.{value._name_}={self._text(value._value_)}"  # past properties of the user's
        if base in SCALARS:
            return f"{about.name}({base.__repr__(value)})"
        if base in BRACKETS:
            return self._within(value, self._items, base)
        return self._code(value, kind, base) or self._within(value, self._held, kind)

    def _code(self, value: Any, kind: type, base: type | None) -> str | None:
        if base is type:
            self.take(value)
            return kind_of(value).name
        if base is functools.partial:
            return "".join(self._text(each) for each in (value.func, value.args, value.keywords))
        function = plain_function(value)
        if function is None:
            return None
        self.take(function)
        holder = f"@{self._text(value.__self__)}" if kind is MethodType else ""
        return f"{function.__qualname__}{holder}"

    def _within(self, value: object, tell: Callable[[Any, Any], str], kind: object) -> str:
        if id(value) in self._around:
            return _CUT
        self._around.add(id(value))
        try:
            return tell(value, kind)
        finally:
            self._around.discard(id(value))

    def _held(self, value: Any, kind: type) -> str:
        if kind is re.Pattern:
            return f"re({value.pattern!r}, {value.flags})"
        if kind.__module__ in READABLE:
            return repr(value)
        about = kind_of(kind)
        return self._object(value, kind, about) if about.is_told else f"{about.name}{self._buffer(value)}"

    def _items(self, value: Any, container: Any) -> str:
        """Tell each of a snapshot, past methods of a subclass: another thread may write at this moment."""
        start, end = BRACKETS[container]
        if container in _MAPPINGS:
            texts = self._pairs(tuple(islice(container.items(value), self.most)))
        elif start == "<":
            texts = sorted(self._each(tuple(container.__iter__(value))))
        else:
            texts = self._each(tuple(islice(container.__iter__(value), self.most)))
        return f"{start}{', '.join(texts)}{end}"

    def _pairs(self, items: Sequence[tuple[object, object]]) -> list[str]:
        texts = []
        for key, each in items:
            if self._told >= self.most:
                break
            texts.append(f"{self._text(key)}: {self._text(each)}")
        return texts + self._rest(len(items) - len(texts), f"{_CUT}: {_CUT}")

    def _each(self, values: Sequence[object]) -> list[str]:
        texts = []
        for each in values:
            if self._told >= self.most:
                break
            texts.append(self._text(each))
        return texts + self._rest(len(values) - len(texts), _CUT)

    def _rest(self, count: int, text: str) -> list[str]:
        self.cut |= count > 0
        return [text] * count

    def _object(self, value: object, kind: type, about: Kind) -> str:
        self.take(kind)
        held = [(name, each) for name, each in attributes_of(value) if self.counts(kind, name)]
        return f"{about.name}({', '.join([f'{name}={self._text(each)}' for name, each in held])})"

    def _buffer(self, value: Any) -> str:
        """What is in an array: whole up to 64 MB, of a larger one its ends."""
        try:
            view = memoryview(value)
        except (TypeError, ValueError, BufferError):
            return ""
        told = f"{view.format}{view.shape}"
        if "O" in view.format or not view.contiguous:
            return told
        data = view.cast("B") if view.ndim else view
        self.cut |= view.nbytes > 2 * _EDGE and self.most == FIRST
        ends = self.cut or view.nbytes > _WHOLE
        return told + (_digest(bytes(data[:_EDGE]) + bytes(data[-_EDGE:])) if ends else _digest(data))


def _size(value: object) -> int:
    kind = type(value)
    if issubclass(kind, dict | list | tuple | set | frozenset | str | bytes):
        return len(value)  # type: ignore[arg-type]  # just seen
    return 0


def _digest(data: bytes | memoryview) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()[:16]
