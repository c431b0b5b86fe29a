"""Runs beside the cells."""

from __future__ import annotations

import threading
from dataclasses import replace

import openai
import pytest

from notebook_agent.engine import Stopped
from notebook_agent.errors import AgentError, CommandError, ForkError
from notebook_agent.lifecycle import RunPaused
from tests.servers import OpenAIServer

SLOW = """
@action(reads=["n"], writes=["n"])
def first(state):
    return state.update(n=state.get("n", 0) + 1)


@action(reads=["n"], writes=["n"])
def second(state):
    begun.set()
    go_on.wait(20)
    return state.update(n=state["n"] + 1)


slow = graph.GraphBuilder().with_actions(first, second).with_transitions(("first", "second")).build()
"""


@pytest.fixture
def slow(notebook):
    """Give an agent whose second action waits."""
    notebook.names |= {"begun": threading.Event(), "go_on": threading.Event()}
    notebook.cell(SLOW)
    yield notebook.agent.use("slow", state={"n": 0})
    notebook.names["go_on"].set()
    notebook.agent.workspace.worker.check()


def test_a_run_goes_on_beside_the_cells(notebook, slow):
    """The command returns, says so, and tells later what it came to."""
    made = slow.background("run")
    assert notebook.names["begun"].wait(20)
    label = slow.history().run.label
    assert f"{label} runs beside the cells: the panel shows it and can hold it, %agent stop ends it" == str(
        made
    )
    notebook.names["go_on"].set()
    assert 2 == made.job.result().state["n"]
    assert str(made.job.result()) == str(made)


def test_a_cell_beside_a_run_makes_its_own_llm_calls(notebook, slow):
    """They are no part of the run, and leave though the run is strict."""
    notebook.agent.settings = replace(notebook.agent.settings, ledger="strict")
    with OpenAIServer() as server, openai.OpenAI(base_url=server.base_url, api_key="k") as client:
        made = slow.background("run")
        assert notebook.names["begun"].wait(20)
        client.embeddings.create(model="m", input="mine")
        notebook.names["go_on"].set()
        assert 2 == made.job.result().state["n"]
    assert (1, ()) == (len(server.journal), slow.calls().rows)


def test_a_fork_beside_a_run_begins_after_the_last_step_that_has_ended(notebook, slow):
    """What still runs is refused where it is named."""
    run = slow.app
    made = slow.background("run")
    assert notebook.names["begun"].wait(20)
    with pytest.raises(ForkError, match=r"Step 1 \(second\) of the run .* still runs"):
        slow.fork("@1")
    assert "@0, next second" in str(slow.fork())
    assert ((run.key, 0), {"n": 1}) == (
        (slow.app.history.run.parent.run, slow.app.sequence_id),
        slow.app.state,
    )
    notebook.names["go_on"].set()
    assert 2 == made.job.result().state["n"]
    assert [0] == [step.seq for step in slow.app.history]


def test_what_cannot_begin_is_refused_at_once(agent):
    """As in a cell."""
    with pytest.raises(AgentError, match="needs the input 'prompt'"):
        agent.background("run")


def test_what_does_not_run_steps_has_no_place_there(agent):
    """Such as a question."""
    with pytest.raises(CommandError, match="run, retry and resume do"):
        agent.background("state")


def test_a_failed_run_says_so(agent):
    """And is retried there."""
    made = agent.background("run", prompt="draw x")
    made.job.wait(20)
    assert f"{made.run} ended: ValueError: Demo error" == str(made)
    with pytest.raises(ValueError, match="Demo error"):
        agent.background("retry").job.result()
    assert ["failed", "failed"] == [step.status for step in agent.history()][-2:]


def test_a_run_is_held_and_let_go(notebook, slow):
    """By commands, where no panel is."""
    notebook.names["go_on"].set()
    slow.breakpoints("second")
    held = threading.Event()
    slow.app.subscribe(lambda event: isinstance(event, RunPaused) and held.set())
    made = slow.background("run")
    assert held.wait(20)
    assert 1 == slow.app.state["n"]
    assert "goes on" in str(slow.pause(off=True))
    assert 2 == made.job.result().state["n"]


def test_a_held_run_is_stopped_with_what_it_did(slow):
    """Between two steps nothing is interrupted."""
    slow.breakpoints("second")
    held = threading.Event()
    slow.app.subscribe(lambda event: isinstance(event, RunPaused) and held.set())
    made = slow.background("run")
    assert held.wait(20)
    assert "stopped" == str(slow.stop())
    with pytest.raises(Stopped):
        made.job.result()
    assert ["completed"] == [step.status for step in slow.history()]


def test_what_goes_on_is_held_though_another_run_is_in_use(notebook, slow):
    """And `%agent` says which goes on."""
    notebook.names["go_on"].set()
    held = threading.Event()
    slow.app.subscribe(lambda event: isinstance(event, RunPaused) and held.set())
    slow.breakpoints("second")
    made = slow.background("run")
    assert held.wait(20)
    slow.use("slow", state={"n": 5})
    assert f"{made.run} goes on beside the cells; %agent stop ends it" == str(slow.status()).splitlines()[-1]
    assert f"{made.run} is held before its next step: %agent pause --off lets it go on" == str(slow.pause())
    assert f"{made.run} goes on" == str(slow.pause(off=True))
    assert 2 == made.job.result().state["n"]
    assert "goes on" not in str(slow.status())


def test_a_run_that_made_the_most_steps_says_why(notebook, slow):
    """Its steps all completed, so that no line of theirs tells."""
    notebook.cell(SLOW.replace('("first", "second"))', '("first", "second"), ("second", "first"))'))
    slow.use("slow", state={"n": 0})
    made = slow.background("run", max_steps=2)
    assert notebook.names["begun"].wait(20)
    notebook.names["go_on"].set()
    assert made.job.wait(20)
    said = notebook.screen.said[-1]
    assert said.startswith(f"{made.run}: halted after 2 steps, the most of one command (--max-steps):")
    assert made.job.result().halted in said


@pytest.mark.parametrize("command", ["stop", "pause"])
def test_where_nothing_runs_there_is_nothing_to_hold(agent, command):
    """Said in a sentence."""
    with pytest.raises(CommandError, match="nothing runs beside the cells"):
        getattr(agent, command)()


def test_breakpoints_are_a_table(agent):
    """Set, with a condition, and taken away."""
    agent.breakpoints("image")
    assert (("image", "always"), ("text", "n > 3")) == agent.breakpoints("text", condition="n > 3").rows
    assert (("text", "n > 3"),) == agent.breakpoints("image", off=True).rows
    assert "no breakpoints: %agent break ACTION sets one" == str(agent.breakpoints(off=True))


def test_a_breakpoint_halts_a_turn(agent):
    """The result says so, and the next run goes on."""
    agent.breakpoints("text", condition="prompt == 'what is x'")
    result = agent.run(prompt="what is x")
    assert ("text", "breakpoint: text is next") == (result.next, result.halted)
    assert "text: what is x" == agent.run().state["response"]
