"""Marks of all that functions name: where they are as they were, so is the id of the code.

They take a fraction of the time of an id. There are none where a value has very many parts that are not
plain, or is an array.
"""

from __future__ import annotations

import enum
import functools
import re
import sys
import weakref
from collections.abc import Sequence
from itertools import chain
from types import CellType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, Final

from notebook_agent.action.facts import facts_of
from notebook_agent.action.glance import glance
from notebook_agent.action.kinds import (
    BRACKETS,
    READABLE,
    SCALARS,
    attributes_of,
    is_told_by_class,
    kind_of,
    says_what_it_is,
)
from notebook_agent.action.source import is_ours, plain_function
from notebook_agent.action.values import FIRST

__all__ = ["Marks", "marks_of"]

Marks = tuple[object, ...]

_EXACT: Final = frozenset({type(None), bool, int, str, bytes})
_MOST: Final = 2_000
"""Parts of what is not plain; of more, and of circles, there are no marks."""


def marks_of(functions: Sequence[weakref.ref[FunctionType]]) -> Marks | None:
    """Return marks of functions, and of what they name; None where something has none."""
    marker = _Marker()
    try:
        for ref in functions:
            marker.take_function(ref())
    except Exception:  # noqa: BLE001  # it has none, or a value's class does what nobody can know
        return None
    return tuple(marker.found) or None


class _Marker:
    """Gathers marks: of plain values what is seen at a glance, of others who they are and what they hold."""

    def __init__(self) -> None:
        self.found: list[object] = []
        self._classes: set[type] = set()
        self._modules: list[ModuleType] = []
        self._attributes: frozenset[str] = frozenset()
        self._left = _MOST

    def take_function(self, function: FunctionType | None) -> None:
        """Mark what a function names: globals, what it wraps and closes over, and defaults."""
        if function is None:
            raise LookupError
        facts, space = facts_of(function.__code__), function.__globals__
        self.found.append(function.__code__)
        self._attributes, self._modules = facts.attributes, []
        for name in facts.imports:
            self._take_module(sys.modules.get(name))
        for name in facts.variables:
            if name in space:
                self.found.append(name)
                self._take(space[name])
        self._take(function.__dict__.get("__wrapped__"))
        for cell in function.__closure__ or ():
            self._take_cell(cell)
        self._take(function.__defaults__)
        self._take(function.__kwdefaults__)

    def _take_cell(self, cell: CellType) -> None:
        try:
            content = cell.cell_contents
        except ValueError:  # it is empty
            self.found.append("empty")
        else:
            self._take(content)

    def _take(self, value: Any) -> None:
        kind = type(value)
        if kind in _EXACT or (kind in BRACKETS and not value):
            self.found += (kind, value if kind in _EXACT else id(value))
        elif kind is FunctionType:
            self.found.append(weakref.ref(value))
        elif kind is ModuleType:
            self._take_module(value)
        elif issubclass(kind, type):
            self._take_class(value)
        else:
            self._take_object(value, kind)

    def _take_module(self, module: ModuleType | None) -> None:
        """Mark what a function may name in a module of the user's own."""
        if module is None:
            return
        self.found.append(weakref.ref(module))
        if is_ours(module.__name__) and module not in self._modules:
            self._modules.append(module)
            for name in sorted(self._attributes & vars(module).keys()):
                self.found.append(name)
                self._take(vars(module)[name])

    def _take_class(self, cls: type) -> None:
        """Mark a class so that no code of its metaclass is run where another one takes its place."""
        self.found += (id(cls), weakref.ref(cls))
        if cls in self._classes:
            return
        self._classes.add(cls)
        for base in cls.__mro__:
            if is_ours(base.__module__):
                self.found += (id(base), weakref.ref(base))
                for name, member in tuple(vars(base).items()):
                    self._take_member(name, member)

    def _take_member(self, name: str, member: object) -> None:
        function = plain_function(member)
        if function is not None:
            self.found += (name, weakref.ref(function))
        elif says_what_it_is(name, member):
            self.found.append(name)
            self._take(member)

    def _take_object(self, value: Any, kind: type) -> None:
        self.found.append(id(value))
        look = glance(value, FIRST)
        if look is not None:
            self.found.append(look)
            return
        self._spend(1)
        self._take_class(kind)
        base: Any = kind_of(kind).base
        if base in BRACKETS:
            self._take_items(value, base)
        elif base is enum.Enum:
            self.found.append(value._name_)
            self._take(value._value_)
        elif base in SCALARS:
            self.found.append(base.__repr__(value))
        else:
            self._take_other(value, kind)

    def _take_items(self, value: Any, container: Any) -> None:
        """Past methods of a subclass."""
        self._spend(container.__len__(value))
        mapping = container in {dict, MappingProxyType}
        items = tuple(chain.from_iterable(container.items(value)) if mapping else container.__iter__(value))
        self.found.append(len(items))
        for each in items:
            self._take(each)

    def _spend(self, parts: int) -> None:
        self._left -= parts
        if self._left < 0:
            raise LookupError

    def _take_other(self, value: Any, kind: type) -> None:
        if issubclass(kind, functools.partial):
            self._take_items((value.func, value.args, value.keywords), tuple)
        elif (function := plain_function(value)) is not None:
            self.found.append(weakref.ref(function))
            self._take(value.__self__ if kind is MethodType else None)
        elif kind is re.Pattern:
            self.found += (value.pattern, value.flags)
        elif kind.__module__ in READABLE:
            self.found.append(repr(value))
        elif kind_of(kind).is_told:
            for name, each in attributes_of(value):
                self.found.append(name)
                self._take(each)
        elif not is_told_by_class(value):
            raise LookupError
