"""What the package gives by name, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

import notebook_agent


def test_public_names():
    """Those that users are told of."""
    assert [
        *("Action", "AgentError", "Application", "ApplicationBuilder", "ApplicationContext"),
        *("AsyncStreamingAction", "Condition", "Graph", "GraphBuilder", "Input", "LocalTrackingClient"),
        *("Placeholder", "Result", "State", "StreamingAction", "__version__", "action", "default", "expr"),
        *("graph", "load_ipython_extension", "on_error", "streaming_action", "tracking"),
        *("type_eraser", "unload_ipython_extension", "use", "when"),
    ] == notebook_agent.__all__


@pytest.mark.parametrize("name", notebook_agent.__all__)
def test_each_public_name_is_there(name):
    """And in `dir`."""
    assert getattr(notebook_agent, name) is not None
    assert name in dir(notebook_agent)


@pytest.mark.parametrize("name", ["graph", "tracking"])
def test_modules_stay_modules(name):
    """`notebook_agent.graph` is where `GraphBuilder` is."""
    assert isinstance(getattr(notebook_agent, name), types.ModuleType)


def test_the_decorator_has_one_name_in_both_places():
    """`from notebook_agent import action` and `from notebook_agent.action import action` are the same."""
    from notebook_agent.action import action

    assert notebook_agent.action is action


@pytest.mark.parametrize(
    "line",
    [
        "from notebook_agent.action import Condition, default, expr, when",
        "from notebook_agent.application import ApplicationBuilder",
        "from notebook_agent.lifecycle.base import PostRunStepHook, ExecuteMethod",
        "from notebook_agent.tracking.client import LocalTrackingClient",
        "from notebook_agent.visibility import TracerFactory, trace",
    ],
)
def test_names_are_found_where_burr_has_them(line):
    """So that a changed prefix is enough."""
    exec(line, {})


def test_the_type_eraser_returns_the_method():
    """It is there for type checkers."""

    def run(self, state, increment_by):
        """Name an input."""

    assert notebook_agent.type_eraser(run) is run


def test_an_unknown_name_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = notebook_agent.nothing


NEVER = [
    "IPython",
    "anywidget",
    "asyncio",
    "graphviz",
    "httpx",
    "ipywidgets",
    "openai",
    "opentelemetry",
    "pygraphviz",
    "sqlite3",
]


@pytest.mark.parametrize(
    "line",
    [
        "import notebook_agent",
        "from notebook_agent import ApplicationBuilder, State, default, graph, when",
        "from notebook_agent.action import action",
        "from notebook_agent.tracking import LocalTrackingClient",
        "from notebook_agent.parallelism import MapStates",
    ],
)
def test_importing_loads_nothing_heavy(line):
    """Those packages load when they are used."""
    code = f"{line}\nimport sys; print([name for name in {NEVER} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
