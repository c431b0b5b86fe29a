"""Codecs of Enums, dataclasses, named tuples, pydantic models and registered classes."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, Flag
from functools import partial, reduce
from operator import or_
from typing import Final, cast

from notebook_agent.errors import AgentError
from notebook_agent.store.codec.arrays import ARRAYS, array_writer, read_array
from notebook_agent.store.codec.generic import parameters_of, parametrised
from notebook_agent.store.codec.lacking import LackingError, attributes_of, model_of, private_of, tuple_of
from notebook_agent.store.codec.registry import (
    Placeholder,
    class_name,
    codec_of,
    find_class,
    registered,
    remember,
)
from notebook_agent.store.codec.stored import NoCodecError
from notebook_agent.store.codec.types import thaw

__all__ = ["TAGS", "class_writer", "read_class"]

_UNSET: Final = object()

Written = tuple[str, str, object]
"""Tag, name of the class, data."""

_PYDANTIC: Final = {
    "values": "__dict__",
    "set": "__pydantic_fields_set__",
    "extra": "__pydantic_extra__",
    "private": "__pydantic_private__",
}


def class_writer(cls: type) -> Callable[[object], Written] | None:
    """How to write the instances of a class, or None where it has no codec."""
    codec = codec_of(cls)
    if codec is not None and codec.encode is not None:
        return partial(_by_codec, codec.encode, codec.name)
    if cls is Placeholder:
        return _placeholder
    for fits, write in _WRITERS:
        if fits(cls):
            return write
    return array_writer(cls)


def _by_codec(encode: Callable[[object], object], name: str, value: object) -> Written:
    try:
        return "object", name, encode(value)
    except Exception as error:  # the user's `encode`
        raise NoCodecError(value, failure=error) from error


def read_class(tag: str, name: str, data: object) -> object:
    """An instance again, made without running its constructor.

    A placeholder if its class is not there, or is another by now and cannot hold what was stored.
    """
    if tag in ARRAYS:
        try:
            return read_array(tag, data)
        except ImportError:
            return Placeholder(tag, name, data)
    if tag == "object":
        read = _decoder(name)
    else:
        cls = find_class(name) or _parametrised(name, data)
        fits, make = _READERS[tag]
        read = None if cls is None or not fits(cls) else partial(make, cls)
    return Placeholder(tag, name, data) if read is None else _tried(read, tag, name, data)


def _parametrised(name: str, data: object) -> type | None:
    """A class with parameters that nobody has asked for yet since the kernel began."""
    told = data.get("of") if "[" in name and isinstance(data, Mapping) else None
    cls = None if told is None else parametrised(told)
    return cls if isinstance(cls, type) and class_name(cls) == name else None


def _decoder(name: str) -> Callable[[object], object] | None:
    codec = registered(name)
    decode = None if codec is None else codec.decode
    return None if decode is None else lambda data: decode(thaw(data))


def _tried(read: Callable[[object], object], tag: str, name: str, data: object) -> object:
    """What a class of the user's makes of the data: it may be another than it was, and raise anything."""
    try:
        return read(data)
    except (AgentError, RecursionError, MemoryError):
        raise
    except LackingError as error:
        return Placeholder(tag, name, data, f"defined anew: {error}")
    except Exception as error:  # noqa: BLE001  # the user's decode, default_factory or `_missing_`
        return Placeholder(tag, name, data, f"it cannot be read: {type(error).__name__}: {error}")


def _placeholder(value: object) -> Written:
    held = cast("Placeholder", value)
    return held.kind, held.type_name, held.data


def _is_enum(cls: type) -> bool:
    return issubclass(cls, Enum)


def _enum(value: object) -> Written:
    member = cast("Enum", value)
    name = member.name
    if name is not None and name in type(member).__members__:
        return "enum", remember(type(member)), name
    return "enum", remember(type(member)), _flags(member)


def _flags(member: Enum) -> list[object]:
    """The names of what a flag is made of, and the number of what has no name."""
    if not isinstance(member, Flag):
        raise NoCodecError(member)
    cls = type(member)
    names: list[object] = [part.name for part in member if getattr(part, "name", None) in cls.__members__]
    rest = member.value & ~reduce(or_, [cls.__members__[cast("str", name)].value for name in names], 0)
    found = [*names, rest] if rest else names
    try:
        read = _read_enum(cls, found)
    except Exception as error:  # the user's `_missing_`
        raise NoCodecError(member) from error
    if type(read) is not cls or read.value != member.value:
        raise NoCodecError(member)
    return found


def _read_enum(cls: type, data: object) -> object:
    members: Mapping[str, object] = cls.__members__  # type: ignore[attr-defined]  # an Enum
    parts = [data] if isinstance(data, str) else list(cast("Sequence[str | int]", data))
    if not parts:
        return cls(0)
    gone = next((part for part in parts if type(part) is not int and part not in members), None)
    if gone is not None:
        raise LackingError(f"the class has no {gone} any more")
    return reduce(or_, [cls(part) if type(part) is int else members[cast("str", part)] for part in parts])


