"""What differs between two values, exact in type: NaN equals NaN, and arrays are compared whole."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent import serde
from notebook_agent.errors import StateError
from notebook_agent.history import Change, changes

__all__ = ["changed", "differences"]

_LONG = 300


def differences(found: object, expected: object) -> list[str]:
    """Return a line for each path that differs; none where both are equal in value and type.

    For values of which `==` does not say enough: arrays, frames, NaN, tuples beside lists.
    """
    if _written(found) == _written(expected):
        return []
    lines = [_line(change) for change in changed({"value": expected}, {"value": found})]
    return lines or [f"value: expected {_short(expected)}, and is {_short(found)}, which differs within"]


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    """Return what differs between two states, path by path."""
    found = changes(before, after)
    return tuple(
        each for each in found if each.kind != "changed" or _written(each.before) != _written(each.after)
    )


def _written(value: object) -> object:
    """Return a value as JSON, equal for equal values only; the value itself where it has no codec."""
    try:
        return serde.serialize(value)
    except (StateError, RecursionError):
        return value


def _line(change: Change) -> str:
    if change.kind == "added":
        return f"{change.path}: not expected, and is {_short(change.after)}"
    if change.kind == "removed":
        return f"{change.path}: expected {_short(change.before)}, and is not there"
    return f"{change.path}: expected {_short(change.before)}, and is {_short(change.after)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}.."
