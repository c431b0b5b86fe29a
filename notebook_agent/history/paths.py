"""Paths into a state, such as `chat_history[4].content`: read, followed, written."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Final

from notebook_agent import syntax
from notebook_agent.errors import MissingKeyError, StateError, did_you_mean
from notebook_agent.history.compare import path_of

__all__ = ["ABSENT", "Path", "follow", "found", "read_path", "write_path"]

Path = tuple[object, ...]
"""The key, then the keys and indexes below it."""
ABSENT: Final = object()
_NAME: Final = re.compile(r"\.?([^\W\d]\w*)")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_LONGEST: Final = 10_000
_MOST_TRIES: Final = 64
_NOT_READ = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError)


def read_path(text: str) -> Path:
    """Read a path; one may begin with `state`, as in `state['chat']`.

    Keys that are no names stand in brackets as Python writes them: `prices[None]`, `grid[(0, 1)]`.

    Raises:
        StateError: It is not one.
    """
    parts: list[object] = []
    rest = re.sub(r"^state(?=[\[.])", "", text.strip()) if isinstance(text, str) else ""
    at = 0
    while at < len(rest) <= _LONGEST:
        part, end = _part(rest, at)
        if part is ABSENT:
            break
        parts.append(part)
        at = end
    if not parts or at < len(rest) or not isinstance(parts[0], str):
        write = _meant(rest) or "one such as chat_history[4].content"
        raise StateError(f"{text!r} is no path into a state. Write {write}.", path=str(text))
    return tuple(parts)


def _meant(text: str) -> str:
    """Write a path whose keys after dots are no names with those in brackets; nothing where that is none."""
    first, *rest = text.split(".")
    if not rest or not _NAME.match(first) or any(set(part) & set("[]'\"") for part in rest):
        return ""
    names = [_NAME.fullmatch(part) is not None for part in rest]
    quoted = [f".{part}" if is_name else f"[{part!r}]" for part, is_name in zip(rest, names, strict=True)]
    number = _INDEX.fullmatch(rest[-1])
    item = f", or {first}{''.join(quoted[:-1])}[{number[0]}] for an item of a list" if number else ""
    return "" if all(names) else f"{first}{''.join(quoted)}{item}"


def _part(text: str, at: int) -> tuple[object, int]:
    """The part that begins at a place, and where it ends; ABSENT where none does."""
    name = _NAME.match(text, at)
    if name is not None:
        return name[1], name.end()
    end = at if text[at] == "[" else -1
    for _ in range(_MOST_TRIES):
        if end < 0 or (end := text.find("]", end + 1)) < 0:
            break
        key = _key(text[at + 1 : end])
        if key is not ABSENT:
            return key, end + 1
    return ABSENT, at


def _key(text: str) -> object:
    """What a literal stands for; ABSENT for what is none, and for what can be no key."""
    try:
        key: object = ast.literal_eval(syntax.parse(text.strip(), "eval"))
        hash(key)
    except _NOT_READ:
        return ABSENT
    return key


def write_path(path: Path) -> str:
    """Write a path as it is typed."""
    text = ""
    for part in path:
        text = path_of(text, part)
    return text


def follow(value: object, path: Path) -> object:
    """Return what stands at a path; ABSENT where nothing does."""
    for part in path:
        value = _item(value, part)
        if value is ABSENT:
            break
    return value


def found(state: Mapping[str, object], path: Path) -> Path:
    """Return a path that is there, its negative indexes counted from the front.

    Raises:
        MissingKeyError: Nothing stands there; the message names what is nearest.
    """
    value: object = state
    for depth, part in enumerate(path):
        if isinstance(part, int) and part < 0 and isinstance(value, Sequence):
            path = (*path[:depth], len(value) + part, *path[depth + 1 :])
        below = _item(value, path[depth])
        if below is ABSENT:
            raise _missing(path, depth, value)
        value = below
    return path


def _item(value: object, part: object) -> object:
    if isinstance(value, Mapping):
        return value.get(part, ABSENT)
    if isinstance(value, list | tuple) and type(part) is int:
        return value[part] if 0 <= part < len(value) else ABSENT
    if isinstance(part, str) and not isinstance(value, list | tuple | str | bytes):
        return getattr(value, part, ABSENT)
    return ABSENT


def _missing(path: Path, depth: int, value: object) -> MissingKeyError:
    text, parent = write_path(path), write_path(path[:depth]) or "the state"
    if isinstance(value, Mapping):
        near = did_you_mean(str(path[depth]), [str(key) for key in value])
        has = f"{parent} has: {', '.join(path_of('', key) for key in value) or 'nothing'}"
    elif isinstance(value, list | tuple):
        near, last = "", f"the last one is {path_of(parent, len(value) - 1)}"
        has = f"{parent} has {len(value)} item{'s' * (len(value) != 1)}{'; ' + last if value else ''}"
    else:
        near, has = "", f"{parent} is a {type(value).__name__}"
    return MissingKeyError(
        f"There is no {text}.{near} {has[0].upper() if depth == 0 else has[0]}{has[1:]}.",
        key=str(path[0]),
        path=text,
    )
