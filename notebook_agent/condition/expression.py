"""The expression language of conditions: Python's syntax, an allow-list of it, and no `eval`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import cast

from notebook_agent import syntax
from notebook_agent.condition.kept import Loop, bind, keep_in, looped
from notebook_agent.errors import AgentError, ConditionError, did_you_mean

__all__ = ["Expression"]

_FUNCTIONS: Mapping[str, Callable[..., object]] = MappingProxyType({
    f.__name__: f
    for f in (abs, all, any, bool, dict, float, int, len, list, max, min, round, set, sorted, str, sum, tuple)
})
_METHODS: Mapping[type, frozenset[str]] = MappingProxyType({
    str: frozenset({
        *("casefold", "count", "endswith", "find", "isdigit", "isspace", "lower", "lstrip", "removeprefix"),
        *("removesuffix", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper"),
    }),
    Mapping: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
})
_COMPARE: Mapping[type[ast.cmpop], Callable[..., object]] = MappingProxyType({
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, items: item in cast("Iterable[object]", items),
    ast.NotIn: lambda item, items: item not in cast("Iterable[object]", items),
})
_NUMERIC: Mapping[type[ast.operator], Callable[..., object]] = MappingProxyType({
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
})
_UNARY: Mapping[type[ast.unaryop], Callable[..., object]] = MappingProxyType({
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
})
_ALLOWED: tuple[type[ast.AST], ...] = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Subscript, ast.Slice),
    *(
        ast.BoolOp,
        ast.And,
        ast.Or,
        ast.UnaryOp,
        *_UNARY,
        ast.BinOp,
        ast.Add,
        *_NUMERIC,
        ast.Compare,
        *_COMPARE,
    ),
    *(ast.IfExp, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.GeneratorExp, ast.ListComp, ast.SetComp),
    *(ast.comprehension, ast.Call, ast.keyword),
)


class Expression:
    """A parsed expression over the keys of a state, such as `n < 10` or `len(state["log"]) > 3`.

    Names are keys; `state` alone is the whole mapping. There are comparisons, `and or not in is`,
    arithmetic, indexing, comprehensions, the functions `len sum min max any all sorted` and the
    like, reading methods of strings and containers, and attributes without an underscore.

    Attributes:
        text: As it was written.
        keys: The keys that it may look at, in order of appearance.

    Raises:
        ConditionError: It does not parse, or uses what the language does not have.
    """

    __slots__ = ("_body", "keys", "text")

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ConditionError(f"expr takes an expression as text, such as expr('n < 10'); not {text!r}.")
        self.text = text.strip()
        try:
            tree = syntax.parse(self.text, "eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            why = error.msg if isinstance(error, SyntaxError) else error
            raise ConditionError(f"{self.text!r} is not an expression: {why}") from None
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _is_store(node)}
        for node in ast.walk(tree):
            _check(node, self.text)
        keep_in(tree, _FUNCTIONS)
        self._body = tree.body
        self.keys = tuple(dict.fromkeys(_keys(tree, bound)))

    def __reduce__(self) -> tuple[type[Expression], tuple[str]]:
        return Expression, (self.text,)

    def evaluate(self, state: Mapping[str, object]) -> object:
        """Return the expression's value on `state`.

        Raises:
            MissingKeyError: A key that is needed is not there.
            ConditionError: The values do not fit the operation.
        """
        try:
            return _value(self._body, state, {})
        except AgentError:
            raise
        except Exception as error:
            raise ConditionError(
                f"{self.text!r} cannot be evaluated: {type(error).__name__}: {error}"
            ) from error


_Locals = Mapping[str, object]


def _is_store(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _keys(tree: ast.AST, bound: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "state":
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                yield node.slice.value
        elif isinstance(node, ast.Name) and node.id not in bound | _FUNCTIONS.keys() | {"state"}:
            yield node.id


def _check(node: ast.AST, text: str) -> None:
    if not isinstance(node, _ALLOWED):
        raise ConditionError(f"{text!r}: {type(node).__name__} is not part of the expression language.")
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        raise ConditionError(f"{text!r}: the attribute {node.attr!r} cannot be read.")
    if isinstance(node, ast.Call):
        _check_call(node, text)


def _check_call(node: ast.Call, text: str) -> None:
    callee = node.func
    known = _FUNCTIONS if isinstance(callee, ast.Name) else frozenset().union(*_METHODS.values())
    name = callee.id if isinstance(callee, ast.Name) else getattr(callee, "attr", "")
    if name not in known:
        raise ConditionError(f"{text!r}: {name or 'this'}() cannot be called.{did_you_mean(name, known)}")
    if any(keyword.arg is None for keyword in node.keywords):
        raise ConditionError(f"{text!r}: ** is not part of the expression language.")


def _value(node: ast.expr, state: Mapping[str, object], names: _Locals) -> object:
    return _HANDLERS[type(node)](node, state, names)


def _constant(node: ast.Constant, _state: Mapping[str, object], _names: _Locals) -> object:
    return node.value


def _name(node: ast.Name, state: Mapping[str, object], names: _Locals) -> object:
    if node.id in names:
        return names[node.id]
    return state if node.id == "state" and "state" not in state else state[node.id]


def _attribute(node: ast.Attribute, state: Mapping[str, object], names: _Locals) -> object:
    return getattr(_value(node.value, state, names), node.attr)


def _subscript(node: ast.Subscript, state: Mapping[str, object], names: _Locals) -> object:
    container = cast("Mapping[object, object]", _value(node.value, state, names))
    return container[_value(node.slice, state, names)]


def _slice(node: ast.Slice, state: Mapping[str, object], names: _Locals) -> object:
    return slice(*(part and _value(part, state, names) for part in (node.lower, node.upper, node.step)))


def _boolop(node: ast.BoolOp, state: Mapping[str, object], names: _Locals) -> object:
    stop = isinstance(node.op, ast.Or)
    result: object = None
    for part in node.values:
        result = _value(part, state, names)
        if bool(result) is stop:
            break
    return result


def _unaryop(node: ast.UnaryOp, state: Mapping[str, object], names: _Locals) -> object:
    return _UNARY[type(node.op)](_value(node.operand, state, names))


def _binop(node: ast.BinOp, state: Mapping[str, object], names: _Locals) -> object:
    left, right = _value(node.left, state, names), _value(node.right, state, names)
    if isinstance(node.op, ast.Add):
        return operator.add(left, right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _NUMERIC[type(node.op)](left, right)
    raise TypeError("arithmetic other than + needs two numbers")


def _compare(node: ast.Compare, state: Mapping[str, object], names: _Locals) -> object:
    left = _value(node.left, state, names)
    result: object = True
    for op, part in zip(node.ops, node.comparators, strict=True):
        right = _value(part, state, names)
        result = _COMPARE[type(op)](left, right)
        if not result:
            break
        left = right
    return result


def _ifexp(node: ast.IfExp, state: Mapping[str, object], names: _Locals) -> object:
    return _value(node.body if _value(node.test, state, names) else node.orelse, state, names)


def _items(node: ast.List | ast.Tuple | ast.Set, state: Mapping[str, object], names: _Locals) -> object:
    kinds = {ast.List: list, ast.Tuple: tuple, ast.Set: set}
    return kinds[type(node)](_value(item, state, names) for item in node.elts)


def _dict(node: ast.Dict, state: Mapping[str, object], names: _Locals) -> object:
    pairs = zip(node.keys, node.values, strict=True)
    return {_value(key, state, names): _value(item, state, names) for key, item in pairs if key is not None}


def _comprehension(node: Loop, state: Mapping[str, object], names: _Locals) -> object:
    loop, *rest = node.generators

    def each(items: Iterable[object]) -> Iterator[object]:
        rows = _rows(loop, rest, items, state, names)
        return (_value(node.elt, state, row) for row in rows)

    values = looped(node, _value(loop.iter, state, names), each)
    return set(values) if isinstance(node, ast.SetComp) else values


def _rows(
    loop: ast.comprehension,
    rest: list[ast.comprehension],
    items: Iterable[object],
    state: Mapping[str, object],
    names: _Locals,
) -> Iterator[_Locals]:
    for item in items:
        inner = {**names, **bind(loop.target, item)}
        if not all(_value(test, state, inner) for test in loop.ifs):
            continue
        if rest:
            below = cast("Iterable[object]", _value(rest[0].iter, state, inner))
            yield from _rows(rest[0], rest[1:], below, state, inner)
        else:
            yield inner


def _call(node: ast.Call, state: Mapping[str, object], names: _Locals) -> object:
    arguments = [_value(argument, state, names) for argument in node.args]
    keywords = {keyword.arg or "": _value(keyword.value, state, names) for keyword in node.keywords}
    if isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*arguments, **keywords)
    assert isinstance(node.func, ast.Attribute)
    owner = _value(node.func.value, state, names)
    for kind, methods in _METHODS.items():
        if isinstance(owner, kind) and node.func.attr in methods:
            return getattr(owner, node.func.attr)(*arguments, **keywords)
    raise TypeError(f"{type(owner).__name__}.{node.func.attr}() cannot be called here")


_HANDLERS: Mapping[type[ast.expr], Callable[..., object]] = MappingProxyType({
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.BoolOp: _boolop,
    ast.UnaryOp: _unaryop,
    ast.BinOp: _binop,
    ast.Compare: _compare,
    ast.IfExp: _ifexp,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Set: _items,
    ast.Dict: _dict,
    ast.GeneratorExp: _comprehension,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.Call: _call,
})
