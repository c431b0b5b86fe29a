"""Graphs whose variable was made again: what differs, and the runs that go on with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from notebook_agent.action import code_id
from notebook_agent.application import Application
from notebook_agent.graph import Graph, Transition
from notebook_agent.ids import RunKey
from notebook_agent.session.namespace import usable_names
from notebook_agent.session.words import listing

__all__ = ["GraphMemory", "Rebuilt"]


@dataclass(frozen=True, slots=True)
class _Followed:
    """The variable that a run's graph comes from, what it held, and its graph as it was made."""

    name: str
    value: Graph | Application
    graph: Graph


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a variable's new value changes in a run.

    Attributes:
        edited: The actions that run other code, with their code before and after.
        said: The rest, a sentence each.
    """

    edited: Mapping[str, str]
    said: tuple[str, ...]


class GraphMemory:
    """Remembers from which variable each run has its graph, and gives it what that holds now."""

    def __init__(self) -> None:
        self._followed: dict[RunKey, _Followed] = {}
        self._told: dict[str, object] = {}

    def follow(
        self, key: RunKey, value: Graph | Application, names: Mapping[str, object], name: str = ""
    ) -> None:
        """Note that a run has its graph from the variable that holds this value, the named one if it does."""
        found = name if names.get(name) is value else _name_of(value, names)
        held = names.get(found or "")
        if found is not None and isinstance(held, Graph | Application):
            self._followed[key] = _Followed(found, held, _graph_of(held))

    def inherit(self, source: RunKey, made: RunKey) -> None:
        """Note that a run has its graph from where another one has it."""
        if source in self._followed:
            self._followed.setdefault(made, self._followed[source])

    def renew(self, app: Application, names: Mapping[str, object]) -> Rebuilt | None:
        """Give a run the graph that its variable holds now; return what is to be said, once for all runs.

        Functions that were put into the run's own graph stay where the variable's were not edited.
        """
        known = self._followed.get(app.key)
        now = None if known is None else names.get(known.name)
        if known is None or now is known.value or now is app or not isinstance(now, Graph | Application):
            return None
        self._followed[app.key] = _Followed(known.name, now, _graph_of(now))
        said = _renewed(app, known, now)
        if self._told.get(known.name) is now:
            return None
        self._told[known.name] = now
        return said


def _name_of(value: Graph | Application, names: Mapping[str, object]) -> str | None:
    for name in usable_names(names):
        held = names[name]
        if held is value or (isinstance(held, Application) and held.graph is value):
            return name
    return None


def _graph_of(value: Graph | Application) -> Graph:
    return value if isinstance(value, Graph) else value.graph


def _renewed(app: Application, known: _Followed, now: Graph | Application) -> Rebuilt:
    other = _other(known.name, now)
    if isinstance(now, Application) and now.parent_pointer is not None:
        return Rebuilt({}, other)
    new = _graph_of(now)
    gone = [name for name in app.graph.names if name not in new]
    if gone:
        told = f"{known.name} has no {listing(gone)} any more: the run in use keeps its graph"
        return Rebuilt({}, (*other, f"{told}, %agent use {known.name} begins a new one"))
    old, merged = app.graph, _merged(app.graph, known.graph, new)
    app.regraph(merged)
    return Rebuilt(dict(_edited(old, merged)), (*_differences(old, merged), *other))


def _other(name: str, now: Graph | Application) -> tuple[str, ...]:
    if isinstance(now, Graph):
        return ()
    return (f"{name} is another application now: %agent use {name} takes it",)


def _merged(own: Graph, before: Graph, new: Graph) -> Graph:
    """Put the functions that a run was given for itself into a new graph."""
    actions = []
    for node in new.actions:
        if node.name in own and node.name in before:
            mine, then = own.get_action(node.name), before.get_action(node.name)
            actions.append(mine if mine.code != then.code == node.code else node)
        else:
            actions.append(node)
    return Graph(actions, new.transitions, new.entrypoint)


def _edited(old: Graph, new: Graph) -> Iterator[tuple[str, str]]:
    for node in new.actions:
        before = old.get_action(node.name).code if node.name in old else node.code
        if before != node.code:
            yield node.name, f"{node.name} ({before[:4]} → {node.code[:4]})"


def _differences(old: Graph, new: Graph) -> Iterator[str]:
    added = [name for name in new.names if name not in old]
    if added:
        yield f"new in the graph: {listing(added)}"
    for source in new.names:
        yield from _of_edges(source, _edges(old, source), _edges(new, source))


class _Edge(NamedTuple):
    target: str
    condition: str
    says: str


def _edges(graph: Graph, source: str) -> list[_Edge]:
    return [
        _Edge(edge.target, edge.condition.name, _says(edge))
        for edge in graph.transitions
        if edge.source == source
    ]


def _says(edge: Transition) -> str:
    """What a condition is made of: its text, and the code of its functions."""
    codes = [code_id(function) for function in edge.condition.functions]
    return f"{edge.condition.data!r} {codes}"


def _of_edges(source: str, before: list[_Edge], now: list[_Edge]) -> Iterator[str]:
    if before == now:
        return
    gone = [edge for edge in before if edge not in now]
    new = [edge for edge in now if edge not in before]
    if not gone and not new:
        yield f"the edges from {source} are tried in another order"
    for edge in new:
        old = next((each for each in gone if each.target == edge.target), None)
        if old is None:
            yield f"the edge {source} → {edge.target} ({edge.condition}) is new"
        else:
            gone.remove(old)
            yield f"the edge {source} → {edge.target} changed: {_change(old, edge)}"
    for edge in gone:
        yield f"the edge {source} → {edge.target} ({edge.condition}) is gone"


def _change(old: _Edge, new: _Edge) -> str:
    same = old.condition == new.condition
    return f"{new.condition} is another function" if same else f"{old.condition} → {new.condition}"
