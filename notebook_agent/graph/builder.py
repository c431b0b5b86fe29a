"""GraphBuilder: collects actions and transitions, and reads what the user wrote for them."""

from __future__ import annotations

from notebook_agent.action import Action, as_action
from notebook_agent.condition import Condition, default
from notebook_agent.errors import GraphError
from notebook_agent.graph.edges import Transition
from notebook_agent.graph.graph import Graph

__all__ = ["GraphBuilder"]


class GraphBuilder:
    """Collects actions and transitions; `build` checks them and gives the Graph."""

    def __init__(self) -> None:
        self._actions: list[Action] = []
        self._transitions: list[Transition] = []

    def with_actions(self, *actions: object, **named: object) -> GraphBuilder:
        """Add actions: under their function's name, or under the name given as keyword."""
        self._actions += [as_action(each) for each in actions]
        self._actions += [as_action(each, name) for name, each in named.items()]
        return self

    def with_transitions(self, *transitions: tuple[object, ...]) -> GraphBuilder:
        """Add edges `(source, target)` or `(source, target, condition)`; a list of sources makes one each.

        From each action they are tried in the order given; without a condition an edge is always taken.
        """
        for each in transitions:
            self._transitions += _read_transition(each)
        return self

    def with_graph(self, graph: Graph) -> GraphBuilder:
        """Add the actions and transitions of a graph."""
        self._actions += graph.actions
        self._transitions += graph.transitions
        return self

    def build(self) -> Graph:
        """Return the graph.

        Raises:
            GraphError: A name is unknown or taken twice, or an edge can never be taken.
        """
        if not self._actions:
            raise GraphError("The graph has no actions: with_actions(name=function, ..).")
        return Graph(self._actions, self._transitions)


def _read_transition(given: tuple[object, ...]) -> list[Transition]:
    if not isinstance(given, tuple | list) or len(given) not in {2, 3}:
        raise GraphError(f"A transition is (source, target) or (source, target, condition); not {given!r}.")
    sources, target, *rest = given
    condition = rest[0] if rest else default
    if not isinstance(condition, Condition):
        raise GraphError(
            f"({sources!r}, {target!r}, {condition!r}): a condition is default, when(key=value) or "
            "expr('..'); a function goes through Condition.lmda(function, [keys])."
        )
    many = sources if isinstance(sources, list | tuple) else [sources]
    return [Transition(_name(source), _name(target), condition) for source in many]


def _name(end: object) -> str:
    if isinstance(end, str):
        return end
    name = getattr(end, "__name__", None) or getattr(end, "name", None)
    hint = f" Write {name!r}." if name else ""
    raise GraphError(f"A transition joins the names of actions; {end!r} is not a name.{hint}")
