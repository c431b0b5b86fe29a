"""`%agent map` in a real kernel: functions of cells sent to processes, and Stop."""

from __future__ import annotations

import pytest

from tests.kernels import Kernel

pytestmark = pytest.mark.kernel

CELLS = """
%load_ext notebook_agent
import threading, time
from notebook_agent import GraphBuilder, action

FACTOR = 3

@action(reads=["level"], writes=["score"])
def judge(state):
    if state["level"] == 13:
        raise ValueError("thirteen")
    while state["level"] == 99:
        print("begun", flush=True) if not begun else None
        begun.append(1)
        time.sleep(0.05)
    return state.update(score=FACTOR * state["level"])

@action(reads=["score"], writes=["answer"])
def answer(state):
    return state.update(answer=f"{state['score']} points")

begun = []
quiz = GraphBuilder().with_actions(judge, answer).with_transitions(("judge", "answer")).build()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Give a kernel with the quiz run once."""
    with Kernel(tmp_path_factory.mktemp("map")) as kernel:
        assert kernel.run(CELLS).error is None
        assert kernel.run("%agent use quiz level:=1\n%agent run").error is None
        yield kernel


def test_a_map_shows_a_grid_and_a_table(kernel):
    """The grid is one widget; its text is renewed at the end."""
    cell = kernel.run('%agent map @start level:=[2, 13] --pass "score > 5"')
    assert 1 == len(cell.displays)
    assert "2/2 forks, 1 passed, 1 failed" in cell.updates[-1]["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in cell.displays[0]
    assert "ValueError: thirteen" in cell.text
    assert "<details>" in cell.result["text/html"]


def test_without_widgets_a_map_shows_one_line(kernel):
    """One output that is renewed."""
    kernel.run('%config AgentMagics.display = "text"')
    cell = kernel.run("%agent map @start level:=[2, 3, 4]")
    kernel.run('%config AgentMagics.display = "auto"')
    assert [["text/plain"]] == [list(shown) for shown in cell.displays]
    assert "████████████████████████ 3/3 forks" in cell.updates[-1]["text/plain"]


def test_functions_of_cells_run_in_loky_s_processes(kernel):
    """Their globals travel too."""
    kernel.run("import loky; pool = loky.get_reusable_executor(1)")
    cell = kernel.run("%agent map @start level:=[5, 6] --on pool", timeout=120)
    assert cell.error is None
    assert "2 completed" in cell.text
    assert (
        "[15, 18]\n"
        == kernel.run(
            "print([agent.workspace.store().head_state(each.run)['score'] for each in agent.grid.grid])"
        ).stdout
    )


def test_a_capture_that_cannot_be_sent_is_named(kernel):
    """On one red line."""
    kernel.run("""
import loky
pool = loky.get_reusable_executor(1)
lock = threading.Lock()
@action(reads=["level"], writes=["score"])
def locked(state):
    with lock:
        return state.update(score=1)
""")
    cell = kernel.run("%agent map @start level:=[1, 2] --with judge=locked --on pool", timeout=120)
    assert cell.error is None
    assert "the action 'judge' cannot be pickled" in cell.stderr
    assert 1 == cell.stderr.count("cannot be pickled")


def test_stop_leaves_what_has_ended(kernel):
    """The table is kept, and the interrupted fork can be gone on with."""
    running = kernel.begin("%agent map @start level:=[2, 99, 3] -j 1")
    kernel.end(running, until="begun")
    kernel.interrupt()
    cell = kernel.end(running)
    assert "1 of 3 forks have ended" in cell.error
    assert ["completed", "interrupted", "not begun"] == eval(
        kernel.run("print([each.outcome for each in agent.grid.grid])").stdout
    )


def test_unloaded_the_python_call_shows_no_widget(kernel):
    """And works as in a script; loaded again it does."""
    kernel.run("%unload_ext notebook_agent")
    cell = kernel.run("len(agent.map('@start', {'level': [2, 3]}))")
    assert ["2", []] == [cell.text, [shown for shown in cell.displays if "application" in " ".join(shown)]]
    kernel.run("%load_ext notebook_agent")
    cell = kernel.run("%agent use quiz level:=1\n%agent map @start level:=[2, 3]")
    assert any("widget-view" in " ".join(shown) for shown in cell.displays)
