"""What lies before forks that cannot be taken back, said before the first of them runs."""

from __future__ import annotations

from collections.abc import Collection

from notebook_agent.graph import Graph
from notebook_agent.session.words import listing

__all__ = ["ahead_line"]


def ahead_line(
    graph: Graph, first: str, halts: Collection[str], before: Collection[str], *, leave: bool
) -> str:
    """Say which irreversible actions forks can come to that begin with `first`; nothing where none.

    Args:
        graph: What they run.
        first: The action that they begin with.
        halts: Actions after which they halt.
        before: Actions before which they halt. Without either they end where an input is asked for.
        leave: Whether they may fire what they come to.
    """
    found = [
        name
        for name in _reached(graph, first, halts, before)
        if graph.get_action(name).effect == "irreversible"
    ]
    if not found:
        return ""
    if leave:
        return f"irreversible ahead: {listing(found)}, fired by each fork that comes to it"
    return (
        f"irreversible ahead: {listing(found)}, where a fork is refused that comes to it with other values "
        "than the record's, and does not pass; --allow-effects lets each fire it, --until ends before it"
    )


def _reached(graph: Graph, first: str, halts: Collection[str], before: Collection[str]) -> list[str]:
    found, waiting = list[str](), [first]
    while waiting:
        name = waiting.pop()
        if name in found or (found and _ends_at(graph, name, halts, before)):
            continue
        found.append(name)
        if name not in halts:
            waiting += [edge.target for edge in graph.transitions if edge.source == name]
    return found


def _ends_at(graph: Graph, name: str, halts: Collection[str], before: Collection[str]) -> bool:
    one_turn = not halts and not before
    return name in before or (one_turn and bool(graph.get_action(name).required))
