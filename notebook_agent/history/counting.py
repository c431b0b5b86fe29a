"""Which keys of an expression are only counted, looked at item by item, or gone through by a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from notebook_agent import syntax

__all__ = ["counted_keys"]


def counted_keys(text: str, keys: tuple[str, ...]) -> frozenset[str]:
    """Return those of an expression's keys that stand only in `len(key)`, `key[2]`, and `for item in key`."""
    tree = syntax.parse(text, "eval")
    fully = {id(node): key for node in ast.walk(tree) if (key := _key(node)) is not None}
    lightly = {id(node) for parent in ast.walk(tree) for node in _light(parent)}
    return frozenset(keys) - {key for node, key in fully.items() if node not in lightly}


def _key(node: ast.AST) -> str | None:
    """The key that a name, or a subscript of `state`, stands for."""
    if isinstance(node, ast.Name) and node.id != "state":
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "state":
        return str(node.slice.value) if isinstance(node.slice, ast.Constant) else None
    return None


def _light(parent: ast.AST) -> Iterator[ast.AST]:
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "len":
        yield from parent.args
    elif isinstance(parent, ast.Subscript) and _is_place(parent.slice):
        yield parent.value
    elif isinstance(parent, ast.comprehension):
        yield parent.iter


def _is_place(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) is int
