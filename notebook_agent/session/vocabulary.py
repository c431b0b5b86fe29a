"""The words that TAB offers, from what there is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from types import FunctionType

from notebook_agent.errors import AgentError
from notebook_agent.session.namespace import usable_names
from notebook_agent.session.projects import project_names
from notebook_agent.session.references import typed_name
from notebook_agent.session.results import run_name
from notebook_agent.session.standing import upcoming
from notebook_agent.session.workspace import Workspace

__all__ = ["words"]


def words(ws: Workspace, kind: str, run: str | None = None) -> Iterable[str]:
    """Return the words of a kind; nothing where none can be told. `run` asks for another run's steps."""
    kinds: dict[str, Callable[[], Iterable[str]]] = {
        "name": lambda: usable_names(ws.namespace),
        "run": lambda: [run_name(each) for each in ws.runs()],
        "project": lambda: project_names(ws),
        "removed": lambda: _removed(ws),
        "step": lambda: _steps(ws, run),
        "replay": lambda: ["run"],
        "action": lambda: ws.in_use().graph.names,
        "input": lambda: _inputs(ws),
        "key": lambda: ws.in_use().state,
        "function": lambda: _named(ws, FunctionType),
        "executor": lambda: _named(ws, Executor),
    }
    try:
        return list(kinds[kind]()) if kind in kinds else []
    except AgentError:
        return []


def _removed(ws: Workspace) -> list[str]:
    removed = ws.store().removed(ws.project())
    return [typed_name(each, removed) for each in removed]


def _named(ws: Workspace, kind: type) -> list[str]:
    """Return the user's names of objects of a kind."""
    return [
        name for name, value in ws.namespace.items() if isinstance(value, kind) and not name.startswith("_")
    ]


def _steps(ws: Workspace, run: str | None) -> list[str]:
    history, _ = ws.resolve(f"{run}@head" if run else "@head")
    steps = list(history)
    names = dict.fromkeys(step.action for step in reversed(steps))
    return ["head", "start", *(str(step.seq) for step in reversed(steps)), *names]


def _inputs(ws: Workspace) -> list[str]:
    app = ws.in_use()
    following = upcoming(app).action
    action = None if following is None else app.graph.get_action(following)
    first = [] if action is None else [*action.required, *action.optional]
    return list(dict.fromkeys([*first, *app.graph.input_names]))