def _is_namedtuple(cls: type) -> bool:
    names = getattr(cls, "_fields", None)
    return issubclass(cls, tuple) and isinstance(names, tuple) and all(type(name) is str for name in names)


def _namedtuple(value: object) -> Written:
    if getattr(value, "__dict__", None):
        raise NoCodecError(value)
    names = cast("Sequence[str]", value._fields)  # type: ignore[attr-defined]  # checked by _is_namedtuple
    items = cast("Sequence[object]", value)
    return "namedtuple", remember(type(value)), dict(zip(names, items, strict=True))


def _read_namedtuple(cls: type, data: object) -> object:
    """A named tuple again, by the names of its fields; earlier files have its items in their order."""
    if isinstance(data, Mapping):
        return tuple.__new__(cls, tuple_of(cls, data))
    items = cast("Sequence[object]", data)
    names = cast("Sequence[str]", cls._fields)  # type: ignore[attr-defined]  # checked by _is_namedtuple
    if len(items) != len(names):
        raise LackingError(f"it has {len(items)} items, and the class {len(names)} fields")
    return tuple.__new__(cls, items)


def _is_plain(cls: type) -> bool:
    return cast("object", cls.__new__) is object.__new__


def _is_dataclass(cls: type) -> bool:
    return dataclasses.is_dataclass(cls) and _is_plain(cls)


def _dataclass(value: object) -> Written:
    held = dict(getattr(value, "__dict__", ()))
    for field in dataclasses.fields(value):  # type: ignore[arg-type]  # checked by _is_dataclass
        if field.name not in held and hasattr(value, field.name):
            held[field.name] = getattr(value, field.name)
    held.pop("__orig_class__", None)
    return "dataclass", remember(type(value)), held


def _read_dataclass(cls: type, data: object) -> object:
    value: object = object.__new__(cls)
    held = cast("dict[str, object]", thaw(data))
    own = getattr(value, "__dict__", None)
    slots = {name for base in cls.__mro__ for name in _slots(base)}
    for name, item in {**held, **attributes_of(cls, held)}.items():
        if name in slots:
            object.__setattr__(value, name, item)
        elif own is not None:
            own[name] = item
    return value


def _slots(cls: type) -> Sequence[str]:
    slots = vars(cls).get("__slots__", ())
    return [_mangled(name, cls) for name in ([slots] if isinstance(slots, str) else slots)]


def _mangled(name: str, cls: type) -> str:
    """The name that Python gives to a private one, such as `__x`, in a class."""
    private = name.startswith("__") and not name.endswith("__")
    return f"_{cls.__name__.lstrip('_')}{name}" if private else name


def _is_model(cls: type) -> bool:
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(cls, pydantic.BaseModel) and _is_plain(cls)


def _model(value: object) -> Written:
    held = {name: getattr(value, slot, None) for name, slot in _PYDANTIC.items()}
    if not held["private"]:
        del held["private"]
    unset = cast("Mapping[str, object]", type(value).model_fields).keys() - vars(value).keys()  # type: ignore[attr-defined]  # a model
    if unset:
        held["unset"] = sorted(unset)
    parameters = parameters_of(type(value))
    if parameters is not None:
        held["of"] = parameters
    return "pydantic", remember(type(value)), held


def _read_model(cls: type, data: object) -> object:
    held = cast("dict[str, object]", thaw(data))
    held["values"] = model_of(
        cls, cast("dict[str, object]", held["values"]), cast("list[str]", held.get("unset", ()))
    )
    held["private"] = private_of(cls, cast("dict[str, object] | None", held.get("private")))
    value: object = object.__new__(cls)
    for name, slot in _PYDANTIC.items():
        if getattr(value, slot, _UNSET) is not held.get(name):
            object.__setattr__(value, slot, held.get(name))
    return value


_WRITERS: Final[tuple[tuple[Callable[[type], bool], Callable[[object], Written]], ...]] = (
    (_is_enum, _enum),
    (_is_namedtuple, _namedtuple),
    (_is_dataclass, _dataclass),
    (_is_model, _model),
)

TAGS: Final[set[str]] = {"enum", "namedtuple", "dataclass", "pydantic", "object", *ARRAYS}
"""Tags that stand with the name of a class."""

_READERS: Final[dict[str, tuple[Callable[[type], bool], Callable[[type, object], object]]]] = {
    "enum": (_is_enum, _read_enum),
    "namedtuple": (_is_namedtuple, _read_namedtuple),
    "dataclass": (_is_dataclass, _read_dataclass),
    "pydantic": (_is_model, _read_model),
}
"""For each tag, whether a class fits it, and how to make an instance."""
