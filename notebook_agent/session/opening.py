"""What `use` takes: a graph, an application, or a stored run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notebook_agent.application import Application
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import CommandError, UnknownRunError
from notebook_agent.graph import Graph, GraphBuilder
from notebook_agent.session.matching import graph_for
from notebook_agent.session.namespace import lookup, name_of
from notebook_agent.session.projects import told_of_projects
from notebook_agent.session.references import begins_several, find_run
from notebook_agent.session.results import run_name
from notebook_agent.session.secrets import name_secrets
from notebook_agent.session.starting import check_state, entrypoint_of, label_for
from notebook_agent.session.words import a_kind, as_word
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State
from notebook_agent.store.protocol import RunRecord
from notebook_agent.tracking import LocalTrackingClient
from notebook_agent.view.escape import plural

__all__ = ["Opening", "opened", "use"]


@dataclass(frozen=True, slots=True)
class Opening:
    """How a graph or run is to be taken into use; see `Agent.use`."""

    entrypoint: str | None = None
    recorded: str | Path | None = None
    project: str | None = None
    state: Mapping[str, object] | None = None


def use(ws: Workspace, target: object, how: Opening) -> str:
    """Take `target` into use and return the line that says what it is."""
    if isinstance(target, str):
        return _use_named(ws, target, how)
    if isinstance(target, Graph):
        return _use_graph(ws, target, name_of(target, ws.namespace, "agent"), how)
    if isinstance(target, Application):
        return _use_app(ws, target, how)
    raise _unusable(target, f"use takes a graph, an application or a run's name; not {a_kind(target)}")


def _use_named(ws: Workspace, name: str, how: Opening) -> str:
    value = ws.namespace.get(name)
    if isinstance(value, Graph):
        return _use_graph(ws, value, name, how)
    if isinstance(value, Application):
        return _use_app(ws, value, how, name)
    tracker = ws.tracker(how.project)
    runs = tracker.runs()
    try:
        here = _find_here(ws, name) if how.project is None else None
        run = here or find_run(name, runs)
    except UnknownRunError:
        if name not in ws.namespace and begins_several(name, runs):
            raise
        _check_removed(tracker, name, ws.namespace)
        with told_of_projects(ws):
            found = lookup(name, ws.namespace, [run_name(each) for each in runs])
        told = f"{name} is {a_kind(found)}: use takes a graph, an application or a run"
        raise _unusable(found, told, name) from None
    line = ws.replay.choose(how.recorded, ws.settings.ledger)
    app = opened(ws, run, tracker=None if here else tracker)
    ws.take(app, name_of(app.graph, ws.namespace, ws.name))
    return _line(app, line)


def _check_removed(tracker: LocalTrackingClient, name: str, namespace: Mapping[str, object]) -> None:
    """Say of a run that was deleted, and can be brought back, that it was."""
    removed = tracker.store.removed(tracker.project)
    if name not in namespace and any(name in {run.label, run.key.app_id, run.key.short} for run in removed):
        raise CommandError(f"{name} was deleted: %agent restore {as_word(name)} brings it back")


def _unusable(value: object, told: str, name: str = "builder") -> CommandError:
    if isinstance(value, ApplicationBuilder | GraphBuilder):
        return CommandError(f"{told}; a builder makes one: {name} = {name}.build()")
    return CommandError(told)


def _find_here(ws: Workspace, name: str) -> RunRecord | None:
    """Find a run beside the one in use, which may be in another project, or in memory."""
    try:
        return None if ws.app is None else find_run(name, ws.runs(), family=ws.family())
    except UnknownRunError:
        return None


def _use_graph(ws: Workspace, graph: Graph, name: str, how: Opening) -> str:
    entrypoint = entrypoint_of(graph, how.entrypoint)
    check_state(name, graph, entrypoint, how.state or {})
    told = ws.replay.choose(how.recorded, ws.settings.ledger)
    tracker = ws.tracker(how.project)
    before = tracker.runs()
    builder = ApplicationBuilder().with_graph(graph).with_entrypoint(entrypoint).with_tracker(tracker)
    app = builder.with_state(State(dict(how.state or {}))).with_identifiers(app_id=str(uuid.uuid4())).build()
    taken = {run.label for run in before if run.label}
    tracker.store.label_run(app.key, label_for(name, app.uid, taken))
    ws.graphs.follow(app.key, graph, ws.namespace, name)
    ws.take(app, name)
    name_secrets(ws, app.state, how.state or {})
    return _line(app, told, _offer(before, graph))


def _use_app(ws: Workspace, app: Application, how: Opening, name: str | None = None) -> str:
    name = name or name_of(app, ws.namespace, "app")
    run = app.history.run
    if run.label is None:
        taken = {each.label for each in app.history.store.runs(app.key.project) if each.label}
        app.history.store.label_run(app.key, label_for(name, app.uid, taken))
    told = ws.replay.choose(how.recorded, ws.settings.ledger)
    moved = "" if app.sequence_id == run.head else "it has gone on elsewhere: taken where it stands now"
    ws.graphs.follow(app.key, app, ws.namespace, name)
    app = app.reopen() if moved else app
    ws.take(app, name)
    return _line(app, told, moved, _in_memory(app))


def opened(
    ws: Workspace, run: RunRecord, graph: Graph | None = None, tracker: LocalTrackingClient | None = None
) -> Application:
    """Return an application that stands where a stored run stands, the one used before if it does."""
    app = _opened(ws, run, graph, tracker)
    ws.renew_graph(app)
    return app


def _opened(
    ws: Workspace, run: RunRecord, graph: Graph | None, tracker: LocalTrackingClient | None
) -> Application:
    known = ws.apps.get(run.key)
    if known is not None:
        return known if known.sequence_id == run.head else known.reopen()
    in_memory = ws.app is not None and ws.store().location == ":memory:"
    if ws.app is not None and (in_memory or graph is not None):
        ws.graphs.inherit(ws.app.key, run.key)
    if ws.app is not None and in_memory:
        return ws.app.reopen(run.key)
    found = graph or graph_for(ws, run)
    if graph is None:
        ws.graphs.follow(run.key, found, ws.namespace)
    return _open(ws, run, found, tracker)


def _open(ws: Workspace, run: RunRecord, graph: Graph, tracker: LocalTrackingClient | None) -> Application:
    tracker = tracker or ws.tracker(run.key.project)
    return (
        ApplicationBuilder()
        .with_graph(graph)
        .initialize_from(
            tracker, resume_at_next_action=True, default_state={}, default_entrypoint=run.entrypoint
        )
        .with_tracker(tracker)
        .with_identifiers(app_id=run.key.app_id, partition_key=run.key.partition_key)
        .build()
    )


def _line(app: Application, *more: str) -> str:
    following = app.get_next_action()
    history = app.history
    parts = [
        plural(len(app.graph.actions), "action"),
        f"next {following.name if following else 'nothing'}",
        plural(len(history), "step"),
    ]
    rest = "".join(f"\n{text}" for text in more if text)
    return f"{run_name(history.run)}: {', '.join(parts)}{rest}"


def _offer(before: list[RunRecord], graph: Graph) -> str:
    for run in before:
        if run.status in {"failed", "interrupted"} and run.action in graph.names:
            name = run_name(run)
            return f"{name} stopped at @{run.head} {run.action} ({run.status}): %agent resume {name}"
    return ""


def _in_memory(app: Application) -> str:
    if app.history.store.location != ":memory:":
        return ""
    return "its history is in memory and ends with the kernel; build it with a tracker to keep it"
