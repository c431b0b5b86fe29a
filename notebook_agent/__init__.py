"""Build, watch, debug, rewind and fork an LLM agent without leaving the notebook.

`action` is the decorator, `graph` and `tracking` are modules; what is not needed at once loads when
it is used.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from notebook_agent._version import __version__
from notebook_agent.action import action, streaming_action
from notebook_agent.lazy import lazily

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notebook_agent import graph, tracking
    from notebook_agent.action import (
        Action,
        AsyncStreamingAction,
        Input,
        Placeholder,
        Result,
        StreamingAction,
        type_eraser,
    )
    from notebook_agent.application import Application, ApplicationContext
    from notebook_agent.builder import ApplicationBuilder
    from notebook_agent.condition import Condition, default, expr, on_error, when
    from notebook_agent.errors import AgentError
    from notebook_agent.graph import Graph, GraphBuilder
    from notebook_agent.session import Agent
    from notebook_agent.state import State
    from notebook_agent.tracking import LocalTrackingClient

__all__ = [
    "Action",
    "AgentError",
    "Application",
    "ApplicationBuilder",
    "ApplicationContext",
    "AsyncStreamingAction",
    "Condition",
    "Graph",
    "GraphBuilder",
    "Input",
    "LocalTrackingClient",
    "Placeholder",
    "Result",
    "State",
    "StreamingAction",
    "__version__",
    "action",
    "default",
    "expr",
    "graph",
    "load_ipython_extension",
    "on_error",
    "streaming_action",
    "tracking",
    "type_eraser",
    "unload_ipython_extension",
    "use",
    "when",
]

_load = lazily(
    __name__,
    {
        "AgentError": "errors",
        "ApplicationContext": "application",
        "on_error": "condition",
        "StreamingAction": "action",
        "type_eraser": "action",
        "Result": "action",
        "Placeholder": "action",
        "Input": "action",
        "AsyncStreamingAction": "action",
        "Action": "action",
        "Application": "application",
        "ApplicationBuilder": "builder",
        "Condition": "condition",
        "Graph": "graph",
        "GraphBuilder": "graph",
        "LocalTrackingClient": "tracking",
        "State": "state",
        "default": "condition",
        "expr": "condition",
        "when": "condition",
    },
)


def use(target: object = None, /, **options: object) -> Agent:
    """Return the session's `Agent` for a graph, an application or a run: see `session.use`."""
    agent: Agent = _module("session").use(target, **options)
    return agent


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the `%agent` magics and the displays: `%load_ext notebook_agent`."""
    _module("magics").load_ipython_extension(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take away all that `load_ipython_extension` added."""
    _module("magics").unload_ipython_extension(shell)


def __getattr__(name: str) -> object:
    return _module(name) if name in {"graph", "tracking"} else _load(name)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted(__all__)
