"""The graph: which actions there are, which may follow which, and what is next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from notebook_agent.action import Node, as_node
from notebook_agent.condition import Check, Decision, OnError, default
from notebook_agent.errors import ConditionError, GraphError, MissingKeyError
from notebook_agent.graph.edges import Transition, check_ends, check_reachable, unique, unknown
from notebook_agent.ids import Json
from notebook_agent.state import State

__all__ = ["Graph"]


class Graph:
    """Actions and the transitions between them, checked: `GraphBuilder` makes one.

    Attributes:
        actions: In the order in which they were given.
        transitions: In the order in which they are tried.
        entrypoint: The action that an application starts with; None outside of one.
        resilient: The actions whose errors may be tried again or caught.

    Raises:
        GraphError: A name is unknown or taken twice, or an edge can never be taken.
    """

    __slots__ = (
        "_always",
        "_by_name",
        "_edges",
        "_handlers",
        "actions",
        "entrypoint",
        "resilient",
        "transitions",
    )

    def __init__(
        self,
        actions: Iterable[Node],
        transitions: Iterable[Transition] = (),
        entrypoint: str | None = None,
    ) -> None:
        self.entrypoint = entrypoint
        self.actions = tuple(actions)
        self.transitions = tuple(transitions)
        self._by_name = unique(self.actions)
        self._edges = _by_source(self._by_name, [edge for edge in self.transitions if not edge.handles])
        self._handlers = _by_source(self._by_name, [edge for edge in self.transitions if edge.handles])
        self.resilient = frozenset(
            each.name for each in self.actions if each.policy is not None or self._handlers[each.name]
        )
        for edge in self.transitions:
            check_ends(edge, self._by_name)
        for edges in self._edges.values():
            check_reachable(edges)
        self._always = {
            name: Decision(name, edges[0].target, (Check(edges[0].target, default.name, {}, result=True),))
            for name, edges in self._edges.items()
            if edges and edges[0].condition is default
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The actions' names."""
        return tuple(self._by_name)

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys of the state that an action reads or writes, or a condition looks at."""
        of_actions = (key for each in self.actions for key in (*each.reads, *each.writes))
        conditions = [edge.condition for edge in self.transitions]
        of_edges = (key for each in conditions for key in (*each.keys, *each.optional_keys))
        return tuple(dict.fromkeys([*of_actions, *of_edges]))

    @property
    def input_names(self) -> tuple[str, ...]:
        """All inputs that some action takes."""
        return tuple(dict.fromkeys(name for each in self.actions for name in each.required + each.optional))

    def __reduce__(self) -> tuple[type[Graph], tuple[object, ...]]:
        return Graph, (self.actions, self.transitions, self.entrypoint)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def started_at(self, entrypoint: str) -> Graph:
        """Return this graph as an application starts it.

        Raises:
            GraphError: There is no such action.
        """
        if entrypoint not in self._by_name:
            raise GraphError(
                unknown(f"The entrypoint {entrypoint!r} is no action.", entrypoint, self._by_name),
                action=entrypoint,
            )
        return Graph(self.actions, self.transitions, entrypoint)

    def get_action(self, name: str) -> Node:
        """Return the action of this name; GraphError if there is none."""
        try:
            return self._by_name[name]
        except KeyError:
            raise GraphError(
                unknown(f"There is no action {name!r}.", name, self._by_name), action=name
            ) from None

    def get_actions_by_tag(self, tag: str) -> list[Node]:
        """Return the actions that carry a tag."""
        return [each for each in self.actions if tag in each.tags]

    def edges_from(self, name: str) -> tuple[Transition, ...]:
        """Return the transitions after an action that completed, in the order in which they are tried."""
        return self._edges[name]

    def caught(self, name: str, error: BaseException) -> Decision | None:
        """Decide what follows an action that raised; None where no edge catches the error."""
        checks: list[Check] = []
        for edge in self._handlers[name]:
            condition = edge.condition
            holds = isinstance(condition, OnError) and condition.catches(error)
            checks.append(Check(edge.target, condition.name, {"error": type(error).__name__}, holds))
            if holds:
                return Decision(name, edge.target, tuple(checks))
        return None

    def next(self, prior: str, state: State) -> Decision:
        """Decide what follows action `prior`, and say why; the first condition that holds wins.

        Raises:
            ConditionError: A condition needs a key that is not there, or cannot compare.
        """
        if prior in self._always:
            return self._always[prior]
        target = None
        checks = []
        for edge in self._edges[prior]:
            if target is not None or edge.condition is default:
                result = True if target is None else None
                checks.append(Check(edge.target, edge.condition.name, {}, result))
            else:
                checks.append(_check(edge, state))
            if checks[-1].result:
                target = edge.target
        return Decision(prior, target, tuple(checks))

    def get_next_node(self, prior: str | None, state: State, entrypoint: str) -> Node | None:
        """Return the action that follows `prior`, or the entrypoint's; None where the graph ends."""
        target = entrypoint if prior is None else self.next(prior, state).target
        return None if target is None else self.get_action(target)

    def replace(self, name: str, thing: object) -> Graph:
        """Return this graph with another function or action under a name.

        Parameters that the old action has bound are bound in a plain function too.
        """
        old, new = self.get_action(name), as_node(thing, name)
        if old.bound and not new.bound:
            new = new.bind(**old.bound)
        actions = (new if each is old else each for each in self.actions)
        return Graph(actions, self.transitions, self.entrypoint)

    def describe(self) -> Json:
        """Return the graph as plain JSON, with the source and the code id of each action."""
        return {
            "actions": [_describe(each) for each in self.actions],
            "transitions": self.describe_transitions(),
        }

    def describe_transitions(self) -> list[Json]:
        """Return the transitions as plain JSON, in the order in which they are tried."""
        return [
            {
                "source": edge.source,
                "target": edge.target,
                "condition": edge.condition.name,
                "data": edge.condition.data,
            }
            for edge in self.transitions
        ]

    def visualize(  # Burr's signature
        self,
        output_file_path: str | None = None,
        include_conditions: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        include_state: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        view: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        engine: str = "graphviz",
        write_dot: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        **engine_kwargs: Any,
    ) -> object:
        """Return a drawing of the graph, a `graphviz.Digraph`; with a path, write it there too.

        It shows itself, and is written as `.svg` or `.gv`, without the `dot` program. Dashed edges
        have a condition; red ones are taken by an exception.

        Args:
            output_file_path: A file whose suffix says the format.
            include_conditions: Write the conditions on the edges.
            include_state: Write what each action reads and writes.
            view: Open the file that was written.
            engine: `"graphviz"`, the only one there is.
            write_dot: Write the DOT source beside the file.
            engine_kwargs: Passed to `graphviz.Digraph`, such as `graph_attr={"rankdir": "LR"}`.
        """
        from notebook_agent.view import visualize

        return visualize(
            self,
            output_file_path=output_file_path,
            include_conditions=include_conditions,
            include_state=include_state,
            view=view,
            engine=engine,
            write_dot=write_dot,
            **engine_kwargs,
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from notebook_agent import view

        return view.graph_mimebundle(self)

    def __repr__(self) -> str:
        actions = "1 action" if len(self.actions) == 1 else f"{len(self.actions)} actions"
        return f"<graph of {actions}: {', '.join(self.names)}>"


def _by_source(names: Iterable[str], edges: Sequence[Transition]) -> dict[str, tuple[Transition, ...]]:
    return {name: tuple(edge for edge in edges if edge.source == name) for name in names}


def _check(edge: Transition, state: State) -> Check:
    condition = edge.condition
    try:
        result = condition.evaluate(state)
    except (MissingKeyError, ConditionError) as error:
        said = str(error)
        raise ConditionError(
            f"The edge {edge.source!r} -> {edge.target!r} ({condition.name}) cannot be decided: "
            f"{said if said.endswith(('.', '!', '?')) else f'{said}.'} "
            f"Let {edge.source!r} write the key, or put an edge before this one.",
            action=edge.source,
            key=error.key,
        ) from error
    except StopIteration as error:
        raise ConditionError(
            f"The condition {condition.name} of the edge {edge.source!r} -> {edge.target!r} raised "
            "StopIteration. Where it calls next(..), give a default.",
            action=edge.source,
        ) from error
    except Exception as error:
        error.add_note(
            f"Raised by the condition {condition.name} of the edge {edge.source} -> {edge.target}."
        )
        raise
    return Check(edge.target, condition.name, condition.operands(state), result)


def _describe(each: Node) -> Json:
    return {
        "name": each.name,
        "reads": list(each.reads),
        "writes": list(each.writes),
        "required": list(each.required),
        "optional": list(each.optional),
        "tags": list(each.tags),
        "effect": each.effect,
        "code": each.code,
        "source": each.source,
    }
