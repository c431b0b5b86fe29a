"""What code changes in place: the variables outside it, and the attributes of its own object.

A log that a function appends to is no part of what the function is, and must not make it another.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import FunctionType, SimpleNamespace

from notebook_agent.action.source import tree_of

__all__ = ["Written", "defaults_of"]

_MUTATORS = frozenset({
    *("add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem"),
    *("popleft", "put", "put_nowait", "remove", "reverse", "rotate", "setdefault", "sort", "update"),
})
_MAKERS = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})
"""Methods that make an object: what they set is what it is."""


@dataclass(slots=True)
class Written:
    """The names of what is changed in place by the functions that were looked at.

    Attributes:
        variables: Global and closed-over ones, and parameters with a default.
        parameters: Those without, and attributes of theirs.
        own: Attributes that a method changes, by its name: they count where it is called.
    """

    variables: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    own: dict[str, set[str]] = field(default_factory=dict)
    _outer: set[str] = field(default_factory=set)
    _named: set[str] = field(default_factory=set)

    @property
    def attributes(self) -> set[str]:
        """Attributes of such a variable, and those that a method changes that some function names."""
        return self._outer.union(*(names for method, names in self.own.items() if self._is_called(method)))

    def _is_called(self, method: str) -> bool:
        return method not in _MAKERS and (method in self._named or method.startswith("__"))

    def name(self, *attributes: str) -> None:
        """Count attributes and methods as named."""
        self._named.update(attributes)

    def counter(self) -> Callable[[object, str], bool]:
        """Return what says whether an attribute of an object counts.

        It does not where the code changes it, nor, but in an object that is all data, where no code names it.
        """
        changed, named = self.attributes, frozenset(self._named)
        return lambda thing, name: name not in changed and (name in named or _is_data(thing))

    def look_at(self, function: FunctionType) -> ast.Module | None:
        """Add what a function changes and names; return its parsed source, if there is any."""
        tree = tree_of(function.__code__)
        if tree is not None:
            local = _local_names(function)
            for node in ast.walk(tree):
                self._look(node, function.__name__, local)
        return tree

    def _look(self, node: ast.AST, user: str, local: frozenset[str]) -> None:
        if isinstance(node, ast.Global | ast.Nonlocal):
            self.variables.update(node.names)
        elif isinstance(node, ast.Attribute):
            self._named.add(node.attr)
        for root, last in filter(None, map(_root, _changed(node))):
            self._kind(root, last, user, local).add(last or root)

    def _kind(self, root: str, last: str | None, user: str, local: frozenset[str]) -> set[str]:
        if root in {"self", "cls"}:
            return self.own.setdefault(user, set())
        if root in local:
            return self.parameters
        return self.variables if last is None else self._outer


def _is_data(thing: object) -> bool:
    fields = ("__dataclass_fields__", "__pydantic_fields__", "__attrs_attrs__")
    return isinstance(thing, SimpleNamespace) or any(hasattr(type(thing), each) for each in fields)


def _root(target: ast.expr) -> tuple[str, str | None] | None:
    """Return the variable that a place is in, and the last attribute on the way; None where it is in none."""
    last = None
    while not isinstance(target, ast.Name):
        if isinstance(target, ast.Attribute):
            last = last or target.attr
        elif not isinstance(target, ast.Subscript):
            return None
        target = target.value
    return target.id, last


def _local_names(function: FunctionType) -> frozenset[str]:
    code = function.__code__
    named = {*code.co_varnames, *code.co_cellvars}
    return frozenset(named.difference(defaults_of(function)))


def defaults_of(function: FunctionType) -> dict[str, object]:
    """Return the parameters that have a default, with it."""
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    first = len(positional) - len(defaults)
    return {**dict(zip(positional[first:], defaults, strict=True)), **(function.__kwdefaults__ or {})}


def _changed(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign | ast.Delete):
        yield from _places(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For | ast.AsyncFor):
        yield from _places([node.target])
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
        yield node.func.value


def _places(targets: Iterable[ast.expr]) -> Iterator[ast.expr]:
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            yield from _places(target.elts)
        elif isinstance(target, ast.Subscript):
            yield target.value
        elif isinstance(target, ast.Attribute):
            yield target
