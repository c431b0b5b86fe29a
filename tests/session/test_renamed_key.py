"""An action that was edited to read a key that is not there: said before it fails for it."""

from __future__ import annotations

import pytest

from notebook_agent.session import Agent
from tests.session.conftest import Notebook

CODE = """
from notebook_agent import action, graph

@action(reads=[], writes=["q"])
def ask(state, prompt: str):
    return state.update(q=prompt)

@action(reads=["q"], writes=["a"])
def work(state):
    return state.update(a=state["q"])

g = graph.GraphBuilder().with_actions(ask, work).with_transitions(("ask", "work"), ("work", "ask")).build()
"""
RENAMED = CODE.replace('reads=["q"]', 'reads=["question"]').replace('state["q"]', 'state["question"]')
TOLD = (
    "work now reads 'question', which nothing writes and the state does not have: "
    "%agent fork question:=.. gives it"
)


@pytest.fixture
def notebook():
    """A run of one turn."""
    notebook = Notebook()
    notebook.cell(CODE)
    notebook.agent.use("g")
    notebook.agent.run({"prompt": "hi"})
    return notebook


def test_the_edit_says_it(notebook):
    """Once, with the command; what it names makes the run go on."""
    notebook.cell(RENAMED)
    assert 1 == "\n".join(notebook.screen.said).count(TOLD)
    notebook.agent.fork(state={"question": "and?"})
    assert {"q": "again", "a": "and?", "question": "and?"} == dict(
        notebook.agent.run({"prompt": "again"}).state
    )


def test_resume_says_it(notebook):
    """In a new kernel, where the cells were run again."""
    again = Notebook()
    again.cell(RENAMED)
    agent = Agent(again.names, again.screen)
    assert TOLD in str(agent.resume(look=True))


def test_a_key_that_is_there_or_that_something_writes_is_not_told(notebook):
    """The edit alone is."""
    notebook.cell(CODE.replace('reads=["q"]', 'reads=["q", "a"]'))
    notebook.cell(CODE.replace('"q"', '"k"').replace("q=prompt", "k=prompt"))
    assert "now reads" not in "\n".join(notebook.screen.said)


def test_the_status_and_the_graph_show_what_was_edited(notebook):
    """Until it has run so."""
    notebook.cell(CODE.replace('a=state["q"]', 'a=[state["q"]]'))
    agent = notebook.agent
    assert "\ncode changed since: work (" in str(agent.status())
    assert "\n  work  (edited) · reads q" in str(agent.graph())
    assert "▸ ask · takes prompt" in str(agent.graph("text"))
    agent.run({"prompt": "again"})
    assert "changed" not in str(agent.status())
    assert "edited" not in str(agent.graph("text"))
