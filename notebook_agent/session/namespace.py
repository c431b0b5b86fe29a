"""The user's variables: what graphs and applications they hold, and whose notebook it is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from notebook_agent.application import Application
from notebook_agent.errors import CommandError
from notebook_agent.graph import Graph
from notebook_agent.session.words import hint

__all__ = [
    "graphs_in",
    "lookup",
    "main_namespace",
    "name_of",
    "project_name",
    "usable_graphs",
    "usable_names",
]


def main_namespace() -> dict[str, object]:
    """Return the variables of `__main__`: a notebook's, or a script's."""
    import sys

    return vars(sys.modules["__main__"])


def usable_names(namespace: Mapping[str, object]) -> list[str]:
    """Return the names that `use` could take, those of graphs first."""
    return list(graphs_in(namespace)) + _names(namespace, Application)


def usable_graphs(namespace: Mapping[str, object]) -> list[frozenset[str]]:
    """Return what the actions of each graph are called that `use` could take."""
    apps = (namespace[name] for name in _names(namespace, Application))
    graphs = [*graphs_in(namespace).values(), *(app.graph for app in apps if isinstance(app, Application))]
    return [frozenset(graph.names) for graph in graphs]


def graphs_in(namespace: Mapping[str, object]) -> dict[str, Graph]:
    """Return the graphs by name, the newest first."""
    found = {name: namespace[name] for name in _names(namespace, Graph)}
    return {name: graph for name, graph in reversed(found.items()) if isinstance(graph, Graph)}


def name_of(value: object, namespace: Mapping[str, object], default: str) -> str:
    """Return the variable that holds this very object."""
    return next((name for name in _names(namespace, type(value)) if namespace[name] is value), default)


def lookup(name: str, namespace: Mapping[str, object], runs: list[str]) -> object:
    """Return the variable of this name.

    Raises:
        CommandError: it is not defined; the message names what could be meant.
    """
    if name in namespace:
        return namespace[name]
    known = [*usable_names(namespace), *runs]
    raise CommandError(f"{name!r} is not defined.{hint(name, known, 'graphs, applications and runs')}")


def project_name(namespace: Mapping[str, object], folder: Path) -> str:
    """Return the notebook's name where a front end tells it, else that of the folder."""
    told = str(namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or "")
    stem = Path(told).stem if told.endswith(".ipynb") else folder.name
    return re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "notebook"


def _names(namespace: Mapping[str, object], kind: type) -> list[str]:
    return [name for name, value in namespace.items() if isinstance(value, kind) and not name.startswith("_")]
