"""Where in a value that which cannot be stored is."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Final

from notebook_agent.redact import repr_of
from notebook_agent.store.codec.fingerprint import fingerprint

__all__ = ["locate", "shortened", "suspect", "unfit"]

_CODE: Final = {FunctionType, BuiltinFunctionType, MethodType, ModuleType, partial}
_MOST: Final = 100_000
_DEEP: Final = 20
_OPEN: Final = (Mapping, list, tuple, set, frozenset, deque)
_TABLES: Final = {"numpy", "pandas"}
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
        is_open = isinstance(value, _OPEN) or dataclasses.is_dataclass(value) or _is_table(value)
        parts = _children(value) if is_open else ()
        found = next(((step, child) for step, child in parts if fingerprint(child) is None), None)
        if found is None:
            break
        path, value = path + found[0], found[1]
    return path


def unfit(value: object, name: str) -> str:
    """Say of a value, whose class is called `name`, that it cannot be stored, and what to do."""
    if type(value).__module__.partition(".")[0] in _TABLES and (dtype := _dtype(value)) is not None:
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


def _dtype(value: object) -> object:
    """The dtype of an array that has no codec for it alone."""
    dtype = getattr(value, "dtype", None)
    is_plain = getattr(dtype, "hasobject", None) is False
    return None if is_plain else dtype


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
            yield f"[{repr_of(key)}]", child
            yield f" key {repr_of(key)}", key
    elif _is_table(value):
        yield from ((f"[{repr_of(name)}]", column) for name, column in value.items())  # type: ignore[attr-defined]
    elif isinstance(value, list | tuple | set | frozenset | deque):
        for index, child in enumerate(value):
            yield f"[{index}]", child
    elif not isinstance(value, type):
        yield from ((f".{name}", child) for name, child in _fields(value))


def _is_table(value: object) -> bool:
    """Tell a frame, whose items are columns, and a series of objects, whose items are those."""
    cls = type(value)
    if cls.__module__.partition(".")[0] != "pandas":
        return False
    is_of_objects = getattr(getattr(value, "dtype", None), "hasobject", False)
    return cls.__name__ == "DataFrame" or (cls.__name__ == "Series" and is_of_objects)


def _fields(value: object) -> list[tuple[str, object]]:
    try:
        return _attributes(value)
    except Exception:  # noqa: BLE001  # what a user's `__getattr__` or property raises
        return []


def _attributes(value: object) -> list[tuple[str, object]]:
    held = dict(getattr(value, "__dict__", ())) | dict(getattr(value, "__pydantic_private__", None) or ())
    if dataclasses.is_dataclass(value):
        held |= {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return list(held.items())
