"""Functions that write and read the values of single keys, in place of the type's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from notebook_agent.errors import StateError

__all__ = ["FIELDS", "FieldSerde", "register_field_serde"]


class FieldSerde(NamedTuple):
    """How the value of a key is written as a dict, and read again."""

    serialize: Callable[..., Mapping[str, Any]]
    deserialize: Callable[..., Any]


FIELDS: dict[str, FieldSerde] = {}
"""By key; stores and `State.serialize` look here first."""


def register_field_serde(
    field_name: str, serializer: Callable[..., Mapping[str, Any]], deserializer: Callable[..., Any]
) -> None:
    """Write and read the value of one key by functions of your own, wherever a state is kept.

    Args:
        field_name: The key, in any state.
        serializer: `serializer(value, **kwargs)` returns a dict of values that can be stored.
        deserializer: `deserializer(that_dict, **kwargs)` returns the value again.

    Raises:
        StateError: One of them does not take `**kwargs`.
    """
    for role, function in (("serializer", serializer), ("deserializer", deserializer)):
        if not _takes_options(function):
            name = getattr(function, "__name__", repr(function))
            raise StateError(
                f"register_field_serde({field_name!r}, ..): the {role} {name} takes no **kwargs, by which "
                f"options reach it. Write def {name}(value, **kwargs).",
                key=field_name,
            )
    FIELDS[field_name] = FieldSerde(serializer, deserializer)


def _takes_options(function: object) -> bool:
    if not callable(function):
        return False
    parameters = inspect.signature(function).parameters.values()
    return any(each.kind is each.VAR_KEYWORD for each in parameters)
