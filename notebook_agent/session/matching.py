"""Which graph of the namespace a stored run goes on with."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent.application import Application
from notebook_agent.errors import CommandError
from notebook_agent.graph import Graph
from notebook_agent.session.namespace import graphs_in
from notebook_agent.session.results import run_name
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import RunRecord

__all__ = ["graph_for", "lacking"]


def graph_for(ws: Workspace, run: RunRecord) -> Graph:
    """Return a graph of the user's that has all actions of a stored run: the one with fewest others.

    Graphs of applications count too; of equal ones the newest is taken.

    Raises:
        CommandError: there is none; the message names what the nearest one lacks.
    """
    needed = _actions(ws.tracker(run.key.project).store.graph(run.key))
    graphs = _graphs(ws.namespace)
    fitting = [graph for graph in graphs.values() if set(needed) <= set(graph.names)]
    if fitting:
        return min(fitting, key=lambda graph: len(graph.names))
    if not graphs:
        raise CommandError(
            f"{run_name(run)} needs its graph, with {listing(needed)}: run the cells that define its actions "
            "and the graph first",
            run=str(run.key),
        )
    name, graph = min(graphs.items(), key=lambda item: len(set(needed) - set(item[1].names)))
    missing = [action for action in needed if action not in graph.names]
    raise CommandError(
        f"{run_name(run)} needs a graph with {listing(missing)}, which {name} lacks: "
        f"run the cell that builds its graph, or begin a new run, %agent use {name}",
        run=str(run.key),
    )


def lacking(ws: Workspace, run: RunRecord, graph: Graph) -> list[str]:
    """Return the actions of a stored run's graph that another graph has not."""
    needed = _actions(ws.store().graph(run.key))
    return [action for action in needed if action not in graph.names]


def _graphs(namespace: Mapping[str, object]) -> dict[str, Graph]:
    """Return the graphs by name, the newest first, those of applications last."""
    found = [(name, value) for name, value in namespace.items() if isinstance(value, Application)]
    apps = {name: app.graph for name, app in reversed(found) if not name.startswith("_")}
    return {**graphs_in(namespace), **apps}


def _actions(graph: object) -> list[str]:
    actions = graph.get("actions", []) if isinstance(graph, Mapping) else []
    return [str(action["name"]) for action in actions]
