"""The chatbot notebook in a real kernel: on its recorded calls, and live."""

from __future__ import annotations

import pytest

from notebook_agent.store import open_store
from tests.openai_server.server import PROGRAM, arrived, chatbot_server

NOTEBOOK = "01_multimodal_chatbot.ipynb"
STORY = [
    *("prompt", "choose_mode", "answer_question", "reply"),
    *("prompt", "choose_mode", "write_code", "reply"),
    *("prompt", "choose_mode", "draw_image", "draw_image", "reply"),
    *("prompt", "choose_mode", "answer_question", "reply"),
]


def failures(cells):
    """The exceptions that cells ended with."""
    outputs = [output for cell in cells for output in cell.outputs]
    return [output.ename for output in outputs if output.output_type == "error"]


def story(path):
    """The runs of a store, oldest first, as (actions, statuses, replayed)."""
    store = open_store(path, read_only=True)
    told = []
    for run in reversed(store.runs()):
        steps = store.steps(run.key)
        calls = store.calls([step.ref for step in steps])
        told.append((steps, [call.replayed for call in calls]))
    return told


def test_the_story_is_told_without_a_key(execute, tmp_path):
    """Step 10 fails, 11 goes on in its place, and every call is replayed."""
    assert ["AttributeError"] == failures(execute(NOTEBOOK, tmp_path / "store.db"))
    (steps, replayed), (forked, _) = story(tmp_path / "store.db")
    assert STORY == [step.action for step in steps]
    assert [10] == [step.seq for step in steps if step.status == "failed"]
    assert [True] * 9 == replayed
    assert [4, 5, 6, 7] == [step.seq for step in forked][4:]


@pytest.mark.skipif(not PROGRAM.exists(), reason="the local server is not installed: make test")
def test_live_nothing_is_paid_twice(execute, tmp_path, environment):
    """The same cells talk to a server; the repaired step is served the picture that was paid for."""
    with chatbot_server(tmp_path) as url:
        environment.setenv("OPENAI_BASE_URL", url)
        environment.setenv("OPENAI_API_KEY", "local")
        assert ["AttributeError"] == failures(execute(NOTEBOOK, tmp_path / "store.db"))
        assert 10 == len(arrived(url))
        assert 1 == arrived(url).count("images/generations")
    (steps, replayed), _ = story(tmp_path / "store.db")
    assert STORY == [step.action for step in steps]
    assert [False] * 6 + [True] + [False] * 2 == replayed
