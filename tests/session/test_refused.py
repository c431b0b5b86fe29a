"""A command that is refused changes nothing."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action, expr
from notebook_agent.errors import AgentError, CommandError, ConditionError
from notebook_agent.session import Agent


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
