"""What a class gives to those of its fields that a stored value lacks, since they are newer than it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo, ModelPrivateAttr

__all__ = ["LackingError", "attributes_of", "model_of", "private_of", "tuple_of"]

_NONE: Final = dataclasses.MISSING


class LackingError(Exception):
    """A stored value has nothing for a field, and the class has no default for it; or it has too much."""


def attributes_of(cls: type, held: Mapping[str, object]) -> dict[str, object]:
    """The defaults of a dataclass's fields that are not among those `held`.

    A field that the constructor does not take may be without a value, as it may have been when it was stored.

    Raises:
        LackingError: A field has no default.
    """
    infos = cast("Mapping[str, FieldInfo]", getattr(cls, "__pydantic_fields__", {}))
    found: dict[str, object] = {}
    for field in dataclasses.fields(cls):
        if field.name in held:
            continue
        if field.name in infos:
            found[field.name] = _of_info(field.name, infos[field.name], {**held, **found})
        elif field.default is not _NONE:
            found[field.name] = field.default
        elif field.default_factory is not _NONE:
            found[field.name] = field.default_factory()
        elif field.init:
            raise LackingError(f"it has no {field.name}, which has no default")
    return found


def model_of(cls: type, held: Mapping[str, object], unset: Collection[str] = ()) -> dict[str, object]:
    """The values of a pydantic model's fields, in their order: those `held`, and defaults for the rest.

    Those `unset` had none when it was stored, and get none.

    Raises:
        LackingError: A field has no default.
    """
    infos = cast("Mapping[str, FieldInfo]", cls.model_fields)  # type: ignore[attr-defined]  # a model
    found: dict[str, object] = {}
    for name, info in infos.items():
        if name in unset:
            continue
        found[name] = held[name] if name in held else _of_info(name, info, {**held, **found})
    return {**found, **held}


def private_of(cls: type, held: Mapping[str, object] | None) -> dict[str, object] | None:
    """The private attributes of a pydantic model: those `held`, and defaults for the rest."""
    kept = cast("Mapping[str, ModelPrivateAttr]", cls.__private_attributes__)  # type: ignore[attr-defined]  # a model
    given = dict(held or {})
    for name, attribute in kept.items():
        if name not in given and (attribute.default_factory or not _is_undefined(attribute.default)):
            given[name] = attribute.get_default()
    return given if kept or held is not None else None


def tuple_of(cls: type, held: Mapping[str, object]) -> list[object]:
    """The items of a named tuple in the order that its class has now.

    Raises:
        LackingError: A field has no default, or something held has no field.
    """
    names = cast("tuple[str, ...]", cls._fields)  # type: ignore[attr-defined]  # a named tuple
    defaults = cast("Mapping[str, object]", getattr(cls, "_field_defaults", {}))
    for name in names:
        if name not in held and name not in defaults:
            raise LackingError(f"it has no {name}, which has no default")
    for name in held:
        if name not in names:
            raise LackingError(f"the class has no {name} any more")
    return [held[name] if name in held else defaults[name] for name in names]


def _of_info(name: str, info: FieldInfo, held: dict[str, object]) -> object:
    if info.is_required():
        raise LackingError(f"it has no {name}, which has no default")
    if getattr(info, "default_factory_takes_validated_data", False):
        return info.get_default(call_default_factory=True, validated_data=held)
    return info.get_default(call_default_factory=True)


def _is_undefined(value: object) -> bool:
    return type(value).__name__ == "PydanticUndefinedType"
