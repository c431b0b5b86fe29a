"""Look into JSON of any shape; what is not there reads as nothing."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["at", "items", "number", "text"]

_MOST = 2**53
"""More is no count, and no database keeps it."""


def at(value: object, *path: str | int) -> object:
    """Follow keys and positions; None where one leads nowhere."""
    for part in path:
        if isinstance(part, str) and isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(part, int) and isinstance(value, list | tuple) and len(value) > part:
            value = value[part]
        else:
            return None
    return value


def items(value: object) -> list[object]:
    """Give a list's items; none where it is no list."""
    return list(value) if isinstance(value, list | tuple) else []


def text(value: object) -> str:
    """Give a text; empty where it is none."""
    return value if isinstance(value, str) else ""


def number(*values: object) -> int | None:
    """Give the first whole number that counts something."""
    return next((value for value in values if type(value) is int and 0 <= value <= _MOST), None)
