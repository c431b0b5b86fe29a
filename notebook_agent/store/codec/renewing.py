"""Values made of classes that were defined anew since, made again as a store would give them now."""

from __future__ import annotations

from typing import cast

from notebook_agent.state import FrozenDict, FrozenList, freeze
from notebook_agent.state.frozen import ATOMS
from notebook_agent.store.codec.arrays import array_writer
from notebook_agent.store.codec.classes import class_writer, read_class
from notebook_agent.store.codec.registry import Placeholder, codec_of, find_class, registered
from notebook_agent.store.codec.types import READERS, TAGS

__all__ = ["renewed"]


def renewed(value: object) -> object:
    """Return a value whose objects are of the classes that bear their names now.

    It is the same object where nothing in it is of another. A placeholder whose class is there by
    now becomes what it stands for. What cannot be made again stays as it is.
    """
    try:
        return _renewed(value)
    except Exception:  # noqa: BLE001  # a class of the user's may raise anything
        return value


def _renewed(value: object) -> object:
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is Placeholder:
        return _opened(cast("Placeholder", value))
    if kind in {list, FrozenList}:
        items = cast("list[object]", value)
        made = [_renewed(item) for item in items]
        return FrozenList(made) if _differ(made, items) else value
    if kind in {dict, FrozenDict}:
        return _mapping(cast("dict[object, object]", value))
    if kind in TAGS:
        tag, encode = TAGS[kind]
        data = encode(value)
        again = _renewed(data)
        return value if again is data else READERS[tag](freeze(again))
    return _object(value, kind)


def _mapping(value: dict[object, object]) -> object:
    keys, items = list(value), list(value.values())
    new_keys, made = [_renewed(key) for key in keys], [_renewed(item) for item in items]
    if _differ(new_keys, keys) or _differ(made, items):
        return FrozenDict(zip(new_keys, made, strict=True))
    return value


def _differ(made: list[object], items: list[object]) -> bool:
    return any(new is not old for new, old in zip(made, items, strict=True))


def _object(value: object, kind: type) -> object:
    if codec_of(kind) is None and array_writer(kind) is not None:
        return value
    write = class_writer(kind)
    if write is None:
        return value
    tag, name, data = write(value)
    again = _renewed(data)
    if again is data and not _is_past(kind, name):
        return value
    return read_class(tag, name, freeze(again))


def _is_past(kind: type, name: str) -> bool:
    codec = registered(name)
    found = codec.cls if codec is not None else find_class(name)
    return (
        found is not None
        and found is not kind
        and (found.__module__, found.__qualname__)
        == (
            kind.__module__,
            kind.__qualname__,
        )
    )


def _opened(value: Placeholder) -> object:
    found = read_class(value.kind, value.type_name, freeze(value.data))
    return value if isinstance(found, Placeholder) else found
