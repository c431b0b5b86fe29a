"""A command that is refused changes nothing."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action, expr
from notebook_agent.errors import AgentError, CommandError, ConditionError, EffectError
from notebook_agent.session import Agent
from notebook_agent.session.backend import PanelBackend


@action(reads=["n"], writes=["n"])
def inc(state):
    return state.increment(n=1)


@action(reads=["n"], writes=["n"])
def other(state):
    return state.increment(n=2)


@action(reads=["n"], writes=["n"])
def broken(state):
    raise ValueError("no")


@pytest.fixture
def agent():
    """A run that counted to 4."""
    app = ApplicationBuilder().with_actions(inc).with_transitions(("inc", "inc", expr("n < 4")))
    app = app.with_entrypoint("inc").with_state(n=0).with_identifiers(app_id="count").build()
    agent = Agent({}).use(app)
    agent.run()
    return agent


def test_a_retry_of_a_finished_run_puts_no_function_in(agent):
    """Nor does it move the view."""
    agent.goto("@1")
    with pytest.raises(CommandError, match="nothing failed in"):
        agent.retry(actions={"inc": other})
    assert ("inc", 1) == (agent.app.graph.get_action("inc").function.__name__, agent.position)


def test_a_retry_with_one_wrong_function_takes_none(agent):
    """Though the others would fit."""
    agent.fork("@1", actions={"inc": broken})
    with pytest.raises(ValueError, match="no"):
        agent.run()
    with pytest.raises(AgentError):
        agent.retry(actions={"inc": inc, "nope": other})
    assert "broken" == agent.app.graph.get_action("inc").function.__name__


@action(reads=["n"], writes=["n"], effect="irreversible")
def send(state):
    raise ValueError("not sent")


@action(reads=["n"], writes=["n"], effect="irreversible")
def send_at_once(state):
    return state.increment(n=1)


@pytest.fixture
def sending():
    """A run that failed in what cannot be taken back."""
    app = ApplicationBuilder().with_actions(send).with_entrypoint("send").with_state(n=0).build()
    agent = Agent({}).use(app)
    with pytest.raises(ValueError, match="not sent"):
        agent.run()
    return agent


def test_a_retry_that_is_refused_late_puts_no_function_in(sending):
    """It may fire again what may have been fired; no step comes of it."""
    with pytest.raises(EffectError):
        sending.retry(actions={"send": send_at_once})
    assert ("send", 0) == (sending.app.graph.get_action("send").function.__name__, sending.app.sequence_id)


def test_a_retry_that_is_given_leave_in_the_panel_has_its_function(sending):
    """It goes on as it was asked for."""
    with pytest.raises(EffectError):
        sending.retry(actions={"send": send_at_once})
    backend = PanelBackend(sending.workspace)
    backend.handle({"id": 1, "do": "allow", "run": sending.app.uid})
    sending.workspace.worker.check()
    assert ({"n": 1}, "send_at_once") == (
        sending.app.state,
        sending.app.graph.get_action("send").function.__name__,
    )


def test_a_function_of_a_retry_that_fails_stays(sending):
    """There is a step that ran it."""
    with pytest.raises(ValueError, match="no"):
        sending.retry(
            actions={"send": action(reads=[], writes=[], effect="irreversible")(broken)}, allow_effects=True
        )
    assert ("broken", 1) == (sending.app.graph.get_action("send").function.__name__, sending.app.sequence_id)


def test_a_fork_after_which_nothing_can_be_decided_is_not_made(agent):
    """The run stays in use, and the store has no other."""
    for actions in ({}, {"inc": other}):
        with pytest.raises(ConditionError, match="cannot be decided"):
            agent.fork("@2", state={"n": "x"}, actions=actions)
    assert ("count", 1) == (agent.app.uid, len(agent.workspace.runs()))


def test_a_fork_with_a_function_for_no_action_is_not_made(agent):
    """Also where no value is given with it."""
    with pytest.raises(AgentError):
        agent.fork("@2", actions={"nope": other})
    assert 1 == len(agent.workspace.runs())


def test_why_a_fork_is_refused_is_told_in_whole_sentences(agent):
    """What the condition raised ends in a full stop."""
    with pytest.raises(ConditionError, match=r"instances of 'str' and 'int'\. Let 'inc' write"):
        agent.fork("@2", state={"n": "x"})
