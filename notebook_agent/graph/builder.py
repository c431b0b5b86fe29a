"""GraphBuilder: collects actions and transitions, and reads what the user wrote for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from notebook_agent.action import Node, Policy, as_node
from notebook_agent.condition import Condition, OnError, default, on_error
from notebook_agent.errors import GraphError
from notebook_agent.graph.edges import Transition, unknown
from notebook_agent.graph.graph import Graph

__all__ = ["GraphBuilder"]


class GraphBuilder:
    """Collects actions and transitions; `build` checks them and gives the Graph."""

    def __init__(self) -> None:
        self._actions: list[Node] = []
        self._transitions: list[Transition] = []
        self._handlers: list[tuple[Sequence[str] | str | None, str, OnError]] = []
        self._policies: list[tuple[tuple[str, ...], Policy]] = []

    def with_actions(self, *actions: object, **named: object) -> GraphBuilder:
        """Add actions: under their function's name, or under the name given as keyword."""
        self._actions += [as_node(each) for each in actions]
        self._actions += [as_node(each, name) for name, each in named.items()]
        return self

    def with_transitions(self, *transitions: tuple[object, ...]) -> GraphBuilder:
        """Add edges `(source, target)` or `(source, target, condition)`; a list of sources makes one each.

        From each action they are tried in the order given; without a condition an edge is always taken.
        """
        for each in transitions:
            self._transitions += _read_transition(each)
        return self

    def on_error(
        self, target: str, *kinds: type[Exception], sources: Sequence[str] | str | None = None
    ) -> GraphBuilder:
        """Go on with action `target` when an action raises one of these exceptions; any without a class.

        Args:
            target: What comes next; the failed step keeps its error, and the state that was before it.
            kinds: Exception classes; any `Exception` by default.
            sources: The actions that it holds for; all but `target` by default.
        """
        self._handlers.append((sources, target, on_error(*kinds)))
        return self

    def with_policy(
        self,
        *actions: str,
        retries: int = 0,
        backoff: float = 1.0,
        on: tuple[type[Exception], ...] | type[Exception] = (Exception,),
        timeout: float | None = None,
    ) -> GraphBuilder:
        """Try actions again that fail, or limit their time, see `Policy`; all actions without a name."""
        kinds = tuple(on) if isinstance(on, tuple | list) else (on,)
        self._policies.append((actions, Policy(retries, backoff, kinds, timeout)))
        return self

    def with_graph(self, graph: Graph) -> GraphBuilder:
        """Add the actions and transitions of a graph.

        Raises:
            GraphError: It is none.
        """
        if not isinstance(graph, Graph):
            raise GraphError(f"with_graph takes a graph, such as GraphBuilder()...build(); not {graph!r}.")
        self._actions += graph.actions
        self._transitions += graph.transitions
        return self

    def build(self) -> Graph:
        """Return the graph.

        Raises:
            GraphError: A name is unknown or taken twice, or an edge can never be taken.
        """
        _check_names(self._policies, [each.name for each in self._actions])
        if not self._actions:
            raise GraphError("The graph has no actions: with_actions(name=function, ..).")
        actions = [self._with_its_policy(each) for each in self._actions]
        return Graph(actions, [*self._transitions, *self._error_edges()])

    def _with_its_policy(self, node: Node) -> Node:
        for names, policy in self._policies:
            if not names or node.name in names:
                node = replace(node, policy=policy)
        return node

    def _error_edges(self) -> Iterator[Transition]:
        known = [each.name for each in self._actions]
        for sources, target, condition in self._handlers:
            named = [sources] if isinstance(sources, str) else sources
            for source in [name for name in known if name != target] if named is None else named:
                yield Transition(source, target, condition)


def _check_names(policies: Iterable[tuple[tuple[str, ...], Policy]], known: Sequence[str]) -> None:
    for name in (name for names, _ in policies for name in names):
        if name not in known:
            raise GraphError(unknown(f"with_policy({name!r}): there is no such action.", name, known))


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
