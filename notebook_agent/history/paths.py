"""Paths into a state, such as `chat_history[4].content`: read, followed, written."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Final

from notebook_agent.errors import MissingKeyError, StateError, did_you_mean
from notebook_agent.history.compare import path_of

__all__ = ["ABSENT", "Path", "follow", "found", "read_path", "write_path"]

Path = tuple[object, ...]
"""The key, then the keys and indexes below it."""
ABSENT: Final = object()
_PART: Final = re.compile(
    r"""\.?([^\W\d]\w*)                # a name
      | \[\s*(-?\d+)\s*\]              # an index
      | \[\s*('[^']*'|"[^"]*")\s*\]    # a quoted key
    """,
    re.VERBOSE,
)


def read_path(text: str) -> Path:
    """Read a path; one may begin with `state`, as in `state['chat']`.

    Raises:
        StateError: It is not one.
    """
    parts: list[object] = []
    at, text = 0, re.sub(r"^state(?=[\[.])", "", text.strip())
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            break
        name, index, quoted = part.groups()
        parts.append(name or (ast.literal_eval(quoted) if quoted else int(index)))
        at = part.end()
    if not parts or at < len(text) or not isinstance(parts[0], str):
        raise StateError(
            f"{text!r} is no path into a state. Write one such as chat_history[4].content.", path=text
        )
    return tuple(parts)


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
    if isinstance(value, list | tuple) and isinstance(part, int):
        return value[part] if 0 <= part < len(value) else ABSENT
    if isinstance(part, str) and not isinstance(value, list | tuple | str | bytes):
        return getattr(value, part, ABSENT)
    return ABSENT


def _missing(path: Path, depth: int, value: object) -> MissingKeyError:
    text, parent = write_path(path), write_path(path[:depth]) or "the state"
    if isinstance(value, Mapping):
        near = did_you_mean(str(path[depth]), [str(key) for key in value])
        has = f"{parent} has: {', '.join(map(str, value)) or 'nothing'}"
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
