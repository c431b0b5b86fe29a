"""What the forks of a grid differ in: values of state keys, inputs, and functions in the place of actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from notebook_agent.action import Node
from notebook_agent.errors import CommandError
from notebook_agent.graph import Graph

__all__ = ["Variant", "check_tried", "variants"]

Tried = Mapping[str, Sequence[object]]
_Choice = tuple[object, object]
"""A value, and what it is called."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination of what is tried.

    Attributes:
        state: Values of state keys to begin with.
        inputs: Values of inputs.
        actions: Functions in the place of actions.
        name: What it differs in from the others, by what is tried: values, and functions by name.
    """

    state: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, object] = field(default_factory=dict)
    actions: Mapping[str, object] = field(default_factory=dict)
    name: Mapping[str, object] = field(default_factory=dict)

    def graph(self, graph: Graph) -> Graph:
        """Return a graph with its functions in it."""
        for name, function in self.actions.items():
            graph = graph.replace(name, function)
        return graph


def variants(state: Tried, inputs: Tried, actions: Tried) -> list[Variant]:
    """Combine everything with everything, the last changing first."""
    given: list[tuple[str, str, Sequence[_Choice]]] = [
        *(("state", name, [(each, each) for each in tried]) for name, tried in state.items()),
        *(("inputs", name, [(each, each) for each in tried]) for name, tried in inputs.items()),
        *(("actions", name, list(zip(tried, _names(tried), strict=True))) for name, tried in actions.items()),
    ]
    chosen: Iterable[tuple[_Choice, ...]] = product(*(tried for _, _, tried in given))
    return [_variant(given, each) for each in chosen]


def _variant(given: Sequence[tuple[str, str, Sequence[_Choice]]], chosen: Sequence[_Choice]) -> Variant:
    parts: dict[str, dict[str, object]] = {"state": {}, "inputs": {}, "actions": {}}
    told: dict[str, object] = {}
    for (kind, name, tried), (value, shown) in zip(given, chosen, strict=True):
        parts[kind][name] = value
        if len(tried) > 1:
            told[name] = shown
    return Variant(parts["state"], parts["inputs"], parts["actions"], told)


def check_tried(what: str, tried: Tried) -> None:
    """Refuse what is no list of values.

    Raises:
        CommandError: The message names it.
    """
    for name, values in tried.items():
        if not isinstance(values, Sequence) or isinstance(values, str | bytes):
            raise CommandError(
                f"{what}={{{name!r}: ..}} takes a list of values to try, such as [{values!r:.40}]", key=name
            )
        if not values:
            raise CommandError(f"{name}: there is nothing to try, its list of values is empty", key=name)


def _names(functions: Sequence[object]) -> list[str]:
    names = [each.name if isinstance(each, Node) else getattr(each, "__name__", "?") for each in functions]
    return [f"{name} ({n + 1})" if names.count(name) > 1 else name for n, name in enumerate(names)]
