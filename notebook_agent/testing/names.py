"""The names that a piece of source needs from around it, and where a notebook's cells bind names."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from notebook_agent import syntax

__all__ = ["Statement", "bound_by", "needed_names", "statement_of"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement at the top of a cell, and its text with decorators."""

    node: ast.stmt
    text: str


def needed_names(source: str) -> list[str]:
    """Return the names that are read and not bound within, in the order in which they stand there."""
    table = symtable.symtable(source, "<source>", "exec")
    own = {each.get_name() for each in table.get_symbols() if _binds(each)}
    free = set(_free(table, top=True)) - own
    found = (node.id for node in ast.walk(syntax.parse(source)) if isinstance(node, ast.Name))
    return [name for name in dict.fromkeys(found) if name in free]


def _free(table: symtable.SymbolTable, *, top: bool = False) -> Iterator[str]:
    for each in table.get_symbols():
        if each.is_referenced() and (each.is_global() or (top and not _binds(each))):
            yield each.get_name()
    for child in table.get_children():
        yield from _free(child)


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def bound_by(cells: Iterable[str]) -> Mapping[str, Statement]:
    """Return the last statement at the top of a cell that binds each name; cells in the order they ran."""
    found: dict[str, Statement] = {}
    for cell in cells:
        try:
            tree = syntax.parse(cell)
        except (SyntaxError, ValueError):
            continue
        for node in tree.body:
            for name in _bound(node):
                found[name] = Statement(node, _text(cell, node))
    return found


def statement_of(cell: str, name: str, line: int) -> Statement | None:
    """Return the class at the top of a cell whose text reaches over a line."""
    try:
        tree = syntax.parse(cell)
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name and node.lineno <= line <= _end(node):
            return Statement(node, _text(cell, node))
    return None


def _bound(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names):
            return [each.asname or each.name.partition(".")[0] for each in names]
        case ast.ImportFrom(names=names):
            return [each.asname or each.name for each in names]
        case ast.Assign(targets=targets):
            return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return [name]
    return []


def _text(cell: str, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return "\n".join(cell.split("\n")[first - 1 : _end(node)])


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno
