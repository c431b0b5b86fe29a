"""Whether two values are the same: the one idea of equality for what users keep in a state."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from operator import is_
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from notebook_agent.state.frozen import ATOMS, FrozenDict, FrozenList

if TYPE_CHECKING:
    import numpy as np

    _Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]

__all__ = ["same", "tell_content"]

_LISTS: Final = {list, FrozenList}
_DICTS: Final = {dict, FrozenDict}
_TABLES: Final = {"pandas", "polars"}
_NOTHING: Final[dict[object, object]] = {}
_WITH_NAN: Final = "fcmM"
"""Of numpy's kinds of arrays, those that may hold NaN or NaT."""
_contents: Final[dict[type, Callable[[object], object]]] = {}
_known: Final[WeakKeyDictionary[type, Callable[[Any, Any], bool]]] = WeakKeyDictionary()
"""What compares the values of each type that was met."""


def tell_content(cls: type, content: Callable[[object], object]) -> None:
    """Compare instances of a class, and of its subclasses, by what a function tells of them."""
    _contents[cls] = content
    _known.clear()


def same(one: object, other: object) -> bool:
    """Return whether two values are equal in type and content, through their containers.

    A frozen list or dict is as a plain one. NaN is NaN; arrays and tables are compared whole;
    objects of dataclasses, of pydantic models and of registered classes by what they hold, so
    that a class which was defined anew, unchanged, changes nothing; other objects by their `==`.
    What cannot be compared, since a user's `==` raises, is not the same.
    """
    try:
        return _same(one, other)
    except Exception:  # noqa: BLE001  # a user's `==` or `__hash__`, or a package's, may raise anything
        return False


def _same(one: object, other: object) -> bool:
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other) and not _is_one_kind(kind, type(other)):
        return False
    if kind in ATOMS:
        return _equal(one, other)
    compare = _known.get(kind)
    if compare is None:
        compare = _known[kind] = _comparer(kind)
    return compare(one, other)


def _is_one_kind(kind: type, other: type) -> bool:
    if kind in _LISTS:
        return other in _LISTS
    if kind in _DICTS:
        return other in _DICTS
    return (kind.__module__, kind.__qualname__) == (other.__module__, other.__qualname__)


def _comparer(kind: type) -> Callable[[Any, Any], bool]:
    """What compares two values of a type."""
    told = next((_contents[base] for base in kind.__mro__ if base in _contents), None) if _contents else None
    if told is not None:
        return lambda one, other: _same(told(one), told(other))
    found = next((compare for base, compare in _COMPARERS if issubclass(kind, base)), None)
    if found is not None:
        return found
    if dataclasses.is_dataclass(kind) or hasattr(kind, "__pydantic_fields__"):
        return _objects
    if kind.__module__.partition(".")[0] in _TABLES and hasattr(kind, "equals"):
        return _tables
    numpy = sys.modules.get("numpy")
    return _arrays if numpy is not None and issubclass(kind, numpy.ndarray) else _equal


def _equal(one: object, other: object) -> bool:
    """By `==`; what is not equal to itself is a NaN."""
    return bool(one == other) or (_is_nan(one) and _is_nan(other))


def _is_nan(value: object) -> bool:
    return bool(value != value)  # noqa: PLR0124  # what tells a NaN of any type


def _mappings(one: Mapping[object, object], other: Mapping[object, object]) -> bool:
    if len(one) != len(other) or (isinstance(one, OrderedDict) and list(one) != list(other)):
        return False
    made, remade = (getattr(each, "default_factory", None) for each in (one, other))
    return made is remade and all(key in other and _same(value, other[key]) for key, value in one.items())


def _items(one: Sequence[object], other: Sequence[object]) -> bool:
    if len(one) != len(other) or any(
        getattr(one, name, None) != getattr(other, name, None) for name in ("_fields", "maxlen")
    ):
        return False
    return all(map(is_, one, other)) or all(map(_same, one, other))


def _sets(one: frozenset[object], other: frozenset[object]) -> bool:
    return one == other or (len(one) == len(other) and all(map(_is_nan, one ^ other)))


def _members(one: Enum, other: Enum) -> bool:
    """Of an Enum that was defined anew; those of one are the same object."""
    return type(one) is not type(other) and one.name == other.name and _same(one.value, other.value)


def _objects(one: object, other: object) -> bool:
    """Of dataclasses and models; what they have only computed and kept for themselves does not count."""
    return all(map(_same, _outside(one), _outside(other))) and (
        _mappings(_inside(one), _inside(other)) or _mappings(_lasting(one), _lasting(other))
    )


def _inside(value: object) -> dict[object, object]:
    return getattr(value, "__dict__", _NOTHING)


def _lasting(value: object) -> dict[object, object]:
    cls = type(value)
    return {
        name: item
        for name, item in _inside(value).items()
        if not isinstance(getattr(cls, str(name), None), functools.cached_property)
    }


def _outside(value: object) -> list[object]:
    """What an object does not keep in its `__dict__`."""
    if hasattr(value, "__pydantic_extra__"):
        return [value.__pydantic_extra__, getattr(value, "__pydantic_private__", None) or {}]
    held = _inside(value)
    fields = getattr(value, "__dataclass_fields__", _NOTHING)
    return [getattr(value, str(name), None) for name in fields if name not in held]


def _arrays(one: _Array, other: _Array) -> bool:
    import numpy as np

    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.hasobject:
        return _same(one.tolist(), other.tolist())
    if np.array_equal(one, other):
        return True
    if one.dtype.kind == "V":
        return one.tobytes() == other.tobytes()
    return one.dtype.kind in _WITH_NAN and np.array_equal(one, other, equal_nan=True)


def _tables(one: Any, other: Any) -> bool:
    """Of pandas or polars; their own `equals` passes over names, and over types of indexes."""
    told = ((getattr(one, name, None), getattr(other, name, None)) for name in ("name", "names", "dtype"))
    axes = zip(getattr(one, "axes", ()), getattr(other, "axes", ()), strict=True)
    return (
        bool(one.equals(other)) and all(_same(*pair) for pair in told) and all(_axes(*pair) for pair in axes)
    )


def _axes(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one.dtype == other.dtype and list(one.names) == list(other.names)


_COMPARERS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any, Any], bool]], ...]] = (
    (Mapping, _mappings),
    ((list, tuple, deque), _items),
    ((set, frozenset), _sets),
    (Enum, _members),
)
