"""The chatbot notebook in a real kernel: on its recorded calls, and live."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from notebook_agent.store import open_store
from tests.openai_server.server import PROGRAM, arrived, chatbot_server

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_multimodal_chatbot.ipynb"
STORY = [
    *("prompt", "choose_mode", "answer_question", "reply"),
    *("prompt", "choose_mode", "write_code", "reply"),
    *("prompt", "choose_mode", "draw_image", "draw_image", "reply"),
    *("prompt", "choose_mode", "answer_question", "reply"),
]


def execute(store):
    """Run the notebook from top to bottom; return the exceptions that its cells ended with."""
    os.environ["NOTEBOOK_AGENT_STORE"] = str(store)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook,
        timeout=120,
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.ename for output in outputs if output.output_type == "error"]


@pytest.fixture(name="environment", autouse=True)
def environment_fixture(monkeypatch):
    """No key and no server, unless a test sets them."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "NOTEBOOK_AGENT_STORE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def story(path):
    """The runs of a store, oldest first, as (actions, statuses, replayed)."""
    store = open_store(path, read_only=True)
    told = []
    for run in reversed(store.runs()):
        steps = store.steps(run.key)
        calls = store.calls([step.ref for step in steps])
        told.append((steps, [call.replayed for call in calls]))
    return told


def test_the_story_is_told_without_a_key(tmp_path):
    """Step 10 fails, 11 goes on in its place, and every call is replayed."""
    assert ["AttributeError"] == execute(tmp_path / "store.db")
    (steps, replayed), (forked, _) = story(tmp_path / "store.db")
    assert STORY == [step.action for step in steps]
    assert [10] == [step.seq for step in steps if step.status == "failed"]
    assert [True] * 9 == replayed
    assert [4, 5, 6, 7] == [step.seq for step in forked][4:]


@pytest.mark.skipif(not PROGRAM.exists(), reason="the local server is not installed: make test")
def test_live_nothing_is_paid_twice(tmp_path, environment):
    """The same cells talk to a server; the repaired step is served the picture that was paid for."""
    with chatbot_server(tmp_path) as url:
        environment.setenv("OPENAI_BASE_URL", url)
        environment.setenv("OPENAI_API_KEY", "local")
        assert ["AttributeError"] == execute(tmp_path / "store.db")
        assert 10 == len(arrived(url))
        assert 1 == arrived(url).count("images/generations")
    (steps, replayed), _ = story(tmp_path / "store.db")
    assert STORY == [step.action for step in steps]
    assert [False] * 6 + [True] + [False] * 2 == replayed
