"""Reading Python source, also while other threads read some.

The parser of CPython 3.11 keeps one depth for all threads: two that parse at a time, one of which
may be the interpreter itself as it prints a traceback, are a `SystemError` (python/cpython#106905).
"""

from __future__ import annotations

import ast
import inspect
import threading
from collections.abc import Callable
from types import CodeType
from typing import Literal, TypeVar, overload

__all__ = ["parse", "read_source"]

T = TypeVar("T")

_TRIES = 10
_one_parser = threading.RLock()


@overload
def parse(source: str) -> ast.Module: ...
@overload
def parse(source: str, mode: Literal["eval"]) -> ast.Expression: ...
def parse(source: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """Parse `source` as `ast.parse` does.

    Raises:
        SyntaxError: It is no Python.
        ValueError: It holds a null byte.
    """
    return _undisturbed(lambda: ast.parse(source, mode=mode))


def read_source(thing: CodeType | type) -> str:
    """Return the source of a class or a code object, as `inspect.getsource` does.

    Raises:
        OSError: There is none to be had.
        TypeError: It is built in.
    """
    return _undisturbed(lambda: inspect.getsource(thing))


def _undisturbed(read: Callable[[], T]) -> T:
    with _one_parser:
        for _ in range(_TRIES):
            try:
                return read()
            except SystemError:
                continue
        return read()
