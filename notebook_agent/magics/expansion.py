"""`{expr}` and `$name` inside one word of a command line.

Each word is expanded by itself, after splitting, so that a value may hold spaces,
quotes and braces. Only what uses a variable of the user's is expanded: code, JSON,
sets, format specs, `{}`, `$5` and names that are not defined stay as they are typed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from notebook_agent import syntax
from notebook_agent.errors import CommandError

__all__ = ["Scope", "expand"]

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_FIELD = re.compile(rf"\{{\{{([^{{}}]+)\}}\}}|\{{([^{{}}]+)\}}|\$\$({_NAME})|\$({_NAME})")
_EXPRESSION_FILE = "<string>"


@dataclass(frozen=True, slots=True)
class Scope:
    """The user's variables: which names are defined, and what an expression of them comes to."""

    defines: Callable[[str], bool]
    evaluate: Callable[[str], object]

    def value(self, expression: str, shown: str, advice: str = "") -> object:
        """Return the value of an expression, called `shown` where it has none.

        What a function called in it raises leaves as it is, its own frames first.

        Raises:
            CommandError: the expression itself cannot be evaluated.
        """
        __tracebackhide__ = True
        try:
            return self.evaluate(expression)
        except Exception as error:
            called = _called(error.__traceback__)
            if called is None:
                raise CommandError(f"{shown}: {_said(error)}{advice}") from None
            error.__traceback__ = called
            raise

    def uses(self, expression: str) -> bool:
        """Tell whether this is a Python expression with a variable of the user's in it."""
        try:
            tree = syntax.parse(expression.strip(), "eval")
        except (SyntaxError, ValueError):
            return False
        if isinstance(tree.body, ast.Tuple):
            return False
        return any(isinstance(node, ast.Name) and self.defines(node.id) for node in ast.walk(tree))


def expand(text: str, scope: Scope) -> str:
    """Return the text with the user's variables in place of its fields.

    `{{name}}` and `$$name` stand for `{name}` and `$name` themselves, where that is defined.

    Raises:
        CommandError: a field uses a variable, but cannot be evaluated.
    """
    __tracebackhide__ = True
    parts = []
    end = 0
    for match in _FIELD.finditer(text):
        parts += [text[end : match.start()], _field(match, scope)]
        end = match.end()
    return "".join([*parts, text[end:]])


def _field(match: re.Match[str], scope: Scope) -> str:
    __tracebackhide__ = True
    whole = match[0]
    meant = match[1] or match[3]
    if meant:
        single = whole[1:-1] if match[1] else whole[1:]
        return single if scope.uses(meant) else whole
    expression = match[2] or match[4]
    if not scope.uses(expression):
        return whole
    double = f"{{{whole}}}" if match[2] else f"${whole}"
    advice = f"; write {double} to mean these very characters"
    return str(scope.value(expression.strip(), whole, advice))


def _called(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback below the expression, None where it called no function."""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _EXPRESSION_FILE:
            return trace.tb_next
        trace = trace.tb_next
    return None


def _said(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"this is no Python expression ({error.msg})"
    return str(error) if isinstance(error, NameError) else f"{type(error).__name__}: {error}"
