"""What is known of a class: how its objects are told, and where they keep their attributes."""

from __future__ import annotations

import enum
import functools
import re
import weakref
from dataclasses import dataclass
from types import MappingProxyType, MemberDescriptorType, SimpleNamespace
from typing import Any, Final

from notebook_agent.action.source import is_ours, plain_function

__all__ = [
    "BRACKETS",
    "READABLE",
    "SCALARS",
    "Kind",
    "attributes_of",
    "is_data",
    "is_told_by_class",
    "kind_of",
    "says_what_it_is",
]

SCALARS: Final = (type(None), bool, int, float, complex, str, bytes)
READABLE: Final = frozenset({"datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo"})
"""Modules of the standard library whose objects are told by their `repr`."""
BRACKETS: Final[dict[Any, tuple[str, str]]] = {
    dict: ("{", "}"),
    MappingProxyType: ("{", "}"),
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("<", ">"),
    frozenset: ("<", ">"),
}
_BASES: tuple[type, ...] = enum.Enum, *SCALARS, type, functools.partial, *BRACKETS
_FIELDS = ("__dataclass_fields__", "__pydantic_fields__", "__attrs_attrs__")

_SHOWN = ("__annotations__", "__doc__", "__pydantic_fields__", "__total__")

_by_class: weakref.WeakSet[type] = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class Kind:
    """A class: its name, the slots of its objects, and the attributes that they fill when asked.

    `base` is the one of `_BASES` that its objects are told as, if there is one.
    """

    name: str
    base: type | None
    is_told: bool
    is_data: bool
    slots: tuple[tuple[str, MemberDescriptorType], ...]
    lazy: frozenset[str]


_known: weakref.WeakKeyDictionary[type, Kind] = weakref.WeakKeyDictionary()


def kind_of(cls: type) -> Kind:
    """Return what is known of a class."""
    found = _known.get(cls)
    if found is None:
        members = [each for base in reversed(cls.__mro__) for each in tuple(vars(base).items())]
        ours, data = is_ours(cls.__module__), _is_data(cls)
        found = _known[cls] = Kind(
            cls.__qualname__ if ours else f"{cls.__module__}.{cls.__qualname__}",
            next((base for base in _BASES if issubclass(cls, base)), None),
            ours or data,
            data,
            tuple((name, slot) for name, slot in members if type(slot) is MemberDescriptorType),
            frozenset(name for name, each in members if type(each) is functools.cached_property),
        )
    return found


def is_data(cls: type) -> bool:
    """Return whether objects of a class are all data: every attribute says what they are."""
    return kind_of(cls).is_data


def is_told_by_class(value: object) -> bool:
    """Return whether nothing is told of an object but its class, as of a library's client."""
    if plain_function(value) is not None:
        return False
    return type(value) in _by_class or _is_by_class(value, type(value))


def _is_by_class(value: Any, cls: type) -> bool:
    about = kind_of(cls)
    if about.base is not None or about.is_told or cls.__module__ in READABLE or cls is re.Pattern:
        return False
    try:
        memoryview(value)
    except TypeError:
        _by_class.add(cls)
        return True
    except (ValueError, BufferError):
        return False
    return False


def attributes_of(value: object) -> list[tuple[str, object]]:
    """Return an object's own attributes by name, those in slots too, but not what was worked out lazily."""
    kind = kind_of(type(value))
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


def says_what_it_is(name: str, member: object) -> bool:
    """Return whether a member of a class body counts: its own values and annotations, not its machinery."""
    if name in _SHOWN:
        return True
    return not name.startswith(("__", "_abc_")) and plain_function(member) is None and not _is_slot(member)


def _is_slot(member: object) -> bool:
    return type(member).__name__ in {"member_descriptor", "getset_descriptor"}
