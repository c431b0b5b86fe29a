"""The session: what `%agent` commands do, as Python calls."""

from __future__ import annotations

from notebook_agent.session.agent import Agent
from notebook_agent.session.difference import Difference
from notebook_agent.session.gridview import GridView
from notebook_agent.session.questions import BlameView
from notebook_agent.session.results import RunResult, Spent, StateView, StepResult, Why
from notebook_agent.session.screen import Screen, SilentScreen
from notebook_agent.session.settings import Settings
from notebook_agent.session.shown import Said, Shown, Table
from notebook_agent.session.watching import BisectView, WatchView

__all__ = [
    "Agent",
    "BisectView",
    "BlameView",
    "Difference",
    "GridView",
    "RunResult",
    "Said",
    "Screen",
    "Settings",
    "Shown",
    "SilentScreen",
    "Spent",
    "StateView",
    "StepResult",
    "Table",
    "WatchView",
    "Why",
    "current",
    "use",
]

_current: list[Agent] = []


def current() -> Agent:
    """Return the session's Agent; there is one in a process."""
    if not _current:
        _current.append(Agent())
    return _current[0]


def use(target: object = None, **options: object) -> Agent:
    """Take a graph, an application or a stored run into use, see `Agent.use`; return the session's Agent."""
    if target is None and not options:
        return current()
    return current().use(target, **options)  # type: ignore[arg-type]  # handed on as given
