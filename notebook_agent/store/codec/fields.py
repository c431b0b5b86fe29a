"""Values of keys for which functions of the user's are registered, see `state.register_field_serde`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from notebook_agent.errors import StateError
from notebook_agent.state.fields import FIELDS
from notebook_agent.store.codec.registry import Placeholder, register

__all__ = ["as_field"]

_NAME: Final = "notebook_agent:field"


@dataclass(frozen=True, slots=True)
class _Field:
    """A key, and what its serializer made of its value."""

    key: str
    data: object


def as_field(key: str, value: object) -> object:
    """Return what is stored in the place of the value of a registered key."""
    data = FIELDS[key].serialize(value)
    if not isinstance(data, Mapping):
        raise StateError(
            f"The serializer of state[{key!r}] returned a {type(data).__name__}; it must return a dict.",
            key=key,
        )
    return _Field(key, dict(data))


def _read(held: object) -> object:
    key, data = cast("Sequence[object]", held)
    serde = FIELDS.get(cast("str", key))
    if serde is None:
        return Placeholder("object", _NAME, held)
    try:
        return serde.deserialize(data)
    except Exception as error:
        raise StateError(
            f"The deserializer of state[{key!r}] raised {type(error).__name__}: {error}", key=cast("str", key)
        ) from error


register(_Field, lambda field: [field.key, field.data], _read, name=_NAME)  # type: ignore[arg-type]  # never made again
