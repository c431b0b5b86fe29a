"""What a function's code says of itself: its text, what it names, and what it changes in place."""

from __future__ import annotations

import ast
import dis
import functools
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import NamedTuple

from notebook_agent.action.source import source_of_code, tree_of

__all__ = ["Facts", "Given", "Place", "facts_of"]

_MUTATORS = frozenset({
    *("add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem"),
    *("popleft", "put", "put_nowait", "remove", "reverse", "rotate", "setdefault", "sort", "update"),
})
_CHANGE_THEIR_FIRST = frozenset({
    *("heapify", "heappop", "heappush", "heappushpop", "heapreplace", "insort", "insort_left"),
    *("insort_right", "next", "setattr", "shuffle"),
})

_facts: dict[int, tuple[weakref.ref[CodeType], Facts]] = {}


class Place(NamedTuple):
    """A variable, or an attribute somewhere in its value."""

    root: str
    attribute: str | None = None


class Given(NamedTuple):
    """A place that is handed to a function: its name, and the parameter by position or name."""

    function: str
    parameter: int | str
    place: Place


@dataclass(frozen=True, slots=True)
class Facts:
    """What one code object says, the functions within it included.

    Attributes:
        text: The same for code that differs in comments and layout only.
        variables: Global ones that it names.
        attributes: Names after a dot.
        imports: Modules that it imports when it runs.
        parameters: Those that can be given by position come first.
        rebound: Variables outside that it assigns.
        changed: What it changes in place: of parameters and of variables outside.
        given: What it hands to functions that may change it.
    """

    text: str
    variables: tuple[str, ...]
    attributes: frozenset[str]
    imports: tuple[str, ...]
    parameters: tuple[str, ...]
    rebound: frozenset[str]
    changed: frozenset[Place]
    given: tuple[Given, ...]


def facts_of(code: CodeType) -> Facts:
    """Return what a code object says."""
    key = id(code)
    if key not in _facts:
        _facts[key] = weakref.ref(code, lambda _: _facts.pop(key, None)), _look(code)
    return _facts[key][1]


def _look(code: CodeType) -> Facts:
    tree = None if code.co_name == "<lambda>" else tree_of(code)
    inner = tuple(_all_codes(code))
    steps = [step for each in inner for step in dis.get_instructions(each)]
    places = _Places(tree, code, inner)
    return Facts(
        _text(code, tree),
        tuple(dict.fromkeys(str(s.argval) for s in steps if s.opname in {"LOAD_GLOBAL", "LOAD_NAME"})),
        frozenset(name for each in inner for name in each.co_names),
        tuple(dict.fromkeys(str(s.argval) for s in steps if s.opname == "IMPORT_NAME")),
        places.parameters,
        frozenset(places.rebound()),
        frozenset(places.changed()),
        tuple(places.given()),
    )


class _Places:
    """The places in a function's source."""

    def __init__(self, tree: ast.Module | None, code: CodeType, inner: Iterable[CodeType]) -> None:
        self._nodes = [] if tree is None else list(ast.walk(tree))
        self.parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self._local = {name for each in inner for name in (*each.co_varnames, *each.co_cellvars)}
        self._other_names: Mapping[str, ast.expr] = dict(self._aliases())

    def rebound(self) -> Iterator[str]:
        for node in self._nodes:
            if isinstance(node, ast.Global | ast.Nonlocal):
                yield from node.names

    def changed(self) -> Iterator[Place]:
        for node in self._nodes:
            for target in _changed(node):
                if (place := self._place(target)) is not None:
                    yield place

    def given(self) -> Iterator[Given]:
        calls = [node for node in self._nodes if isinstance(node, ast.Call)]
        for call in calls:
            arguments = [*enumerate(call.args), *((each.arg, each.value) for each in call.keywords)]
            for parameter, value in arguments:
                name, place = _called(call), self._place(value)
                if name is not None and parameter is not None and place is not None:
                    yield Given(name, parameter, place)

    def _aliases(self) -> Iterator[tuple[str, ast.expr]]:
        """Other names that a function gives to a place: `items = self.items`."""
        for node in self._nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target = node.targets[0]
                if isinstance(target, ast.Name) and isinstance(node.value, ast.Name | ast.Attribute):
                    yield target.id, node.value

    def _place(self, expression: ast.expr) -> Place | None:
        """Return the variable and the last attribute of `a.b[c].d`; None for another local variable's."""
        last, seen = None, set[str]()
        while not isinstance(expression, ast.Name):
            if isinstance(expression, ast.Attribute):
                last = last or expression.attr
            elif not isinstance(expression, ast.Subscript):
                return None
            expression = expression.value
            while isinstance(expression, ast.Name) and self._is_alias(expression.id, seen):
                expression = self._other_names[expression.id]
        if self._is_alias(expression.id, seen):
            aliased = self._place(self._other_names[expression.id])
            return aliased and Place(aliased.root, last or aliased.attribute)
        outside = expression.id not in self._local or expression.id in self.parameters
        return Place(expression.id, last) if outside else None

    def _is_alias(self, name: str, seen: set[str]) -> bool:
        if name in seen or name not in self._other_names or name in self.parameters:
            return False
        seen.add(name)
        return True


def _called(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def _changed(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign | ast.Delete):
        yield from _targets(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For | ast.AsyncFor):
        yield from _targets([node.target])
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
        yield node.func.value
    elif isinstance(node, ast.Call) and _called(node) in _CHANGE_THEIR_FIRST:
        yield from node.args[:1]


def _targets(targets: Iterable[ast.expr]) -> Iterator[ast.expr]:
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            yield from _targets(target.elts)
        elif isinstance(target, ast.Subscript):
            yield target.value
        elif isinstance(target, ast.Attribute):
            yield target


def _all_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_codes(constant)


def _text(code: CodeType, tree: ast.Module | None) -> str:
    if tree is not None:
        return ast.unparse(tree)
    source = None if code.co_name == "<lambda>" else source_of_code(code)
    return source or _bytecode(code)


def _bytecode(code: CodeType) -> str:
    """Also for a lambda: the source to be had is the whole line's, which may hold several."""
    constants = [_bytecode(c) if isinstance(c, CodeType) else _constant(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {constants}"


@functools.cache
def _constant(value: object) -> str:
    return str(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)
