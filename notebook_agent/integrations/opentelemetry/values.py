"""Values as OpenTelemetry takes them: scalars, lists of one kind of scalar, JSON as text; secrets masked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from notebook_agent import redact
from notebook_agent.ids import Json
from notebook_agent.tracing import kept

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

__all__ = ["as_json", "attributes", "nanoseconds"]

_SCALARS = (bool, int, float, str)


def nanoseconds(seconds: float) -> int:
    """Return Unix seconds as OpenTelemetry counts time."""
    return round(seconds * 1e9)


def as_json(value: Json) -> str:
    """Write JSON as the value of one attribute, secrets masked."""
    return json.dumps(redact.redact_json(value), ensure_ascii=False)


def attributes(values: Mapping[str, object]) -> dict[str, AttributeValue]:
    """Return attributes as they are exported; those that are None are left out."""
    return {key: _value(value) for key, value in kept(values).items() if value is not None}


def _value(value: Json) -> AttributeValue:
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, list | tuple) and len({type(each) for each in value}) == 1:
        kind = type(value[0])
        if kind in _SCALARS:
            return cast("AttributeValue", list(value))
    return [] if value == [] else json.dumps(value, ensure_ascii=False)
