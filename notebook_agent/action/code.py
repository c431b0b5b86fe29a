"""What code an action runs, as a hash over it and all that it names.

The hash is deep: helper functions and classes of `__main__` and of modules outside site-packages count,
and the values that they name, as `values` tells them; comments and layout do not, nor does what the code
itself changes. A log that it appends to counts as it was when it was first seen under its name.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import NamedTuple, TypeGuard

from notebook_agent.action.changes import Changes
from notebook_agent.action.facts import facts_of
from notebook_agent.action.kinds import attributes_of, says_what_it_is
from notebook_agent.action.marks import Marks, marks_of
from notebook_agent.action.source import is_ours, methods_of, plain_function
from notebook_agent.action.values import Told, tell

__all__ = ["code_id", "code_parts"]

_ABSENT = object()
_MISSES = 10

_sights: dict[tuple[int, str], tuple[int, str]] = {}
"""By variable: what was changed in place, by its id, and as it was first seen."""


def code_id(code: object, bound: Mapping[str, object] | None = None) -> str:
    """Return 16 hex digits that change when the code, or anything of ours that it names, changes.

    It is that of a function, or of an object's class with what the object holds. The values of
    `bound`, its fixed parameters, count too. All of it is looked at anew at each call. Of a value that holds
    more than 200 others a change in place is seen in the first ones and in its length only, and
    beyond 100,000 not at all; another object under its name is seen always.
    """
    if type(code) is FunctionType and not bound:
        return _code_id(code)
    return _digest_of(_Walk(code).parts_of(bound or {}))


def _code_id(function: FunctionType) -> str:
    """Return the id that is known of a function, while the marks of what it names are the same."""
    memory = _memory_of(function)
    known = memory.known
    marks = marks_of(known.functions) if known.misses < _MISSES else None
    if marks is not None and marks == known.marks:
        if known.misses:
            memory.known = known._replace(misses=0)
        return known.code
    walk = _Walk(function)
    code = _digest_of(walk.parts_of({}))
    functions = tuple(map(weakref.ref, walk.functions))
    held = marks if functions == known.functions else None
    memory.known = _Known(code, functions, held, known.misses + 1)
    return code


def code_parts(code: object, bound: Mapping[str, object] | None = None) -> tuple[str, dict[str, int]]:
    """Return the `code_id`, and hashes of the parts that it is made of, by their names.

    The names are those of functions, methods and variables; the hashes hold in this process only.
    """
    parts = _Walk(code).parts_of(bound or {})
    named: dict[str, set[str]] = {}
    for name, text in parts:
        named.setdefault(name, set()).add(text)
    hashes = {name: hash(frozenset(told)) for name, told in named.items()}
    return _digest_of(parts), hashes


class _Named(NamedTuple):
    """A value that code names: in a variable of `space`, or in an attribute of an object or a class."""

    name: str
    value: object
    space: object = None
    owner: type | None = None
    shown: str = ""


class _Known(NamedTuple):
    """The id of a function's code, which holds while the marks taken before it was worked out are the same.

    They are those of all functions that count. What changes at each step has no use for marks: of so many
    looks in a row that found other ones, `misses`, no more are taken.
    """

    code: str = ""
    functions: tuple[weakref.ref[FunctionType], ...] = ()
    marks: Marks | None = None
    misses: int = 0


@dataclass(slots=True)
class _Memory:
    """What is kept of a function or an object, and of the values that it names, as long as it lives."""

    large: dict[object, Told] = field(default_factory=dict)
    sights: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)
    known: _Known = field(default_factory=_Known)


_memories: weakref.WeakKeyDictionary[object, _Memory] = weakref.WeakKeyDictionary()


def _memory_of(code: object) -> _Memory:
    try:
        found = _memories.get(code)
        return _memories.setdefault(code, _Memory()) if found is None else found
    except TypeError:  # it can have no weak reference, or no hash
        return _Memory()


class _Walk:
    """One look at all that an action names."""

    def __init__(self, code: object) -> None:
        self.changes = Changes()
        self.functions: dict[FunctionType, str] = {}
        self.variables: dict[FunctionType, str] = {}
        self.classes: dict[type, None] = {}
        self.modules: dict[tuple[str, str], None] = {}
        self.parts: list[str] = []
        self.values: list[_Named] = []
        self.function = plain_function(code)
        self.memory = _memory_of(self.function or code)
        if _is_class(code):
            self._take_class(code)
        elif self.function is None:
            self._take_object(code)
        else:
            self._take_function(self.function)
            if self.function is not code:
                self.values.append(_Named("", code))

    def parts_of(self, bound: Mapping[str, object]) -> list[tuple[str, str]]:
        """Return what counts, by name; values are told again while they show code not looked at yet."""
        fixed = [_Named(name, value, space=self.function) for name, value in sorted(bound.items())]
        while True:
            seen = len(self.functions), len(self.classes)
            self.changes.settle()
            told = [
                (named.shown or named.name, text)
                for named in (*self.values, *fixed)
                if (text := self._told(named)) is not None
            ]
            if seen == (len(self.functions), len(self.classes)):
                functions = [(self._called(each), text) for each, text in self.functions.items()]
                return [*functions, *(("", part) for part in self.parts), *told]

    def _called(self, function: FunctionType) -> str:
        """Return a function's name; of a lambda that of the variable that holds it."""
        nameless = function.__name__ == "<lambda>"
        return self.variables.get(function, function.__qualname__) if nameless else function.__qualname__

    def _told(self, named: _Named) -> str | None:
        root = named.name.rpartition(".")[2]
        if named.owner is not None:
            if self.changes.is_own(named.owner, root):
                return None
            return f"{named.name}={self._text(named.value, frozenset())}"
        if root in self.changes.rebound:
            return None
        changed = self.changes.outside.get(root, frozenset())
        if isinstance(named.space, FunctionType):
            changed = changed | self.changes.parameters(named.space, root)
        text = self._text(named.value, frozenset(each for each in changed if each is not None))
        return f"{named.name}={self._first_seen(named, text) if None in changed else text}"

    def _text(self, value: object, without: frozenset[str]) -> str:
        def counts(cls: type, name: str) -> bool:
            return name not in without and self.changes.counts(cls, name)

        return tell(value, self._take_code, counts, self.memory.large)

    def _first_seen(self, named: _Named, text: str) -> str:
        """Return the text of what the code changes in place as it was when this object was first seen."""
        sights = self.memory.sights if isinstance(named.space, FunctionType) else _sights
        key = (id(named.space), named.name)
        seen = sights.get(key)
        if seen is None or seen[0] != id(named.value):
            seen = sights[key] = id(named.value), text
        return seen[1]

    def _take_code(self, code: FunctionType | type) -> None:
        if isinstance(code, type):
            self._take_class(code)
        elif is_ours(code.__module__):
            self._take_function(code)

    def _take_object(self, thing: object) -> None:
        cls = type(thing)
        self.parts.append(f"{cls.__module__}.{cls.__qualname__}")
        self._take_class(cls)
        self.changes.name(*dir(cls))
        self.values += [_Named(f"self.{name}", value, owner=cls) for name, value in attributes_of(thing)]

    def _take_class(self, cls: type) -> None:
        for base in cls.__mro__:
            if base not in self.classes and is_ours(base.__module__):
                self.classes[base] = None
                for method in methods_of(base):
                    self._take_function(method, base)
                self.values += [
                    _Named(f"{base.__qualname__}.{name}", value, owner=base)
                    for name, value in tuple(vars(base).items())
                    if says_what_it_is(name, value)
                ]

    def _take_function(self, function: FunctionType, owner: type | None = None) -> None:
        if function in self.functions:
            return
        facts = facts_of(function.__code__)
        self.functions[function] = facts.text
        self.changes.add(function, facts, owner)
        for name in facts.variables:
            value = function.__globals__.get(name, _ABSENT)
            if value is not _ABSENT:
                self._take(_Named(name, value, function.__globals__), facts.attributes)
        for named in _closed_over(function):
            self._take(named, facts.attributes)
        for name in facts.imports:
            self._take_module(sys.modules.get(name), facts.attributes)
        wrapped = vars(function).get("__wrapped__")
        if type(wrapped) is FunctionType:
            self._take_function(wrapped)

    def _take(self, named: _Named, attributes: frozenset[str]) -> None:
        if type(named.value) is ModuleType:
            self._take_module(named.value, attributes)
        elif type(named.value) is FunctionType or _is_class(named.value):
            if isinstance(named.value, FunctionType):
                self.variables.setdefault(named.value, named.name)
            self._take_code(named.value)
        else:
            self.values.append(named)

    def _take_module(self, module: ModuleType | None, attributes: frozenset[str]) -> None:
        if module is None or not is_ours(module.__name__):
            return
        for name in sorted(attributes & vars(module).keys()):
            if (module.__name__, name) not in self.modules:
                self.modules[module.__name__, name] = None
                named = _Named(f"{module.__name__}.{name}", vars(module)[name], vars(module))
                self._take(named, attributes)


def _is_class(value: object) -> TypeGuard[type]:
    return issubclass(type(value), type)


def _closed_over(function: FunctionType) -> Iterator[_Named]:
    """What a function holds besides globals: its closure, and the defaults of its parameters."""
    if not (function.__closure__ or function.__defaults__ or function.__kwdefaults__):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield _Named(name, cell.cell_contents, function)
        except ValueError:
            continue
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    for name, value in (*zip(names, defaults, strict=True), *(function.__kwdefaults__ or {}).items()):
        yield _Named(name, value, function, shown=f"default of {name}")


def _digest_of(parts: Iterable[tuple[str, str]]) -> str:
    return _digest(tuple([text for _, text in parts]))


@lru_cache(maxsize=64)
def _digest(parts: tuple[str, ...]) -> str:
    import hashlib

    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
