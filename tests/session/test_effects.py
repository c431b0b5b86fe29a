"""What cannot be taken back, from the command line."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.errors import EffectError, MissingKeyError
from notebook_agent.magics.reading import read_line
from notebook_agent.session import Agent
from notebook_agent.session.backend import PanelBackend


def test_a_retry_needs_leave_and_gets_it_once():
    """The leave ends with the command."""
    sent = []

    @action(reads=[], writes=[], effect="irreversible")
    def send(state):
        sent.append(1)
        raise ConnectionError("no answer")

    app = ApplicationBuilder().with_actions(send).with_entrypoint("send").build()
    agent = Agent({}).use(app)
    with pytest.raises(ConnectionError):
        agent.run()
    with pytest.raises(EffectError, match="--allow-effects"):
        agent.retry()
    with pytest.raises(ConnectionError):
        agent.retry(allow_effects=True)
    with pytest.raises(EffectError):
        agent.retry()
    assert 2 == len(sent)


@pytest.mark.parametrize("command", ["run", "retry"])
def test_the_flag_is_an_option_of_the_call(command):
    """Given, and else left out."""
    assert read_line(f"{command} --allow-effects", scope=None).options["allow_effects"]
    assert "allow_effects" not in read_line(command, scope=None).options


SENDING = """
from notebook_agent import action, graph
SENT = []

@action(reads=["n"], writes=["sent"], effect="irreversible")
def send(state):
    SENT.append(state["n"])
    return state.update(sent=True)

sending = graph.GraphBuilder().with_actions(send).build()
"""


def test_a_step_that_was_served_is_told_from_one_that_was_fired(notebook):
    """In its line, and in the log."""
    notebook.cell(SENDING, "sending")
    agent = notebook.agent.use("sending", state={"n": 1})
    agent.run()
    assert not notebook.screen.lines[-1].endswith("served, not fired")
    agent.fork("@start")
    agent.run()
    assert notebook.screen.lines[-1].endswith("served, not fired")
    assert ["served, not fired"] == [row[2] for row in agent.log().rows]
    agent.fork("@start")
    told = str(agent.run())
    assert "\n@0 send: served, not fired\n" in told
    agent.fork("@start")
    assert f"{agent.workspace.label()}@0 send: served, not fired" in str(agent.step())
    assert [1] == notebook.names["SENT"]


AHEAD = """
from notebook_agent import action, graph
SENT = []

@action(reads=["n"], writes=["m"])
def think(state):
    return state.update(m=state["n"])

@action(reads=["m"], writes=["sent"], effect="irreversible")
def send(state):
    SENT.append(state["m"])
    return state.update(sent=True)

@action(reads=[], writes=["n"])
def ask(state, n: int):
    return state.update(n=n)

ahead = graph.GraphBuilder().with_actions(ask, think, send).with_transitions(
    ("ask", "think"), ("think", "send"), ("send", "ask")
).build()
"""


def test_a_map_says_first_what_cannot_be_taken_back(notebook):
    """Where forks can come to it; those that are refused there do not pass."""
    notebook.cell(AHEAD, "ahead")
    agent = notebook.agent.use("ahead", entrypoint="ask")
    agent.run(n=1)
    before = len(notebook.screen.said)
    view = agent.map("@0", {"n": [1, 5]}, passes="n > 0")
    assert ["completed", "refused"] == [each.outcome for each in view.grid]
    assert [True, False] == [each.passed for each in view.grid]
    assert [True] == [told.startswith("irreversible ahead: send,") for told in notebook.screen.said[before:]]
    before = len(notebook.screen.said)
    agent.map("@0", {"n": [1, 5]}, until="think")
    agent.map("@0", {"n": [1, 5]}, before="send")
    agent.map("@2", {"n": [1]}, before="think")
    assert [] == notebook.screen.said[before:]
    agent.map("@0", {"n": [5]}, allow_effects=True)
    assert ["irreversible ahead: send, fired by each fork that comes to it"] == notebook.screen.said[before:]


def test_the_panel_is_told_which_steps_were_served(notebook):
    """In the message as it happens, and in the overview of each run."""
    notebook.cell(SENDING, "sending")
    agent = notebook.agent.use("sending", state={"n": 1})
    agent.run()
    backend, told = PanelBackend(agent.workspace), []
    agent.fork("@start")
    leave = backend.subscribe(told.append)
    agent.run()
    leave()
    steps = [run["steps"].get("served") for run in backend.overview()["runs"]]
    assert (None, [0]) == (*steps,)
    assert [0] == told[-1]["run"]["steps"]["served"]


def test_a_key_that_is_read_now_and_missing_is_said(notebook):
    """The step runs, as the key may be left out; where it cannot be taken back, it does not."""
    notebook.cell(SENDING.replace("SENT.append(state", "SENT.append(1 / 0 or state"), "sending")
    agent = notebook.agent.use("sending", state={"n": 1})
    with pytest.raises(ZeroDivisionError):
        agent.run()
    notebook.cell(SENDING.replace('reads=["n"]', 'reads=["m"]').replace('state["n"]', "2"), "sending")
    with pytest.raises(
        MissingKeyError, match="send now reads m, which the state does not have, and its effe"
    ):
        agent.retry(allow_effects=True)
    assert [] == notebook.names["SENT"]
    plain = SENDING.replace('reads=["n"]', 'reads=["m"]').replace('state["n"]', "3")
    notebook.cell(plain.replace(', effect="irreversible"', ""), "sending")
    agent.retry()
    told = "send now reads m, which the state does not have: %agent fork m:=.. gives it"
    assert told == notebook.screen.said[-1]
    assert [3] == notebook.names["SENT"]
