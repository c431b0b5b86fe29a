"""Transitions, and what a graph refuses: unknown or doubled names, and edges that can never be taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from notebook_agent.action import Node
from notebook_agent.condition import Condition, OnError, default
from notebook_agent.errors import GraphError, did_you_mean

__all__ = ["Transition", "check_ends", "check_reachable", "unique", "unknown"]


@dataclass(frozen=True, slots=True)
class Transition:
    """An edge: after action `source` comes `target`, if the condition holds."""

    source: str
    target: str
    condition: Condition = default

    @property
    def conditional(self) -> bool:
        """Whether the edge may not be taken."""
        return self.condition is not default

    @property
    def handles(self) -> bool:
        """Whether it is taken by an exception, and never by an action that completed."""
        return isinstance(self.condition, OnError)


def unique(actions: Iterable[Node]) -> dict[str, Node]:
    """Return the actions by name; GraphError if two have the same."""
    by_name: dict[str, Node] = {}
    for each in actions:
        if each.name in by_name:
            raise GraphError(
                f"Two actions are named {each.name!r}. Give one another name: with_actions(other_name=..).",
                action=each.name,
            )
        by_name[each.name] = each
    return by_name


def check_ends(edge: Transition, known: Mapping[str, Node]) -> None:
    """Refuse an edge from or to what is no action."""
    for end in (edge.source, edge.target):
        if end not in known:
            message = f"The transition {edge.source!r} -> {edge.target!r} names no action {end!r}."
            raise GraphError(unknown(message, end, known), action=end)


def check_reachable(edges: tuple[Transition, ...]) -> None:
    """Refuse, among the edges that leave an action, one after an edge that is always taken."""
    last = next((place for place, edge in enumerate(edges) if edge.condition is default), None)
    if last is None or last == len(edges) - 1:
        return
    first, dead = edges[last], edges[last + 1]
    if dead.condition is default:
        raise GraphError(
            f"Two edges from {first.source!r} are always taken: to {first.target!r} and to {dead.target!r}. "
            "Give one of them a condition, such as when(key=value).",
            action=first.source,
        )
    raise GraphError(
        f"The edge {dead.source!r} -> {dead.target!r} ({dead.condition.name}) can never be taken: "
        f"the edge to {first.target!r} before it is always taken. Put the default edge last.",
        action=first.source,
    )


def unknown(message: str, name: str, known: Iterable[str]) -> str:
    """Return a message with the known name that was meant, and all that there are."""
    known = tuple(known)
    return f"{message}{did_you_mean(name, known)} There are: {', '.join(known) or 'none'}."
