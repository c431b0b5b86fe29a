"""What an action does to the notebook's variables, taken back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import copy
from types import CodeType, FunctionType

__all__ = ["left_alone"]


@contextmanager
def left_alone(origin: object) -> Iterator[None]:
    """Take back what an action does to the variables that it names and to its object, and show no output.

    Of lists, dicts and sets the items are put back; what stands in those is not looked at.
    """
    kept = [(names, dict(names), dict(_contents(names, named))) for names, named in _seen_by(origin)]
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        for names, values, contents in kept:
            _put_back(names, values, contents)


def _seen_by(origin: object) -> Iterator[tuple[MutableMapping[str, object], Iterable[str]]]:
    function = origin if isinstance(origin, FunctionType) else getattr(type(origin), "run", None)
    if isinstance(function, FunctionType):
        yield function.__globals__, _named(function.__code__, function.__globals__)
    if not isinstance(origin, FunctionType) and hasattr(origin, "__dict__"):
        yield vars(origin), tuple(vars(origin))


def _contents(names: Mapping[str, object], named: Iterable[str]) -> Iterator[tuple[str, object]]:
    for name in named:
        if type(value := names.get(name)) in {list, dict, set}:
            yield name, copy(value)


def _named(code: CodeType, names: Mapping[str, object]) -> set[str]:
    """Return the names that a piece of code, and the functions that it calls, take from around it."""
    found, waiting = set[str](), [code]
    while waiting:
        one = waiting.pop()
        waiting += [each for each in one.co_consts if isinstance(each, CodeType)]
        for name in {*one.co_names} - found:
            found.add(name)
            if isinstance(function := names.get(name), FunctionType):
                waiting.append(getattr(function, "__wrapped__", function).__code__)
    return found


def _put_back(
    names: MutableMapping[str, object], values: Mapping[str, object], contents: Mapping[str, object]
) -> None:
    for name in [each for each in names if each not in values]:
        del names[name]
    for name, value in values.items():
        if names.get(name) is not value:
            names[name] = value
    for name, content in contents.items():
        _refill(names[name], content)


def _refill(held: object, content: object) -> None:
    if isinstance(held, list) and isinstance(content, list):
        held[:] = content
    elif (isinstance(held, dict) and isinstance(content, dict)) or (
        isinstance(held, set) and isinstance(content, set)
    ):
        held.clear()
        held.update(content)
