"""Where in a value that which cannot be stored is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Final

from notebook_agent.store.codec.fingerprint import fingerprint

__all__ = ["locate", "shortened", "suspect", "unfit"]

_CODE: Final = {FunctionType, BuiltinFunctionType, MethodType, ModuleType, partial}
_MOST: Final = 100_000
_DEEP: Final = 20
_OPEN: Final = (Mapping, list, tuple, set, frozenset)
_LONG: Final = 160


def locate(value: object, culprit: object, path: str) -> str | None:
    """The path of a value within another, such as `state['client']._lock`; None where it is not in it."""
    return _find(value, culprit, path, set())


def suspect(value: object, path: str) -> str | None:
    """The path of the innermost value within another that cannot be stored; None where all of it can.

    For what `locate` does not find: a codec made it, as of a frame's column.
    """
    if fingerprint(value) is not None:
        return None
    for _ in range(_DEEP):
        parts = _children(value) if isinstance(value, _OPEN) or dataclasses.is_dataclass(value) else ()
        found = next(((step, child) for step, child in parts if fingerprint(child) is None), None)
        if found is None:
            break
        path, value = path + found[0], found[1]
    return path


def unfit(value: object, name: str) -> str:
    """Say of a value, whose class is called `name`, that it cannot be stored, and what to do."""
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "hasobject", False):
        return f"{name} of dtype {dtype} cannot be stored. Give it another dtype, or keep a list."
    if isinstance(value, type) or type(value) in _CODE:
        return (
            f"{name} cannot be stored: code is no data. Keep its name in the state,"
            " and look it up in the action."
        )
    if value is NotImplemented or value is Ellipsis:
        return f"{value!r} cannot be stored: it stands for no value. Use None."
    return (
        f"{name} cannot be stored. Keep it out of the state and make it in the action, or teach the store:"
        f" notebook_agent.store.register({type(value).__name__}, encode, decode)."
    )


def shortened(path: str) -> str:
    """A path as it can be read: of a long one its ends."""
    return path if len(path) <= _LONG else f"{path[: _LONG // 2]} .. {path[-_LONG // 2 :]}"


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
