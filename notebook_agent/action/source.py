"""The sources of functions and classes, kept as they stood when first asked for."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import sysconfig
import textwrap
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType

from notebook_agent import syntax

__all__ = ["is_ours", "methods_of", "plain_function", "source_of", "source_of_code", "tree_of"]

_INNER = {
    functools.partial: "func",
    functools.partialmethod: "func",
    functools.cached_property: "func",
    type(functools.cache(len)): "__wrapped__",
    MethodType: "__func__",
    staticmethod: "__func__",
    classmethod: "__func__",
    property: "fget",
}
"""By their class, wrappers of a function, and where they have it; a proxy's `__class__` is not asked."""

_sources: dict[int, tuple[weakref.ref[CodeType], str | None]] = {}
_class_sources: weakref.WeakKeyDictionary[type, str | None] = weakref.WeakKeyDictionary()


def source_of(code: object) -> str | None:
    """Return the source of a function, or of an object's class; None where none is to be had.

    It is kept as it stood when first asked for; decorators are seen through.
    """
    plain = plain_function(code)
    if plain is None:
        return _source_of_class(type(code))
    inner = (plain_function(inspect.unwrap(plain)) or plain) if hasattr(plain, "__wrapped__") else plain
    return source_of_code(inner.__code__)


def source_of_code(code: CodeType) -> str | None:
    """Return the source of a code object; None where none is to be had."""
    key = id(code)
    if key not in _sources:
        _sources[key] = weakref.ref(code, lambda _: _sources.pop(key, None)), _read(code)
    return _sources[key][1]


def tree_of(code: CodeType) -> ast.Module | None:
    """Return the parsed source of a code object; None where none is to be had, or none that parses alone."""
    source = source_of_code(code)
    try:
        return None if source is None else syntax.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def plain_function(code: object) -> FunctionType | None:
    """Return the function that a partial, a cache, a method or a property calls; None for anything else."""
    while (inner := _INNER.get(type(code))) is not None:
        code = getattr(code, inner)
    return code if type(code) is FunctionType else None


def methods_of(cls: type) -> Iterator[FunctionType]:
    """Return the functions that a class of the user's defines itself, those of its properties included."""
    if is_ours(cls.__module__):
        for member in tuple(vars(cls).values()):
            if (function := plain_function(member)) is not None:
                yield function


@functools.cache
def is_ours(module: str | None) -> bool:
    """Return whether a module is the user's: `__main__`, or a file outside the installed libraries."""
    if module == "__main__":
        return True
    place = getattr(sys.modules.get(module or ""), "__file__", None)
    if place is None or (module or "").partition(".")[0] == __name__.partition(".")[0]:
        return False
    path = Path(place).resolve()
    if {"site-packages", "dist-packages"} & set(path.parts):
        return False
    return not any(path.is_relative_to(library) for library in _libraries())


def _source_of_class(cls: type) -> str | None:
    """Its own source or, where a class of a cell has none to be found, that of its methods."""
    if not is_ours(cls.__module__):
        return None
    if cls not in _class_sources:
        methods = (source_of_code(each.__code__) for each in methods_of(cls))
        _class_sources[cls] = _read(cls) or "\n".join(each for each in methods if each) or None
    return _class_sources[cls]


def _read(thing: CodeType | type) -> str | None:
    try:
        return textwrap.dedent(syntax.read_source(thing))
    except (OSError, TypeError, IndentationError, SyntaxError):
        return None


@functools.cache
def _libraries() -> tuple[Path, ...]:
    return tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")})
