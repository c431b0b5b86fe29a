"""Lists and dicts that cannot be changed in place, so that what a checkpoint holds never changes."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Never, SupportsIndex, TypeVar

from notebook_agent.errors import FrozenValueError, UnstorableError

__all__ = ["ATOMS", "FrozenDict", "FrozenList", "freeze", "is_loose", "thaw"]

_K = TypeVar("_K")
_V = TypeVar("_V")
ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})
"""Types whose values hold nothing that could change."""


def _refuse(container: str, method: str) -> Never:
    other = "state.append(k=..)" if container == "list" else "state.update(k={**state['k'], ..})"
    raise FrozenValueError(
        f"This {container} belongs to a state and cannot be changed in place ({method}). "
        f"Copy it first: copy.deepcopy(state['k']) or state.thaw('k'); or use {other}."
    )


class FrozenList(list[_V]):
    """A list of a state. It reads as any list; each method that would change it raises FrozenValueError.

    Slices, `+`, `copy` and pickling give plain lists. The items must be frozen
    already: `freeze` makes one from a plain list. Two things get past, since they do not
    ask the list: `heapq`, and unbound methods, as `list.append(x, 1)`. Give those a copy.

    Attributes:
        memo: For the store alone: what it knows of this list.
        grown_from: The memo of the list that this one is a longer version of.
        loose: What `is_loose` said of it; None while nobody has asked.
    """

    __slots__ = ("grown_from", "loose", "memo")

    def __init__(self, items: Iterable[_V] = (), grown_from: object = None) -> None:
        super().__init__(items)
        self.memo: object = None
        self.grown_from = grown_from
        self.loose: bool | None = None

    def grown(self, items: Iterable[_V]) -> FrozenList[_V]:
        """Return this list with frozen `items` after its own."""
        longer = FrozenList(self, self.grown_from if self.memo is None else self.memo)
        list.extend(longer, items)
        if self.loose is not None:
            longer.loose = self.loose or any(map(is_loose, longer[len(self) :]))
        return longer

    def __setitem__(self, *_: object) -> Never:
        _refuse("list", "item assignment")

    def __delitem__(self, *_: object) -> Never:
        _refuse("list", "del")

    def append(self, *_: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "append")

    def extend(self, *_: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "extend")

    def insert(self, *_: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "insert")

    def remove(self, *_: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "remove")

    def pop(self, *_: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "pop")

    def clear(self) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "clear")

    def reverse(self) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "reverse")

    def sort(self, **_: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("list", "sort")

    def __iadd__(self, other: Iterable[_V]) -> list[_V]:  # type: ignore[override,misc]  # a new plain list, as a tuple gives a new tuple
        return [*self, *other]

    def __imul__(self, times: SupportsIndex) -> list[_V]:  # type: ignore[override]  # as above
        return list(self) * times

    def __copy__(self) -> list[_V]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, object]) -> list[_V]:
        return [copy.deepcopy(item, memo) for item in self]

    def __reduce_ex__(self, _: SupportsIndex) -> tuple[type, tuple[()], None, Iterator[_V]]:
        return list, (), None, iter(self)


class FrozenDict(dict[_K, _V]):
    """A dict of a state. It reads as any dict; each method that would change it raises FrozenValueError.

    `|`, `copy` and pickling give plain dicts; `setdefault` on a present key returns
    its value. The values must be frozen already: `freeze` makes one from a plain dict.
    Unbound methods, as `dict.update(x, ..)`, get past: give those a copy.

    Attributes:
        memo: For the store alone: what it knows of this dict.
        loose: What `is_loose` said of it; None while nobody has asked.
    """

    __slots__ = ("loose", "memo")

    def __init__(self, items: Mapping[_K, _V] | Iterable[tuple[_K, _V]] = ()) -> None:
        super().__init__(items)
        self.memo: object = None
        self.loose: bool | None = None

    def __setitem__(self, *_: object) -> Never:
        _refuse("dict", "item assignment")

    def __delitem__(self, *_: object) -> Never:
        _refuse("dict", "del")

    def clear(self) -> Never:
        """Raise FrozenValueError."""
        _refuse("dict", "clear")

    def pop(self, *_: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("dict", "pop")

    def popitem(self) -> Never:
        """Raise FrozenValueError."""
        _refuse("dict", "popitem")

    def update(self, *_: object, **__: object) -> Never:
        """Raise FrozenValueError."""
        _refuse("dict", "update")

    def setdefault(self, key: _K, default: object = None) -> _V:
        """Return the value of a present key; raise FrozenValueError for another."""
        return self[key] if key in self else _refuse("dict", f"setdefault with {default!r}")

    def __ior__(self, other: Mapping[_K, _V] | Iterable[tuple[_K, _V]]) -> dict[_K, _V]:  # type: ignore[override,misc]  # a new plain dict
        return dict(self) | dict(other)

    def __copy__(self) -> dict[_K, _V]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, object]) -> dict[_K, _V]:
        return {key: copy.deepcopy(value, memo) for key, value in self.items()}

    def __reduce_ex__(self, _: SupportsIndex) -> tuple[type, tuple[()], None, None, Iterator[tuple[_K, _V]]]:
        return dict, (), None, None, iter(self.items())


def freeze(value: object, key: str | None = None) -> object:
    """Return `value` with its lists and dicts frozen, also those inside tuples.

    A frozen value comes back itself; other types are left as they are. `key` is where it goes in a state.

    Raises:
        UnstorableError: The value contains itself or is nested too deeply.
    """
    try:
        return _freeze(value)
    except RecursionError:
        where = "A value" if key is None else f"state[{key!r}]"
        raise UnstorableError(
            f"{where} contains itself or is nested too deeply to be kept in a state. Flatten it first.",
            path=None if key is None else where,
            key=key,
        ) from None


def thaw(value: object) -> object:
    """Return a deep copy of `value` with plain lists and dicts, which may be changed freely."""
    return copy.deepcopy(value)


def is_loose(value: object) -> bool:
    """Return whether something in a frozen value could be changed in place: a set, an array, a model."""
    kind = type(value)
    if kind in ATOMS:
        return False
    if isinstance(value, FrozenList | FrozenDict):
        if value.loose is None:
            value.loose = any(map(is_loose, value.values() if isinstance(value, FrozenDict) else value))
        return value.loose
    if isinstance(value, tuple):
        return any(map(is_loose, value))
    return True


def _freeze(value: object) -> object:
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is list:
        return FrozenList([_freeze(item) for item in value])  # type: ignore[attr-defined]  # a list
    if kind is dict:
        return FrozenDict({key: _freeze(item) for key, item in value.items()})  # type: ignore[attr-defined]  # a dict
    if isinstance(value, tuple) and (kind is tuple or hasattr(kind, "_fields")):
        return _freeze_tuple(value)
    return value


def _freeze_tuple(value: tuple[object, ...]) -> tuple[object, ...]:
    items = [_freeze(item) for item in value]
    if all(new is old for new, old in zip(items, value, strict=True)):
        return value
    return tuple.__new__(type(value), items)
