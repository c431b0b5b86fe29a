"""Values of an action as they are kept with its step: plain JSON, secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from notebook_agent import redact
from notebook_agent.condition import brief
from notebook_agent.ids import Json
from notebook_agent.state import State

__all__ = ["kept", "plain", "said"]

_DEEPEST = 20


def kept(values: Mapping[str, object]) -> dict[str, Json]:
    """Return values as they are kept: `plain`, secrets masked."""
    return cast("dict[str, Json]", redact.redact_json(plain(values)))


def plain(values: Mapping[str, object]) -> dict[str, Json]:
    """Return values as JSON; of what JSON has no form for, and of a State, only what it is."""
    return {str(key): _plain(item, 0) for key, item in dict(values).items()}


def said(error: BaseException) -> str:
    """Return an exception on one line, as `ValueError: message`."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  # whatever a user's exception does, its span is closed
        message = ""
    name = type(error).__qualname__
    return f"{name}: {message}" if message else name


def _plain(value: object, depth: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float | str):
        return _scalar(value)
    if depth < _DEEPEST and not isinstance(value, State):
        if isinstance(value, Mapping):
            return {str(key): _plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [_plain(item, depth + 1) for item in value]
        if hasattr(value, "model_dump"):
            return _plain(value.model_dump(), depth + 1)
    return cast("Json", brief(value))


def _scalar(value: float | str) -> Json:
    """Return what a subclass, such as numpy's float or a member of an enum, stands for."""
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) else float(value)
