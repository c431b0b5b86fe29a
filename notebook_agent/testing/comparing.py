"""What differs between two values, exact in type: NaN equals NaN, and arrays are compared whole."""

from __future__ import annotations

from notebook_agent.history import Change, changes
from notebook_agent.redact import repr_of
from notebook_agent.state import same

__all__ = ["differences"]

_LONG = 300


def differences(found: object, expected: object) -> list[str]:
    """Return a line for each path that differs; none where both are equal in value and type.

    For values of which `==` does not say enough: arrays, frames, NaN, tuples beside lists.
    """
    if same(found, expected):
        return []
    return [_line(change) for change in changes({"value": expected}, {"value": found})]


def _line(change: Change) -> str:
    if change.kind == "added":
        return f"{change.path}: not expected, and is {_short(change.after)}"
    if change.kind == "removed":
        return f"{change.path}: expected {_short(change.before)}, and is not there"
    return f"{change.path}: expected {_short(change.before)}, and is {_short(change.after)}"


def _short(value: object) -> str:
    text = repr_of(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}.."
