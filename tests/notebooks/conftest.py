"""The notebooks in a real kernel."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(name="environment", autouse=True)
def environment_fixture(monkeypatch):
    """No key and no server, unless a test sets them."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "NOTEBOOK_AGENT_STORE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture(name="execute")
def execute_fixture(environment):
    """Give a function that runs a notebook from top to bottom on a store; it returns the code cells."""

    def execute(name, store):
        environment.setenv("NOTEBOOK_AGENT_STORE", os.fspath(store))
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        NotebookClient(
            notebook,
            timeout=120,
            resources={"metadata": {"path": str(NOTEBOOKS)}},
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        ).execute()
        return [cell for cell in notebook.cells if cell.cell_type == "code"]

    return execute
