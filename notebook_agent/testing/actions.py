"""An action as an expression of a test file, with the code that the expression needs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from types import FunctionType

from notebook_agent import syntax
from notebook_agent.action import Node
from notebook_agent.action.base import Base
from notebook_agent.errors import CommandError
from notebook_agent.testing.imports import importable
from notebook_agent.testing.literal import Code, call, is_literal
from notebook_agent.testing.sources import Namespace, Sources, around

__all__ = ["written_action"]

_DECORATORS = ("action", "streaming_action", "pydantic")


def written_action(node: Node, recorded: str | None, names: Namespace, sources: Sources) -> Code:
    """Return what stands for an action in a test file; its code is added to `sources`.

    Args:
        node: The action as the graph has it now.
        recorded: Its source as it was when the step ran.
        names: The notebook's variables.
        sources: What the file holds already.

    Raises:
        CommandError: Its source cannot be read, or it cannot be made again.
    """
    if isinstance(node.origin, FunctionType):
        made = _function(node, node.origin, recorded, sources)
    elif isinstance(node.origin, Base):
        made = _object(node.origin, names, sources)
    else:
        raise CommandError(
            f"{node.name} is a {type(node.origin).__name__}, not a function or an object of an action class: "
            "no test file can hold it.",
            action=node.name,
        )
    return _bound(made, node.bound, around_of(node, names), sources) if node.bound else made


def around_of(node: Node, names: Namespace) -> Namespace:
    """Return what an action's code sees."""
    return around(node.origin) if isinstance(node.origin, FunctionType) else names


def _function(node: Node, function: FunctionType, recorded: str | None, sources: Sources) -> Code:
    place = importable(function)
    if place is not None:
        sources.add(*place)
        return Code(place[1])
    source = recorded or node.source
    if source is None:
        raise CommandError(
            f"The source of {node.name} cannot be read, so that no test file can hold it: define the action "
            "in a cell or in a module, and run the step again.",
            action=node.name,
        )
    definition = _definition(source, node.name)
    sources.take_function(function, source)
    if any(_decorates(each) for each in definition.decorator_list):
        return Code(definition.name)
    decorator = "streaming_action" if node.streaming else "action"
    sources.add("notebook_agent", decorator)
    return Code(
        call(decorator, named={"reads": list(node.reads), "writes": list(node.writes)})
        + f"({definition.name})"
    )


def _definition(source: str, action: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    try:
        first = syntax.parse(source).body[0]
    except (SyntaxError, IndexError):
        first = None
    if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef):
        return first
    raise CommandError(
        f"The source of {action} is no definition of a function, so that no test file can hold it: write it "
        "with def.",
        action=action,
    )


def _decorates(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in _DECORATORS


def _object(thing: Base, names: Namespace, sources: Sources) -> Code:
    cls = type(thing)
    given = _given(thing, cls)
    if given is None:
        raise CommandError(
            f"With which values {cls.__name__}(..) was made cannot be told, so that no test file can make it "
            "again: keep each parameter in an attribute of its name, as self.step = step.",
            action=thing.name,
        )
    if not sources.take_class(cls, names):
        raise CommandError(
            f"The source of the class {cls.__name__} cannot be read, so that no test file can hold it: "
            "define it in a cell or in a module.",
            action=thing.name,
        )
    return Code(call(cls.__name__, named=given))


def _given(thing: Base, cls: type) -> dict[str, object] | None:
    """Return the parameters that an object was made with, read off its attributes; None where unclear."""
    held = {key: value for key, value in vars(thing).items() if key != "_name"}
    parameters = list(inspect.signature(cls).parameters.values())
    given: dict[str, object] = {}
    for each in parameters:
        name = next((key for key in (each.name, f"_{each.name}") if key in held), None)
        if name is not None and is_literal(held[name]):
            if held[name] != each.default:
                given[each.name] = held[name]
        elif each.default is each.empty:
            return None
    return given


def _bound(made: Code, bound: Mapping[str, object], names: Namespace, sources: Sources) -> Code:
    given: dict[str, object] = {}
    for key, value in bound.items():
        if is_literal(value):
            given[key] = value
            continue
        name = next((each for each, known in names.items() if known is value), None)
        if name is None:
            sources.unknown[key] = f"is bound to a {type(value).__name__} that has no name in the notebook"
            continue
        sources.take(name, names)
        given[key] = Code(name)
    return Code(call(f"{made}.bind", named=given))
