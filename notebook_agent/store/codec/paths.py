"""Where in a value that which cannot be stored is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["locate"]

_MOST: Final = 100_000


def locate(value: object, culprit: object, path: str) -> str | None:
    """The path of a value within another, such as `state['client']._lock`; None where it is not in it."""
    return _find(value, culprit, path, set())


def _find(value: object, culprit: object, path: str, seen: set[int]) -> str | None:
    if value is culprit:
        return path
    if id(value) in seen or len(seen) > _MOST:
        return None
    seen.add(id(value))
    for step, child in _children(value):
        found = _find(child, culprit, path + step, seen)
        if found is not None:
            return found
    return None


def _children(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield f"[{key!r}]", child
            yield f" key {key!r}", key
    elif isinstance(value, list | tuple | set | frozenset):
        for index, child in enumerate(value):
            yield f"[{index}]", child
    elif not isinstance(value, type):
        yield from ((f".{name}", child) for name, child in _fields(value))


def _fields(value: object) -> list[tuple[str, object]]:
    held = dict(getattr(value, "__dict__", ()))
    if dataclasses.is_dataclass(value):
        held |= {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return list(held.items())
