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
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from types import FunctionType, MappingProxyType, MemberDescriptorType, MethodType, SimpleNamespace
from typing import Any

from notebook_agent.action.source import is_ours, plain_function

__all__ = ["attributes_of", "is_data", "tell"]

_FEW, _MANY = 200, 100_000
_MOST_KEPT = 100
_EDGE, _WHOLE = 2_048, 64_000_000
_LONG = 10_000
_SCALARS = (type(None), bool, int, float, complex, str, bytes)
_READABLE = frozenset({"datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo"})
_BRACKETS = (
    *((dict, "{}"), (MappingProxyType, "{}"), (list, "[]"), (tuple, "()")),
    *((set, "<>"), (frozenset, "<>")),
)
_FIELDS = ("__dataclass_fields__", "__pydantic_fields__", "__attrs_attrs__")

Take = Callable[[FunctionType | type], None]
Counts = Callable[[type, str], bool]


def tell(value: object, take: Take, counts: Counts, kept: dict[object, str]) -> str:
    """Return a value's text: of objects with the attributes that `counts`; `take` gets the code in it.

    That of a value with more than 200 parts is `kept`, until its first parts or its length change.
    """
    first = _Teller(take, counts, _FEW)
    text = first.tell(value)
    if not first.cut:
        return text
    key = (id(value), type(value), _size(value), text)
    if key not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[key] = _digest(_Teller(take, counts, _MANY).tell(value).encode("utf-8", "surrogatepass"))
    return kept[key]


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
            return _kind(type(value)).name

    def _text(self, value: object) -> str:
        self._told += 1
        if self._told > self.most:
            self.cut = True
            return "..."
        kind = type(value)
        for scalar in _SCALARS:
            if kind is scalar:
                return self._scalar(value)
        if issubclass(kind, enum.Enum):
            return f"{_kind(kind).name}.{value._name_}={self._text(value._value_)}"  # type: ignore[attr-defined]  # as `name` and `value`, past properties of the user's
        for scalar in _SCALARS:
            if issubclass(kind, scalar):
                return f"{_kind(kind).name}({scalar.__repr__(value)})"  # type: ignore[call-arg]  # of that class
        return self._code(value, kind) or self._within(value, kind)

    def _scalar(self, value: Any) -> str:
        if type(value) is int and value.bit_length() > _LONG:
            return hex(value)
        if type(value) in {str, bytes} and len(value) > _LONG:
            self._told += len(value) // 100
            self.cut |= self._told > self.most
            return repr(value[:_EDGE]) if self.cut else repr(value)
        return repr(value)

    def _code(self, value: Any, kind: type) -> str | None:
        if issubclass(kind, type):
            self.take(value)
            return _kind(value).name
        if issubclass(kind, functools.partial):
            return "".join(self._text(each) for each in (value.func, value.args, value.keywords))
        function = plain_function(value)
        if function is None:
            return None
        self.take(function)
        holder = f"@{self._text(value.__self__)}" if kind is MethodType else ""
        return f"{function.__qualname__}{holder}"

    def _within(self, value: object, kind: type) -> str:
        if id(value) in self._around:
            return "..."
        self._around.add(id(value))
        try:
            return self._held(value, kind)
        finally:
            self._around.discard(id(value))

    def _held(self, value: Any, kind: type) -> str:
        for container, brackets in _BRACKETS:
            if issubclass(kind, container):
                return self._items(brackets, self._parts(value, container))
        if kind is re.Pattern:
            return f"re({value.pattern!r}, {value.flags})"
        if kind.__module__ in _READABLE:
            return repr(value)
        if _kind(kind).is_told:
            return self._object(value, kind)
        return f"{_kind(kind).name}{self._buffer(value)}"

    def _parts(self, value: Any, container: Any) -> Iterable[str]:
        """Tell each of a snapshot, past methods of a subclass: another thread may write at this moment."""
        if container in {dict, MappingProxyType}:
            items = tuple(islice(container.items(value), self.most))
            return (f"{self._text(key)}: {self._text(each)}" for key, each in items)
        if container in {set, frozenset}:
            return sorted(map(self._text, tuple(container.__iter__(value))))
        return map(self._text, tuple(islice(container.__iter__(value), self.most)))

    def _items(self, brackets: str, texts: Iterable[str]) -> str:
        return f"{brackets[0]}{', '.join(texts)}{brackets[1]}"

    def _object(self, value: object, kind: type) -> str:
        self.take(kind)
        held = [(name, each) for name, each in attributes_of(value) if self.counts(kind, name)]
        return f"{_kind(kind).name}({', '.join(f'{name}={self._text(each)}' for name, each in held)})"

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
        self.cut |= view.nbytes > 2 * _EDGE and self.most == _FEW
        ends = self.cut or view.nbytes > _WHOLE
        return told + (_digest(bytes(data[:_EDGE]) + bytes(data[-_EDGE:])) if ends else _digest(data))


@dataclass(frozen=True, slots=True)
class _Kind:
    """A class: its name, the slots of its objects, and the attributes that they fill when asked."""

    name: str
    is_told: bool
    is_data: bool
    slots: tuple[tuple[str, MemberDescriptorType], ...]
    lazy: frozenset[str]


_kinds: weakref.WeakKeyDictionary[type, _Kind] = weakref.WeakKeyDictionary()


def _kind(cls: type) -> _Kind:
    found = _kinds.get(cls)
    if found is None:
        members = [each for base in reversed(cls.__mro__) for each in tuple(vars(base).items())]
        ours, data = is_ours(cls.__module__), _is_data(cls)
        found = _kinds[cls] = _Kind(
            cls.__qualname__ if ours else f"{cls.__module__}.{cls.__qualname__}",
            ours or data,
            data,
            tuple((name, slot) for name, slot in members if type(slot) is MemberDescriptorType),
            frozenset(name for name, each in members if type(each) is functools.cached_property),
        )
    return found


def is_data(cls: type) -> bool:
    """Return whether objects of a class are all data: every attribute says what they are."""
    return _kind(cls).is_data


def attributes_of(value: object) -> list[tuple[str, object]]:
    """Return an object's own attributes by name, those in slots too, but not what was worked out lazily."""
    kind = _kind(type(value))
    try:
        found = dict(object.__getattribute__(value, "__dict__"))
    except AttributeError:
        found = {}
    for name, slot in kind.slots:
        try:
            found[name] = slot.__get__(value)
        except AttributeError:
            continue
    return sorted((name, each) for name, each in found.items() if type(name) is str and name not in kind.lazy)


def _is_data(cls: type) -> bool:
    if issubclass(cls, SimpleNamespace) or cls.__module__ == "pydantic.fields":
        return True
    return any(name in vars(each) for each in cls.__mro__ for name in _FIELDS)


def _size(value: object) -> int:
    kind = type(value)
    if issubclass(kind, dict | list | tuple | set | frozenset | str | bytes):
        return len(value)  # type: ignore[arg-type]  # just seen
    return 0


def _digest(data: bytes | memoryview) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()[:16]
