"""Plain values as Python source, laid out as ruff and black leave it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sized

__all__ = ["Code", "assigned", "call", "exceeds", "is_literal", "literal"]

_WIDTH = 79
_INDENT = "    "
_MOST = 5_000
_LONG_TEXT = 60
_LONG = 2_000
"""Bits of an int; Python reads no decimal number of any length."""
_MANY = 40
"""Numbers of a list, above which they share lines."""
_BRACKETS: Mapping[type, str] = {list: "[]", tuple: "()", set: "{}"}


class Code(str):
    """Source that stands in a literal as it is, such as a name."""

    __slots__ = ()


def is_literal(value: object, budget: list[int] | None = None) -> bool:
    """Tell whether `literal` writes this value exactly: no subclasses, no NaN, not too many items."""
    left = [_MOST] if budget is None else budget
    left[0] -= 1
    kind = type(value)
    if left[0] < 0:
        return False
    if isinstance(value, float):
        return kind is float and math.isfinite(value)
    if isinstance(value, dict):
        return kind is dict and all(is_literal(each, left) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple | set | frozenset):
        plain = kind in {list, tuple} or (kind is set and bool(value))
        return plain and all(is_literal(each, left) for each in value)
    return value is None or kind in {bool, int, str, bytes}


def literal(value: object, *, before: int = 0, after: int = 0, indent: str = "") -> str:
    """Write a value.

    Args:
        value: See `is_literal`; mappings are written as dicts.
        before: How many characters stand before it on its line.
        after: How many follow it on its last line.
        indent: That of its line.
    """
    if _fits(value, _WIDTH - before - after):
        return _flat(value)
    if isinstance(value, Mapping) and value:
        return _block("{}", (_pair(key, item, indent + _INDENT) for key, item in value.items()), indent)
    if isinstance(value, list | tuple | set) and value:
        brackets = _BRACKETS[type(value)]
        if _is_long(value):
            return _packed(brackets, map(_flat, _ordered(value)), indent)
        inner = indent + _INDENT
        items = _ordered(value)
        return _block(
            brackets, (literal(each, before=len(inner), after=1, indent=inner) for each in items), indent
        )
    if _has_lines(value):
        return _lines(str(value), indent)
    return _flat(value)


def assigned(name: str, written: str, *values: object) -> str:
    """Write an assignment of some written values; formatters leave it where numbers share lines."""
    return f"{name} = {written}{'  # fmt: skip' if any(map(_has_long, values)) else ''}"


def _has_long(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_long, value.values()))
    if isinstance(value, list | tuple | set):
        return _is_long(value) or any(map(_has_long, value))
    return False


def _is_long(value: Sized) -> bool:
    return len(value) > _MANY and all(isinstance(each, int | float) for each in _ordered(value))


def exceeds(value: object, room: int) -> bool:
    """Tell whether a value takes more characters than this on one line; what comes after is not looked at.

    It may take a few more than counted here.
    """
    return _left(value, room) < 0


def _fits(value: object, room: int) -> bool:
    return not exceeds(value, room) and len(_flat(value)) <= room and not _has_lines(value)


def _left(value: object, room: int) -> int:
    """What is left of some characters on a line when a value is written there, at most."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            room = _left(item, _left(key, room - 4)) if room >= 0 else room
        return room
    if isinstance(value, list | tuple | set):
        for each in value:
            room = _left(each, room - 2) if room >= 0 else room
        return room
    if isinstance(value, str | bytes):
        return room - len(value) - (0 if isinstance(value, Code) else 2)
    return room - 1


def call(
    name: str,
    *arguments: object,
    named: Mapping[str, object] | None = None,
    before: int = 0,
    indent: str = "",
) -> str:
    """Write a call whose arguments are literals; `before` and `indent` are as for `literal`."""
    parts = [*(("", each) for each in arguments), *((f"{key}=", each) for key, each in (named or {}).items())]
    if not any(exceeds(each, _WIDTH) or _has_lines(each) for _, each in parts):
        flat = f"{name}({', '.join(head + _flat(each) for head, each in parts)})"
        if before + len(flat) <= _WIDTH:
            return flat
    inner = indent + _INDENT
    written = (
        head + literal(each, before=len(inner) + len(head), after=1, indent=inner) for head, each in parts
    )
    return name + _block("()", written, indent)


def _pair(key: object, item: object, indent: str) -> str:
    head = f"{_flat(key)}: "
    return head + literal(item, before=len(indent) + len(head), after=1, indent=indent)


def _block(brackets: str, items: Iterable[str], indent: str) -> str:
    inner = indent + _INDENT
    lines = "".join(f"{inner}{each},\n" for each in items)
    return f"{brackets[0]}\n{lines}{indent}{brackets[1]}"


def _packed(brackets: str, items: Iterable[str], indent: str) -> str:
    inner = indent + _INDENT
    lines, line = list[str](), inner
    for item in items:
        if len(line) + len(item) + 1 > _WIDTH and line != inner:
            lines.append(line.rstrip())
            line = inner
        line += f"{item}, "
    written = "\n".join([*lines, line.rstrip()])
    return f"{brackets[0]}\n{written}\n{indent}{brackets[1]}"


def _lines(text: str, indent: str) -> str:
    inner = indent + _INDENT
    parts = "".join(f"{inner}{_flat(line)}\n" for line in text.splitlines(keepends=True))
    return f"(\n{parts}{indent})"


def _splits(text: str) -> bool:
    """Whether a text is long and of several lines, each of which is written on its own."""
    return len(text) > _LONG_TEXT and len(text.splitlines()) > 1


def _has_lines(value: object) -> bool:
    """Whether a text within is to be split into its lines."""
    if isinstance(value, Mapping):
        return any(map(_has_lines, value.values()))
    if isinstance(value, list | tuple | set):
        return any(map(_has_lines, value))
    return isinstance(value, str) and not isinstance(value, Code) and _splits(value)


def _ordered(value: object) -> list[object]:
    items = list(value)  # type: ignore[call-overload]  # a list, tuple or set
    return sorted(items, key=repr) if isinstance(value, set) else items


def _flat(value: object) -> str:
    match value:
        case Code():
            return str(value)
        case str():
            return _text(value)
        case bytes():
            return "b" + _text(value.decode("latin-1"), repr(value)[2:-1], repr(value)[1])
        case float() | int():
            return _number(value)
        case Mapping() | list() | tuple() | set():
            return _flat_container(value)
    return repr(value)


def _number(value: float) -> str:
    if isinstance(value, int) and value.bit_length() > _LONG:
        return hex(value)
    return repr(value).replace("e+", "e")


def _flat_container(value: Mapping[object, object] | list[object] | tuple[object, ...] | set[object]) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    brackets = _BRACKETS[type(value)]
    single = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return brackets[0] + ", ".join(map(_flat, _ordered(value))) + single + brackets[1]


def _text(text: str, body: str | None = None, quote: str | None = None) -> str:
    """Quote as formatters do: with `"`, but where that would need more backslashes."""
    if body is None or quote is None:
        written = repr(text)
        body, quote = written[1:-1], written[0]
    wanted = "'" if text.count('"') > text.count("'") else '"'
    if wanted != quote:
        body = body.replace("\\" + quote, quote).replace(wanted, "\\" + wanted)
    return f"{wanted}{body}{wanted}"
