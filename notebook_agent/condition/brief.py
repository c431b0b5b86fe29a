"""Operands in few words, as they are kept with a decision."""

from __future__ import annotations

from collections.abc import Collection

from notebook_agent.redact import repr_of

__all__ = ["brief"]

_LONGEST = 200


def brief(value: object) -> object:
    """Return a scalar as it is, a long string cut, and of anything else what it is and its size."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, list | tuple | dict | set | frozenset):
        return _brief_container(value)
    return f"<{type(value).__name__}>"


def _brief_container(value: Collection[object]) -> str:
    scalar = all(item is None or isinstance(item, bool | int | float | str) for item in list(value)[:9])
    if scalar and len(value) < 9 and not isinstance(value, dict):  # noqa: PLR2004  # what fits a line
        return _cut(repr_of(value))
    kind = next(kind.__name__ for kind in (list, tuple, dict, set, frozenset) if isinstance(value, kind))
    return f"<{kind} of {len(value)}>"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
