"""What code an action runs: its source, and a hash over it and all that it names.

The hash is deep: helper functions and classes of `__main__` and of modules outside
site-packages count, and constants that they name; comments and layout do not.
"""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from notebook_agent import syntax

__all__ = ["code_id", "source_of"]

_ABSENT = object()
_SCALARS = (type(None), bool, int, float, complex, str, bytes)
_MOST_ITEMS = 200

_sources: dict[int, tuple[CodeType, str | None]] = {}
_class_sources: dict[type, str | None] = {}
_prints: dict[int, _Print] = {}


@dataclass(slots=True)
class _Print:
    """A hash, and what must still be so for it to hold."""

    of: object
    id: str = ""
    functions: dict[FunctionType, CodeType] = field(default_factory=dict)
    names: list[tuple[Mapping[str, object], str, object]] = field(default_factory=list)
    constants: list[tuple[object, object]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def holds(self, code: object) -> bool:
        return (
            self.of is code
            and all(seen.__code__ is code for seen, code in self.functions.items())
            and all(space.get(name, _ABSENT) is value for space, name, value in self.names)
            and all(value == kept for value, kept in self.constants)
        )


def source_of(code: object) -> str | None:
    """Return the source of a function, or of an object's class; None where none is to be had.

    It is kept as it stood when first asked for; decorators are seen through.
    """
    plain = _plain(code)
    if plain is None:
        return _source_of_class(type(code))
    inner = (_plain(inspect.unwrap(plain)) or plain) if hasattr(plain, "__wrapped__") else plain
    return _source_of_code(inner.__code__)


def code_id(code: object, bound: Mapping[str, object] | None = None) -> str:
    """Return 16 hex digits that change when the code, or anything of ours that it names, changes.

    It is that of a function, or of an object's class with the object's simple values.
    Simple values of `bound`, its fixed parameters, count too.
    """
    deep = _deep_id(code)
    if not bound:
        return deep
    return _digest([deep, *(f"{name}={_constant(value)}" for name, value in sorted(bound.items()))])


def _deep_id(code: object) -> str:
    of = _plain(code) or code
    known = _prints.get(id(of))
    if known is None or not known.holds(of):
        known = _Print(of)
        if isinstance(of, FunctionType):
            _visit(of, known)
        else:
            _visit_object(of, known)
        known.id = _digest(known.parts)
        _prints[id(of)] = known
    return known.id


def _digest(parts: list[str]) -> str:
    import hashlib

    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _plain(function: object) -> FunctionType | None:
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    return function if isinstance(function, FunctionType) else None


def _source_of_code(code: CodeType) -> str | None:
    if id(code) not in _sources:
        _sources[id(code)] = code, _read(code)
    return _sources[id(code)][1]


def _source_of_class(cls: type) -> str | None:
    """Its own source or, where a class of a cell has none to be found, that of its methods."""
    if not _ours(cls.__module__):
        return None
    if cls not in _class_sources:
        methods = (_source_of_code(each.__code__) for each in _methods(cls))
        _class_sources[cls] = _read(cls) or "\n".join(each for each in methods if each) or None
    return _class_sources[cls]


def _read(thing: CodeType | type) -> str | None:
    try:
        return textwrap.dedent(syntax.read_source(thing))
    except (OSError, TypeError, IndentationError, SyntaxError):
        return None


def _visit_object(thing: object, found: _Print) -> None:
    cls = type(thing)
    found.parts.append(f"{cls.__module__}.{cls.__qualname__}")
    for base in cls.__mro__:
        for method in _methods(base):
            _visit(method, found)
    for name, value in sorted(getattr(thing, "__dict__", {}).items()):
        found.names.append((vars(thing), name, value))
        _take_value(name, value, found)


def _visit(function: FunctionType, found: _Print) -> None:
    if function in found.functions:
        return
    found.functions[function] = function.__code__
    found.parts.append(_normal(function))
    for name in dict.fromkeys(_globals(function.__code__)):
        value = function.__globals__.get(name, _ABSENT)
        found.names.append((function.__globals__, name, value))
        _take(name, value, function, found)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            _take(name, cell.cell_contents, function, found)
        except ValueError:
            continue
    wrapped = getattr(function, "__wrapped__", None)
    if isinstance(wrapped, FunctionType):
        _visit(wrapped, found)


def _take(name: str, value: object, user: FunctionType, found: _Print) -> None:
    if isinstance(value, ModuleType):
        _take_module(value, user, found)
    else:
        _take_value(name, value, found)


def _take_value(name: str, value: object, found: _Print) -> None:
    if isinstance(value, type):
        for method in _methods(value):
            _visit(method, found)
    elif (plain := _plain(value)) is not None:
        if _ours(plain.__module__):
            _visit(plain, found)
    elif (text := _constant(value)) is not None:
        found.parts.append(f"{name}={text}")
        if not isinstance(value, _SCALARS):
            import copy

            found.constants.append((value, copy.deepcopy(value)))


def _take_module(module: ModuleType, user: FunctionType, found: _Print) -> None:
    if not _ours(module.__name__):
        return
    for name in _names(user.__code__):
        value = vars(module).get(name, _ABSENT)
        if value is not _ABSENT and not isinstance(value, ModuleType):
            found.names.append((vars(module), name, value))
            _take(f"{module.__name__}.{name}", value, user, found)


def _methods(cls: type) -> Iterator[FunctionType]:
    if _ours(cls.__module__):
        for member in tuple(vars(cls).values()):
            function = _plain(getattr(member, "fget", member))
            if function is not None:
                yield function


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


def _normal(function: FunctionType) -> str:
    source = _source_of_code(function.__code__)
    if source is None:
        return _bytecode(function.__code__)
    try:
        return ast.unparse(syntax.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        return source or ""


def _bytecode(code: CodeType) -> str:
    constants = [_bytecode(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {constants}"


def _constant(value: object) -> str | None:
    budget = [_MOST_ITEMS]
    return repr(_sorted(value)) if _simple(value, budget) else None


def _simple(value: object, budget: list[int]) -> bool:
    budget[0] -= 1
    if budget[0] < 0:
        return False
    if isinstance(value, dict):
        return all(_simple(item, budget) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return all(_simple(item, budget) for item in value)
    return isinstance(value, _SCALARS)


def _sorted(value: object) -> object:
    return sorted(value, key=repr) if isinstance(value, set | frozenset) else value


@functools.cache
def _libraries() -> tuple[Path, ...]:
    return tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")})


@functools.cache
def _ours(module: str | None) -> bool:
    if module == "__main__":
        return True
    place = getattr(sys.modules.get(module or ""), "__file__", None)
    if place is None or (module or "").partition(".")[0] == __name__.partition(".")[0]:
        return False
    path = Path(place).resolve()
    if {"site-packages", "dist-packages"} & set(path.parts):
        return False
    return not any(path.is_relative_to(library) for library in _libraries())
