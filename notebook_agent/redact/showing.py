"""The text of any value of a user's: whatever its `__repr__` does, no command fails for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from notebook_agent.redact.masking import mask_field, redact_text

__all__ = ["masked_repr", "repr_of"]

_DEEPEST = 20


def repr_of(value: object) -> str:
    """Return the `repr` of a value; where that raises, of all in it that has one."""
    return _part(value, 0)


def masked_repr(value: object) -> str:
    """The `repr` of a dataclass with secrets masked in its fields, each under its name."""
    told = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.repr}  # type: ignore[arg-type]  # one of ours
    parts = (f"{name}={redact_text(repr_of(mask_field(name, item)))}" for name, item in told.items())
    return f"{type(value).__name__}({', '.join(parts)})"


def _in_parts(value: object, why: Exception, depth: int) -> str:
    kind = type(value)
    if depth > _DEEPEST:
        return "..."
    if isinstance(value, int):
        return f"<{kind.__name__} of {value.bit_length():,} bits>"
    if isinstance(value, Mapping):
        pairs = (f"{_part(key, depth)}: {_part(item, depth)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple | set | frozenset):
        return _items(value, depth)
    fields = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "__pydantic_fields__", None)
    if fields:
        told = (f"{name}={_part(getattr(value, name, None), depth)}" for name in fields)
        return f"{kind.__name__}({', '.join(told)})"
    return f"<{kind.__name__}, whose repr raised {type(why).__name__}>"


def _part(value: object, depth: int) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001  # a user's `__repr__`, or an int of too many digits
        return _in_parts(value, error, depth + 1)


def _items(items: Collection[object], depth: int) -> str:
    told = ", ".join([_part(item, depth) for item in items])
    if isinstance(items, tuple):
        return f"({told},)" if len(items) == 1 else f"({told})"
    return f"[{told}]" if isinstance(items, list) else f"{{{told}}}"
