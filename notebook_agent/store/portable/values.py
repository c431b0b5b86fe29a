"""Values as JSON that stands for itself: what the store writes, without pointers to anything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, cast

from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import Json
from notebook_agent.redact import mask_field, redact_text
from notebook_agent.state import FrozenDict, FrozenList
from notebook_agent.store.codec.classes import class_writer
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.stored import NoCodecError
from notebook_agent.store.codec.tables import Fields
from notebook_agent.store.codec.types import TAGS
from notebook_agent.store.nodes import NoNodes
from notebook_agent.store.portable.buffers import BUFFERS, masked_buffer

__all__ = ["read_value", "write_value"]

Pairs = Sequence[Sequence[object]]

_LARGEST: Final = 2**53
"""Larger integers are written as text: other programs read JSON's numbers as floats."""


def write_value(value: object, *, masked: bool = False) -> Json:
    """A value as JSON; what JSON has no form for has one like `{"$": "tuple", "v": [1, 2]}`.

    Args:
        value: Any value that a store keeps.
        masked: Put the names of their rules in the place of secrets in bytes, in arrays and under the
            keys of what is no JSON object; other texts are left.
    """
    if value is None or type(value) in {bool, str}:
        return cast("Json", value)
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value, masked)
    simple = TAGS.get(type(value))
    if simple is not None:
        data = simple[1](value)
        return {"$": simple[0], "v": write_value(_told(data, simple[0]) if masked else data, masked=masked)}
    described = class_writer(type(value))
    if described is None:
        raise NoCodecError(value)
    tag, name, data = described(value)
    if masked and tag in BUFFERS:
        return {"$": tag, "c": name, "v": _buffer(masked_buffer(value, cast("Fields", data)))}
    return {"$": tag, "c": name, "v": write_value(data, masked=masked)}


def _buffer(fields: Fields) -> Json:
    """Fields whose bytes have been masked, and keep their length."""
    return {name: write_value(item, masked=name != "data") for name, item in fields.items()}


def _told(data: object, tag: str) -> object:
    """What a mapping is made of, with texts that are secrets for the key alone that they stand under."""
    if tag == "defaultdict":
        factory, pairs = cast("Sequence[object]", data)
        return [factory, _told_pairs(cast("Pairs", pairs))]
    return _told_pairs(cast("Pairs", data)) if tag == "ordered-dict" else data


def _told_pairs(pairs: Pairs) -> list[list[object]]:
    return [
        [key, mask_field(key, item) if type(key) is str and type(item) is str else item]
        for key, item in pairs
    ]


def read_value(found: Json, place: str) -> object:
    """The value that JSON stands for.

    Raises:
        StoreFormatError: it is none that `write_value` gives; the message names the place.
    """
    decoder = Decoder(object(), NoNodes())
    try:
        return decoder.text(json.dumps(found))
    except (StoreFormatError, RecursionError, ValueError) as error:
        raise StoreFormatError(f"{place} cannot be read ({_reason(error)}).", path=place) from error


def _reason(error: Exception) -> str:
    """What is wrong with a value; the decoder takes it for one of a store."""
    cause = error.__cause__ or error
    if isinstance(cause, KeyError):
        return f"{cause} is missing or unknown"
    if isinstance(cause, RecursionError):
        return "it is nested too deeply"
    return str(cause).removeprefix("The store is damaged: ").removesuffix(".")


def _int(value: object, _: bool) -> Json:  # noqa: FBT001 (one signature for all)
    number = cast("int", value)
    return number if -_LARGEST < number < _LARGEST else {"$": "int", "v": f"{number:x}"}


def _float(value: object, _: bool) -> Json:  # noqa: FBT001
    number = cast("float", value)
    return number if number - number == 0 else {"$": "float", "v": repr(number)}


def _bytes(value: object, masked: bool) -> Json:  # noqa: FBT001
    raw = cast("bytes", value)
    if masked:
        raw = redact_text(raw.decode("latin-1")).encode("latin-1")
    return {"$": "bytes", "v": raw.hex()}


def _list(value: object, masked: bool) -> Json:  # noqa: FBT001
    return [write_value(item, masked=masked) for item in cast("Iterable[object]", value)]


def _dict(value: object, masked: bool) -> Json:  # noqa: FBT001
    items = cast("Mapping[object, object]", value)
    if set(map(type, items)) <= {str} and "$" not in items:
        return {cast("str", key): write_value(item, masked=masked) for key, item in items.items()}
    pairs = [[key, item] for key, item in items.items()]
    return {"$": "dict", "v": _list(_told_pairs(pairs) if masked else pairs, masked)}


_WRITERS: Final[dict[type, Callable[[object, bool], Json]]] = {
    int: _int,
    float: _float,
    bytes: _bytes,
    list: _list,
    FrozenList: _list,
    dict: _dict,
    FrozenDict: _dict,
}
