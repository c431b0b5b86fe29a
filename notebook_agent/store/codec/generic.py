"""Pydantic classes with parameters, such as `Box[int]`: they are there once somebody has asked for them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Final, TypeVar, cast

from notebook_agent.store.codec.registry import class_name, find_class

__all__ = ["parameters_of", "parametrised"]

_PLAIN: Final = {bool, bytes, float, int, str}
_DEEPEST: Final = 8
"""Classes with parameters within each other, at most."""

Told = Sequence[object]
"""The name of the class without parameters, and its parameters: names of classes, or such pairs."""


def parameters_of(cls: type) -> Told | None:
    """What `parametrised` makes a class from again; None where it has no parameters, or not of classes."""
    told = _told(cls)
    return None if isinstance(told, str) else told


def parametrised(told: object, depth: int = 0) -> type | TypeVar | None:
    """A class with its parameters, made of classes that are loaded already; None where one is not."""
    if isinstance(told, str):
        return _parameter(told)
    if not isinstance(told, Sequence) or len(told) != 2 or depth > _DEEPEST:  # noqa: PLR2004 - a pair
        return None
    name, parts = told
    origin = find_class(name) if isinstance(name, str) else None
    found = [parametrised(part, depth + 1) for part in parts]
    if origin is None or None in found or len(_parameters(origin)) != len(found):
        return None
    return cast("type", origin[tuple(found)])  # type: ignore[index]  # it has parameters


def _told(cls: object) -> str | Told | None:
    if isinstance(cls, TypeVar):
        return f"~{cls.__name__}"
    if not isinstance(cls, type):
        return None
    metadata = _metadata(cls)
    origin = metadata.get("origin")
    if not isinstance(origin, type):
        return class_name(cls)
    parts = [_told(part) for part in cast("Sequence[object]", metadata["args"])]
    return None if None in parts else [class_name(origin), parts]


@cache
def _variable(name: str) -> TypeVar:
    return TypeVar(name)


def _parameters(cls: type) -> Sequence[object]:
    return cast("Sequence[object]", _metadata(cls).get("parameters", ()))


def _metadata(cls: type) -> Mapping[str, object]:
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not issubclass(cls, pydantic.BaseModel):
        return {}
    return cast("Mapping[str, object]", getattr(cls, "__pydantic_generic_metadata__", {}))


def _parameter(name: str) -> type | TypeVar | None:
    """A loaded class of data, or what stands for one that is not said: `openai` makes such classes."""
    if name.startswith("~"):
        return _variable(name[1:])
    cls = find_class(name)
    if cls is None:
        return None
    is_data = cls in _PLAIN or issubclass(cls, Enum) or dataclasses.is_dataclass(cls) or bool(_metadata(cls))
    return cls if is_data else None
