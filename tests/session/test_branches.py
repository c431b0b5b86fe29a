"""Branches in the tables: below the run whose step started them, their LLM calls with its own."""

from __future__ import annotations

import pytest

from tests.servers import OpenAIServer

MAPPED = """
import openai
from notebook_agent.parallelism import MapStates

@action(reads=["topic"], writes=["said"])
def ask(state):
    with openai.OpenAI(max_retries=0) as client:
        asked = [{"role": "user", "content": state["topic"]}]
        reply = client.chat.completions.create(model="m", messages=asked)
    return state.update(said=reply.choices[0].message.content)

class AskAll(MapStates):
    reads = ["topics"]
    writes = ["answers"]

    def action(self, state, inputs):
        return ask

    def states(self, state, context, inputs):
        for topic in state["topics"]:
            yield state.update(topic=topic)

    def reduce(self, state, states):
        return state.update(answers=[each["said"] for each in states])

asking = (
    graph.GraphBuilder()
    .with_actions(ask_all=AskAll(), ask=ask)
    .with_transitions(("ask_all", "ask"))
    .build()
)
"""


@pytest.fixture
def agent(notebook, monkeypatch):
    """Two branches and one step of its own, all of which ask a model."""
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        notebook.cell(MAPPED, "asking")
        notebook.agent.use("asking", state={"topics": ["a", "b"], "topic": "c"})
        notebook.agent.run()
        yield notebook.agent


def test_calls_of_branches_stand_with_their_step(agent):
    """Each under the name of its branch."""
    table = agent.calls()
    assert ("seq", "branch", "action") == table.columns[:3]
    assert [(0, "ask_all 0-0@0"), (0, "ask_all 0-1@0"), (1, "")] == [row[:2] for row in table.rows]


def test_a_step_tells_what_was_said_in_its_branches(agent):
    """As of its own calls."""
    told = str(agent.calls("@0"))
    assert "Echo: a" in told
    assert "Echo: b" in told
    assert "Echo: c" not in told


def test_a_step_without_branches_has_no_such_column(agent):
    """Its table is as it was."""
    assert ("seq", "action") == agent.calls("@1").columns[:2]


@pytest.mark.parametrize("tree", [False, True])
def test_branches_are_listed_under_the_run_that_started_them(agent, tree):
    """Newer runs do not part them, forks come after them."""
    name = agent.workspace.label()
    agent.fork("@0", label="fork")
    runs = [row[1] for row in agent.runs(tree=tree).rows]
    below = [name, "  ask_all 0-0", "  ask_all 0-1"]
    assert (([*below, "  fork"]) if tree else ["fork", *below]) == runs
