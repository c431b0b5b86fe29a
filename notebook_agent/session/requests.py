"""Checks what a page asks before anything is done: a page may be old, or not ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args, get_type_hints

from notebook_agent.errors import CommandError
from notebook_agent.view.brief import brief
from notebook_agent.view.wire import Request

__all__ = ["check"]

_LARGEST = 2**31
_ACTS = ("pause", "resume", "step", "stop")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def _is_step(value: object) -> bool:
    return value is None or _is_number(value)


def _is_path(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_number, value))


def _is_named(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _is_amount(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "run": _is_text,
    "seq": _is_step,
    "whole": _is_flag,
    "path": _is_path,
    "start": _is_number,
    "image": _is_text,
    "other": _is_text,
    "edits": _is_named,
    "inputs": _is_named,
    "fresh": _is_flag,
    "act": _ACTS.__contains__,
    "action": _is_text,
    "condition": lambda value: value is None or _is_text(value),
    "maxCalls": _is_amount,
    "maxCost": _is_amount,
}
_NEEDED = {
    "break": ("action",),
    "compare": ("other",),
    "control": ("act",),
    "fork": ("run",),
    "switch": ("run",),
}
_DOINGS: tuple[object, ...] = get_args(get_type_hints(Request)["do"])


def check(request: Request) -> None:
    """Refuse a request that no panel of this version makes.

    Raises:
        CommandError: What it asks is unknown, lacks something, or has a value that cannot be meant.
    """
    if request.get("do") not in _DOINGS:
        raise _refusal("do", request.get("do"))
    for name in _NEEDED.get(request["do"], ()):
        if name not in request:
            raise _refusal(name, None)
    for name, fits in _KINDS.items():
        if name in request and not fits(dict(request)[name]):
            raise _refusal(name, dict(request)[name])


def _refusal(name: str, value: object) -> CommandError:
    told = f"this panel asked what cannot be answered: {name} is {brief(value, 40)}"
    return CommandError(f"{told}. %agent panel shows a new one.")
