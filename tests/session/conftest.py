"""Agents for tests: a namespace as a kernel has it, and a store of their own."""

from __future__ import annotations

import linecache
import sys
from types import ModuleType

import pytest

from notebook_agent.session import Agent
from tests.servers import OpenAIServer
from tests.session.chat import CELLS


class HeardScreen:
    """Keep what a session says."""

    def __init__(self):
        self.said = []
        self.lines = []

    def say(self, sentence):
        """Keep the sentence."""
        self.said.append(sentence)

    def begin(self):
        """Begin new lines."""
        self.lines = []

    def end(self):
        """Do nothing: each line was kept."""

    def progress(self, lines):
        """Keep the lines."""
        self.lines = list(lines)

    def aside(self):
        """Return another, with lines of its own."""
        beside = HeardScreen()
        beside.said = self.said
        return beside


class Notebook:
    """Cells that run in one namespace, each with an id, and the agent that follows them."""

    def __init__(self, names=None):
        self.names = {"__name__": "__main__"} if names is None else names
        self.screen = HeardScreen()
        self.agent = Agent(self.names, self.screen)

    def cell(self, source, cell_id="one"):
        """Run a cell's source, as a kernel does."""
        name = f"<cell {cell_id} {len(linecache.cache)}>"
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        exec(compile(source, name, "exec"), self.names)
        self.agent.after_cell(cell_id)


@pytest.fixture
def server(monkeypatch):
    """Give a server that the openai client finds by the environment."""
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        yield server


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Give a notebook in a folder `demo` with the chat agent defined."""
    folder = tmp_path / "demo"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NOTEBOOK_AGENT_STORE", str(tmp_path / "store.db"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)  # as a kernel has it, so that classes are found again
    notebook = Notebook(vars(main))
    notebook.cell(CELLS)
    yield notebook
    if notebook.agent.workspace.app is not None:
        notebook.agent.workspace.store().close()


@pytest.fixture
def agent(notebook):
    """Give its agent, with the chat in use."""
    return notebook.agent.use("chat")
