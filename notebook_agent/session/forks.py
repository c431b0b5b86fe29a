"""Forks of a run, made for a person: checked first, labelled, and taken into use."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent.application import Application
from notebook_agent.errors import CommandError
from notebook_agent.graph import Graph
from notebook_agent.session.opening import opened
from notebook_agent.session.place import Place
from notebook_agent.session.references import Where, check_name
from notebook_agent.session.starting import check_edits, label_for
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State

__all__ = ["check_label", "fork", "next_after", "replaced", "seen_by"]


def next_after(app: Application, place: Place) -> str | None:
    """Return the action that a fork after a step begins with; None where nothing comes."""
    return _coming(app.graph, app.entrypoint, place, place.state())


def _coming(graph: Graph, entrypoint: str, place: Place, state: State) -> str | None:
    if place.seq is None:
        return entrypoint
    step = place.history[place.seq]
    if step.status != "completed" or step.action not in graph:
        return step.action
    return graph.next(step.action, state).target


def fork(
    ws: Workspace,
    where: Where,
    *,
    label: str | None = None,
    actions: Mapping[str, object] | None = None,
    state: Mapping[str, object] | None = None,
) -> tuple[Application, str]:
    """Make a fork at a step and take it into use; return it and the sentence that says so.

    None is made where the edits mean nothing, or where with them nothing can be decided.
    """
    place = ws.place(where)
    source = seen_by(ws, place)
    check_label(ws, label)
    new = _check_edits(source, place, actions or {}, state or {})
    left_out = place.left_out("%agent fork", state or ())
    seq = ... if place.latest else place.seq
    made = source.fork(seq, dict(state) if state else None, dict(actions) if actions else None)
    name = label or _fork_label(ws, made)
    made.history.store.label_run(made.key, name)
    ws.replay.inherit(source.key, made.key)
    ws.graphs.inherit(source.key, made.key)
    ws.take(made)
    following = made.get_next_action()
    told = [f"{name} forked from {place.name}", f"next {following.name if following else 'nothing'}"]
    more = f"; new in its state: {listing(new)}" if new else ""
    return made, f"{', '.join(told)}{more}{left_out and f'; {left_out}'}"


def _check_edits(
    source: Application,
    place: Place,
    actions: Mapping[str, object],
    edits: Mapping[str, object],
) -> list[str]:
    graph, state = replaced(source.graph, actions), place.state()
    new = check_edits(graph, state, edits)
    _coming(graph, source.entrypoint, place, state.update(**edits))
    return new


def replaced(graph: Graph, actions: Mapping[str, object]) -> Graph:
    """Return a graph with other functions under the names of actions."""
    for name, function in actions.items():
        graph = graph.replace(name, function)
    return graph


def seen_by(ws: Workspace, place: Place) -> Application:
    """Return the application of a place's run, with the graph in use where it has none of its own."""
    return opened(ws, place.history.run, ws.in_use().graph)


def check_label(ws: Workspace, label: str | None) -> None:
    """Refuse a label that cannot be typed, or that another run of the family in use has."""
    if label is not None:
        check_name(label)
    if label is not None and label in _labels(ws):
        raise CommandError(f"a run beside it is called {label!r} already: take another name", key=label)


def _labels(ws: Workspace) -> set[str]:
    return {run.label for run in ws.family() if run.label}


def _fork_label(ws: Workspace, made: Application) -> str:
    return label_for(ws.name, made.uid, _labels(ws))
