"""Branches in the tables: below the run whose step started them, their LLM calls with its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from notebook_agent import calls
from notebook_agent.calls.prices import PRICES
from notebook_agent.session.backend import PanelBackend
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


def test_a_run_command_counts_the_calls_of_its_branches(agent):
    """In its result and in the line of the step."""
    agent.use("asking", state={"topics": ["a", "b"], "topic": "c"})
    result = agent.run()
    assert (3, 3 * 9 + 6) == (result.spent.live, result.spent.tokens)
    assert [2, 1] == [row[4] for row in agent.log().rows]
    assert [2, 1] == [len(agent.calls(f"@{seq}").rows) for seq in (0, 1)]


def test_the_panel_counts_the_calls_of_branches_and_shows_whose_they_are(agent):
    """In its header, also while they run, and at the step that started them."""
    agent.use("asking", state={"topics": ["a", "b"], "topic": "c"})
    backend, told = PanelBackend(agent.workspace), []
    leave = backend.subscribe(told.append)
    agent.run()
    leave()
    totals = {"calls": 3, "replayed": 0, "tokens": 33, "cost": None}
    assert (totals, totals) == (backend.overview()["totals"], told[-1]["totals"])
    calls = [backend.handle({"id": 1, "do": "detail", "seq": seq})["detail"]["calls"] for seq in (0, 1)]
    assert [["ask_all 0-0", "ask_all 0-1"], [None]] == [[call.get("branch") for call in of] for of in calls]
    said = [call["messages"][0]["content"] for of in calls for call in of]
    assert ["a", "b", "c"] == said


def test_the_panel_shows_the_first_calls_of_very_many_branches(agent):
    """And says how many there are more."""
    agent.use("asking", state={"topics": ["a"] * 62, "topic": "c"})
    agent.step()
    detail = PanelBackend(agent.workspace).handle({"id": 1, "do": "detail", "seq": 0})["detail"]
    assert (60, 2) == (len(detail["calls"]), detail["moreCalls"])


def test_a_retry_counts_only_what_it_took_itself(agent, notebook):
    """Branches that an earlier attempt finished are not paid again."""
    notebook.cell(MAPPED.replace("for each in states]", "for each in states][PLACE]") + "PLACE = 9", "asking")
    agent.use("asking", state={"topics": ["a", "b"], "topic": "c"})
    with pytest.raises(IndexError):
        agent.step()
    notebook.names["PLACE"] = slice(None)
    assert "no LLM calls" == str(agent.retry().spent)


def test_calls_of_branches_are_exported(agent, tmp_path):
    """With those of the steps."""
    assert f"{tmp_path}/calls.json: 3 LLM calls" == str(agent.export(tmp_path / "calls.json", calls=True))


def test_calls_of_no_step_are_listed(agent):
    """By method, host and time, where a thread of its own made them while several steps ran."""
    app = agent.app
    step = app.history[1]
    stray = replace(app.history.calls(1)[0], step=None, started_at=step.started_at)
    app.store.record_call(stray)
    at = datetime.fromtimestamp(step.started_at).astimezone()
    assert ["", "", "of no step", f"POST {stray.host} {at:%H:%M:%S}"] == [*agent.calls().rows[-1][:4]]
    assert [stray.key] == [call.key for call in app.history.strays()]
    assert 4 == len(agent.log(calls=True).rows)


def test_calls_as_a_frame(agent):
    """Each with its step and branch, its tokens, and a cost only where the price is known."""
    app, host = agent.app, agent.app.history.calls()[0].host
    calls.register_price("m", host=host, input=1, output=2)
    fork = agent.app.fork(None)
    fork.run()
    del PRICES[host]
    first, again = app.history.calls_df(), fork.history.calls_df()
    columns = ["step", "branch", "action", "model", "outcome", "input_tokens", "output_tokens", "how"]
    rows = [(0, f"ask_all 0-{n}", "ask", "m", "answered", 9, 2, "live") for n in (0, 1)]
    assert [*rows, (1, "", "ask", "m", "answered", 9, 2, "live")] == [
        *first[columns].itertuples(index=False, name=None)
    ]
    assert ["replayed"] * 3 == list(again["how"])
    assert [True] * 3 == list(first["cost"].isna())
    assert [0.0] * 3 == list(again["cost"])
    assert all(0 < a <= b for a, b in zip(first["first"], first["ms"], strict=True))
