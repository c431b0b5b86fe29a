"""What stays of a run that was removed, for its forks."""

import re

import pytest

from notebook_agent.session.backend import PanelBackend

CELLS = """
from notebook_agent import action, expr, GraphBuilder

@action(reads=["n"], writes=["n"])
def inc(state):
    return state.update(n=state["n"] + 1)

g = GraphBuilder().with_actions(inc).with_transitions(("inc", "inc", expr("n < 6"))).build()
"""


@pytest.fixture
def leaf(notebook):
    """Give the agent of `leaf`, a fork of `mid`, a fork of `root`, of which `mid` was removed."""
    notebook.cell(CELLS)
    agent = notebook.agent.use("g", state={"n": 0})
    agent.step(2)
    agent.label("root")
    agent.fork("@1", label="mid")
    agent.step()
    agent.fork("mid@2", label="leaf")
    agent.step()
    agent.delete("mid", now=True)
    return agent


def test_the_log_of_a_fork_names_it(leaf):
    """With what says that it is gone."""
    runs = [row[-1] for row in leaf.log("leaf").rows]
    assert ["root", "root", "mid (removed)", "leaf"] == runs


def test_its_forks_are_compared(leaf):
    """With runs before it."""
    assert "root → leaf: 1 difference\n2 steps alike\n~ n: 2 → 4" == str(leaf.diff("root", "leaf"))


def test_a_page_carries_its_steps(leaf, tmp_path):
    """Each checkpoint of all the runs: 3 beginnings, 4 steps."""
    told = str(leaf.export(tmp_path / "leaf.html"))
    assert re.search(r": 7 checkpoints, ", told)


def test_the_panel_shows_the_family(leaf):
    """With the run between."""
    runs = PanelBackend(leaf.workspace).overview()["runs"]
    assert ["root", "mid (removed)", "leaf"] == [run["label"] for run in runs]
    assert [2, 1, 1] == [len(run["steps"]["action"]) for run in runs]


def test_it_is_no_run_any_more(leaf):
    """It is not listed."""
    assert ["leaf", "root"] == [row[1] for row in leaf.runs().rows]
