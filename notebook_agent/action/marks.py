"""Marks of all that functions name: where they are as they were, so is the id of the code.

They take a fraction of the time of an id. Of what would take longer there are none: objects and classes of
the user's own, methods, partials.
"""

from __future__ import annotations

import re
import sys
import weakref
from collections.abc import Iterator, Sequence
from itertools import chain
from types import CellType, FunctionType, ModuleType
from typing import Any, Final

from notebook_agent.action.facts import facts_of
from notebook_agent.action.glance import glance
from notebook_agent.action.kinds import is_told_by_class
from notebook_agent.action.source import is_ours
from notebook_agent.action.values import FIRST

__all__ = ["Marks", "marks_of"]

Marks = tuple[object, ...]

_ABSENT: Final = "absent"


def marks_of(functions: Sequence[weakref.ref[FunctionType]]) -> Marks | None:
    """Return marks of functions, and of what they name; None where something has none."""
    found: list[object] = []
    for ref in functions:
        function = ref()
        if function is None or _imports_ours(function):
            return None
        found.append(function.__code__)
        found += _marks(function)
    return tuple(found) if found and None not in found else None


def _imports_ours(function: FunctionType) -> bool:
    modules = map(sys.modules.get, facts_of(function.__code__).imports)
    return any(module is not None and is_ours(module.__name__) for module in modules)


def _marks(function: FunctionType) -> Iterator[object]:
    """Mark what a function names: globals, what it wraps and closes over, and defaults."""
    space = function.__globals__
    for name in facts_of(function.__code__).variables:
        yield _mark(space[name]) if name in space else _ABSENT
    wrapped = function.__dict__.get("__wrapped__")
    yield _ABSENT if wrapped is None else _mark(wrapped)
    yield from map(_content, function.__closure__ or ())
    yield from map(_mark, chain(function.__defaults__ or (), (function.__kwdefaults__ or {}).items()))


def _content(cell: CellType) -> object:
    try:
        return _mark(cell.cell_contents)
    except ValueError:  # it is empty
        return _ABSENT


def _mark(value: Any) -> object:
    kind = type(value)
    if kind is FunctionType:
        return weakref.ref(value)
    if kind is ModuleType:
        return None if is_ours(value.__name__) else weakref.ref(value)
    if issubclass(kind, type):
        return None if any(is_ours(base.__module__) for base in value.__mro__) else _same(value)
    if kind is re.Pattern:
        return value
    look = glance(value, FIRST)
    if look is None:
        return _same(kind) if is_told_by_class(value) else None
    return id(value), look


def _same(cls: type) -> object:
    """Mark a class so that no code of its metaclass is run where another one takes its place."""
    return id(cls), weakref.ref(cls)
