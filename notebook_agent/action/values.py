"""Values that code names, as text: the same for an equal value, in every process.

Simple values, containers, enums, dates and the like, arrays, and objects of the user's own classes count
with all that they hold; an object of a library's class, such as a client, counts by its class alone.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MappingProxyType, MemberDescriptorType, MethodType, SimpleNamespace

from notebook_agent.action.source import is_ours, plain_function

__all__ = ["Teller", "attributes_of", "copied", "is_scalar"]

_MOST = 100_000
_SCALARS = (type(None), bool, int, float, complex, str, bytes)
_READABLE = frozenset({"datetime", "decimal", "fractions", "pathlib", "re", "uuid", "zoneinfo"})


def is_scalar(value: object) -> bool:
    """Return whether a value can neither change nor hold another one."""
    return type(value) in _SCALARS


def copied(value: object, most: int) -> object:
    """Return a copy of a tree of plain containers.

    Raises:
        ValueError: It holds more than `most` values, or others.
    """
    return _copied(value, [most])


def _copied(value: object, left: list[int]) -> object:
    left[0] -= 1
    if left[0] < 0:
        raise ValueError
    if type(value) is dict:
        return {key: _copied(each, left) for key, each in _pairs(value)}
    if type(value) is list:
        return [_copied(each, left) for each in tuple(value)]
    if type(value) is tuple:
        return tuple(_copied(each, left) for each in value)
    if is_scalar(value):
        return value
    raise ValueError


@dataclass(slots=True)
class Teller:
    """Tells values: of objects the attributes that `counts` says; the code in them goes to `take`."""

    take: Callable[[FunctionType | type], None]
    counts: Callable[[object, str], bool]
    told: int = 0
    _around: set[int] = field(default_factory=set)

    def tell(self, value: object) -> str:
        """Return a value's text; that of its class alone where it is too large or too deep."""
        self.told = 0
        self._around.clear()
        try:
            return self._text(value)
        except (RecursionError, OverflowError):
            return _name(type(value))

    def _text(self, value: object) -> str:
        self.told += 1
        if self.told > _MOST:
            raise OverflowError
        if isinstance(value, enum.Enum):
            return f"{_name(type(value))}.{value.name}"
        for scalar in _SCALARS:
            if isinstance(value, scalar):
                return scalar.__repr__(value)  # type: ignore[call-arg]  # of that very class
        return self._code(value) or self._within(value)

    def _code(self, value: object) -> str | None:
        if isinstance(value, type):
            self.take(value)
            return _name(value)
        if isinstance(value, functools.partial):
            return f"{self._text(value.func)}{self._text(value.args)}{self._text(value.keywords)}"
        function = plain_function(value)
        if function is None:
            return None
        self.take(function)
        holder = f"@{self._text(value.__self__)}" if isinstance(value, MethodType) else ""
        return f"{function.__qualname__}{holder}"

    def _within(self, value: object) -> str:
        if id(value) in self._around:
            return "..."
        self._around.add(id(value))
        try:
            return "".join(self._parts(value))
        finally:
            self._around.discard(id(value))

    def _parts(self, value: object) -> Iterator[str]:
        if isinstance(value, dict | MappingProxyType):
            yield from self._items("{}", [f"{self._text(k)}: {self._text(v)}" for k, v in _pairs(value)])
        elif isinstance(value, list | tuple):
            yield from self._items("[]" if isinstance(value, list) else "()", map(self._text, tuple(value)))
        elif isinstance(value, set | frozenset):
            yield from self._items("<>", sorted(map(self._text, tuple(value))))
        elif type(value).__module__ in _READABLE:
            yield repr(value)
        elif is_ours(type(value).__module__) or isinstance(value, SimpleNamespace):
            yield from self._object(value)
        else:
            yield f"{_name(type(value))}{_bytes(value)}"

    def _items(self, brackets: str, texts: Iterator[str] | list[str]) -> Iterator[str]:
        yield f"{brackets[0]}{', '.join(texts)}{brackets[1]}"

    def _object(self, value: object) -> Iterator[str]:
        self.take(type(value))
        held = [(name, each) for name, each in attributes_of(value) if self.counts(value, name)]
        yield from self._items(
            "()", [_name(type(value)), *(f"{name}={self._text(each)}" for name, each in held)]
        )


def attributes_of(value: object) -> list[tuple[str, object]]:
    """Return an object's own attributes by name, those in slots too; no code of its class is run."""
    members = (member for cls in type(value).__mro__ for member in tuple(vars(cls).items()))
    slots = ((name, slot.__get__(value)) for name, slot in members if _is_filled(slot, value))
    return sorted({**getattr(value, "__dict__", {}), **dict(slots)}.items())


def _is_filled(slot: object, value: object) -> bool:
    if not isinstance(slot, MemberDescriptorType):
        return False
    try:
        slot.__get__(value)
    except AttributeError:
        return False
    return True


def _pairs(value: Mapping[object, object]) -> tuple[tuple[object, object], ...]:
    """A snapshot: another thread may write at this moment."""
    return tuple(dict(value).items())


def _name(cls: type) -> str:
    return cls.__qualname__ if is_ours(cls.__module__) else f"{cls.__module__}.{cls.__qualname__}"


def _bytes(value: object) -> str:
    """What is in an array or a buffer."""
    import hashlib

    try:
        return hashlib.sha256(memoryview(value)).hexdigest()  # type: ignore[arg-type]  # asked, and TypeError says no
    except (TypeError, ValueError, BufferError):
        return ""
