"""What code an action runs, as a hash over it and all that it names.

The hash is deep: helper functions and classes of `__main__` and of modules outside site-packages count,
and the values that they name, as `values` tells them; comments and layout do not, nor does what the code
itself changes in place, such as a log that it appends to.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple

from notebook_agent.action.source import is_ours, methods_of, plain_function, source_of_code
from notebook_agent.action.values import Teller, attributes_of, copied, is_scalar
from notebook_agent.action.written import Written, defaults_of

__all__ = ["code_id"]

_ABSENT = object()
_MOST_PRINTS = 1_000
_MOST_COMPARED, _MOST_TOLD = 1_000, 200
"""How many values a container or an object may hold to be looked at again at each step."""

_prints: dict[int, _Print] = {}


def code_id(code: object, bound: Mapping[str, object] | None = None) -> str:
    """Return 16 hex digits that change when the code, or anything of ours that it names, changes.

    It is that of a function, or of an object's class with what the object holds. The values of
    `bound`, its fixed parameters, count too. What a value holds is told apart up to 100,000 values;
    a change in place is seen at once in values that hold at most 200 (plain lists and dicts: 1,000),
    in larger ones when the name is bound again.
    """
    known = _print_of(code)
    if not bound:
        return known.id
    taken: list[object] = []
    written = known.written.parameters | known.written.attributes
    teller = Teller(taken.append, lambda _, name: name not in written)
    told = [f"{name}={teller.tell(each)}" for name, each in sorted(bound.items()) if name not in written]
    return _digest([known.id, *told, *(code_id(each) for each in taken)])


def _print_of(code: object) -> _Print:
    known = _prints.get(id(code))
    if known is None or not known.holds(code):
        known = _Print(code).made()
        _prints[id(code)] = known
        while len(_prints) > _MOST_PRINTS:
            _prints.pop(next(iter(_prints)), None)
    return known


def _digest(parts: list[str]) -> str:
    import hashlib

    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class _Named(NamedTuple):
    """A value that code names, and whether it is an attribute or a variable."""

    name: str
    value: object
    is_attribute: bool = False


@dataclass(slots=True)
class _Print:
    """A hash, and what must still be so for it to hold."""

    of: object
    id: str = ""
    functions: dict[FunctionType, CodeType] = field(default_factory=dict)
    classes: set[type] = field(default_factory=set)
    names: list[tuple[Mapping[str, object], str, object]] = field(default_factory=list)
    values: list[_Named] = field(default_factory=list)
    unchanged: list[Callable[[], bool]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    written: Written = field(default_factory=Written)

    def holds(self, code: object) -> bool:
        return (
            self.of is code
            and all(seen.__code__ is code for seen, code in self.functions.items())
            and all(space.get(name, _ABSENT) is value for space, name, value in self.names)
            and all(same() for same in self.unchanged)
        )

    def made(self) -> _Print:
        function = plain_function(self.of)
        if isinstance(self.of, type):
            self._take_class(self.of)
        elif function is None:
            self._take_object(self.of)
        else:
            self._take_function(function)
            if function is not self.of:
                self.values.append(_Named("", self.of))
        told = self._told()
        self.names = [each for each in self.names if each[1] not in self.written.variables]
        self.id = _digest(self.parts + told)
        return self

    def _told(self) -> list[str]:
        """Tell the values; again while they show code that changes some of them."""
        while True:
            seen = len(self.functions)
            self.unchanged = []
            told = [self._tell(each) for each in self.values if not self._is_written(each)]
            if seen == len(self.functions):
                return told

    def _is_written(self, named: _Named) -> bool:
        written = self.written.attributes if named.is_attribute else self.written.variables
        return named.name.rpartition(".")[2] in written

    def _tell(self, named: _Named) -> str:
        value = named.value
        teller = Teller(self._take_code, self.written.counter())
        text = teller.tell(value)
        if not is_scalar(value):
            self._look_again(value, text, teller)
        return f"{named.name}={text}"

    def _look_again(self, value: object, text: str, teller: Teller) -> None:
        """Note how to see whether a value still is what it was, where that is quick."""
        try:
            kept = copied(value, _MOST_COMPARED)
        except (ValueError, RecursionError):
            if teller.told <= _MOST_TOLD:
                again = Teller(_ignore, teller.counts)
                self.unchanged.append(lambda: text == again.tell(value))
        else:
            self.unchanged.append(lambda: value == kept)

    def _take_code(self, code: FunctionType | type) -> None:
        if isinstance(code, type):
            self._take_class(code)
        elif is_ours(code.__module__):
            self._take_function(code)

    def _take_object(self, thing: object) -> None:
        cls = type(thing)
        self.parts.append(f"{cls.__module__}.{cls.__qualname__}")
        self._take_class(cls)
        self.written.name(*dir(cls))
        for name, value in attributes_of(thing):
            self.values.append(_Named(name, value, is_attribute=True))

    def _take_class(self, cls: type) -> None:
        for base in cls.__mro__:
            if base not in self.classes and is_ours(base.__module__):
                self.classes.add(base)
                for method in methods_of(base):
                    self._take_function(method)
                self._take_members(base)

    def _take_members(self, cls: type) -> None:
        for name, value in tuple(vars(cls).items()):
            if not name.startswith(("__", "_abc_")) and plain_function(getattr(value, "fget", value)) is None:
                self.values.append(_Named(f"{cls.__qualname__}.{name}", value, is_attribute=True))

    def _take_function(self, function: FunctionType) -> None:
        if function in self.functions:
            return
        self.functions[function] = function.__code__
        tree = self.written.look_at(function)
        self.parts.append(_normal(function.__code__, tree))
        for name in dict.fromkeys(_globals(function.__code__)):
            self._take_name(function, name, function.__globals__)
        for name, value in _closed_over(function):
            self._take(name, value, function)
        wrapped = getattr(function, "__wrapped__", None)
        if isinstance(wrapped, FunctionType):
            self._take_function(wrapped)

    def _take_name(self, function: FunctionType, name: str, space: Mapping[str, object]) -> None:
        value = space.get(name, _ABSENT)
        self.names.append((space, name, value))
        if value is not _ABSENT:
            self._take(name, value, function)

    def _take(self, name: str, value: object, user: FunctionType) -> None:
        if isinstance(value, ModuleType):
            self._take_module(value, user)
        elif isinstance(value, FunctionType | type):
            self._take_code(value)
        else:
            self.values.append(_Named(name, value))

    def _take_module(self, module: ModuleType, user: FunctionType) -> None:
        if is_ours(module.__name__):
            for name in _names(user.__code__):
                value = vars(module).get(name, _ABSENT)
                if value is not _ABSENT and not isinstance(value, ModuleType):
                    self.names.append((vars(module), name, value))
                    self._take(f"{module.__name__}.{name}", value, user)


def _ignore(_: object) -> None:
    """Take no note of code: it is known."""


def _closed_over(function: FunctionType) -> Iterator[tuple[str, object]]:
    """What a function holds besides globals: its closure, and the defaults of its parameters."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue
    yield from defaults_of(function).items()


def _globals(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield str(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)


def _names(code: CodeType) -> tuple[str, ...]:
    found = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.update(dict.fromkeys(_names(constant)))
    return tuple(found)


def _normal(code: CodeType, tree: ast.Module | None) -> str:
    if tree is not None:
        return ast.unparse(tree)
    return source_of_code(code) or _bytecode(code)


def _bytecode(code: CodeType) -> str:
    constants = [_bytecode(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {constants}"
