"""A run that was edited by hand at its head: what takes the edit, and what leaves it out."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action, expr
from notebook_agent.errors import CommandError
from notebook_agent.session import Agent


@action(reads=["n"], writes=["n"])
def inc(state):
    return state.increment(n=1)


@pytest.fixture
def agent():
    """A run that counted to 4, put back to 1 by hand."""
    app = ApplicationBuilder().with_actions(inc).with_transitions(("inc", "inc", expr("n < 4")))
    app = app.with_entrypoint("inc").with_state(n=0).with_identifiers(app_id="count").build()
    agent = Agent({}).use(app)
    agent.label("count")
    agent.run()
    app.update_state(app.state.update(n=1))
    return agent


def test_a_fork_of_the_head_has_the_edit(agent):
    """Without a reference and by @head; it goes on from there, and tells where the value came from."""
    for where in (None, "@head", "count@head"):
        agent.use("count")
        assert "forked from count@3, next inc" in str(agent.fork(where))
        assert {"n": 1} == dict(agent.app.state)
    assert "edited by hand in the fork from count@3\n  1\n  before that: 4" in str(agent.blame("n"))
    assert {"n": 4} == dict(agent.run().state)


def test_a_fork_of_the_step_leaves_the_edit_out_and_says_so(agent):
    """With the command that takes it; `@-1` is the step too."""
    for where in ("@3", "@-1", "@inc"):
        agent.use("count")
        told = "as @3 ended: n, edited by hand since, is left out; %agent fork count@head takes it"
        assert str(agent.fork(where)).partition("next nothing; ")[2] == told
        assert {"n": 4} == dict(agent.app.state)


def test_the_state_of_the_head_has_the_edit(agent):
    """By its name as without one; the step is as it ended."""
    assert agent.state().value == agent.state("@head").value == agent.app.state
    assert ["count@head", 1] == [agent.state("@head").where, agent.state("@head", "n").value]
    assert 4 == agent.state("@3", "n").value


def test_diff_tells_the_step_from_the_head(agent):
    """And names what was edited in between."""
    told = "count@3 → count@3: 1 difference\nedited by hand in between: n after @3\n"
    assert str(agent.diff("@3", "@head")).startswith(told)
    assert str(agent.diff("@3", "@3")) == "count@3 → count@3: 0 differences"


def test_map_tries_from_the_edit(agent):
    """At the head; from the step it says what it leaves out, as a fork does."""
    assert [3, 3] == [each.steps for each in agent.map(n=2).grid]
    assert [3] == [each.steps for each in agent.map("@head").grid]
    assert [1] == [each.steps for each in agent.map("@2").grid]
    with pytest.raises(CommandError, match="nothing comes after count@3: map an earlier step"):
        agent.map("@3")


def test_a_price_at_the_head_is_of_a_fork_with_the_edit(agent):
    """What the fork begins with is known to differ."""
    assert "a fork of count@3: no recorded step runs again" in str(agent.price("@head"))


def test_what_a_fork_began_with_is_kept_by_a_fork_of_it(agent):
    """At its head; its fork point as a step is what the older run came to."""
    agent.fork("@1", state={"n": 3}, label="first")
    assert "n: 2 → 3" in str(agent.diff("@1", "@head"))
    assert "%agent fork first@head takes it" in str(agent.fork("@1"))
    agent.use("first")
    agent.fork()
    assert {"n": 3} == dict(agent.app.state)


def test_a_fork_that_went_on_says_that_start_has_what_it_began_with(agent):
    """Its head is another step by then."""
    agent.fork("@1", state={"n": 3}, label="first")
    agent.run()
    assert "%agent fork first@start takes it" in str(agent.fork("@1"))


def test_the_view_that_follows_the_head_has_the_edit(agent):
    """Also once it came back from the past; in the past it has none."""
    agent.goto("@1")
    assert 2 == agent.state(key="n").value
    agent.goto("@head")
    assert 1 == agent.state(key="n").value


def test_python_forks_the_run_as_it_stands(agent):
    """`fork` and `map_forks` without a step; with its number the step as it ended, with values over both."""
    app = agent.app
    assert [{"n": 1}, {"n": 4}] == [dict(app.fork().state), dict(app.fork(3).state)]
    assert {"n": 1, "more": 2} == dict(app.fork(state={"more": 2}).state)
    assert ("count", 3) == (app.fork().parent_pointer.app_id, app.fork().parent_pointer.sequence_id)
    assert [3] == [each.steps for each in app.map_forks()]


def test_an_edit_that_takes_a_key_away_is_taken(agent):
    """A fork does not have it either."""
    agent.app.update_state(agent.app.state.update(more=1).wipe(delete=["n"]))
    assert {"more": 1} == dict(agent.app.fork().state)


def test_an_edit_before_the_first_step_is_taken():
    """The head is the initial state then."""
    app = ApplicationBuilder().with_actions(inc).with_entrypoint("inc").with_state(n=0).build()
    app.update_state(app.state.update(n=5))
    assert [{"n": 5}, {"n": 0}] == [dict(app.fork().state), dict(app.fork(None).state)]


def test_questions_over_the_past_end_where_the_view_stands(agent):
    """As blame, diff and map begin there; by @head they look at the whole run."""
    agent.goto("@1")
    assert "n over count up to @1: 2 changes" in str(agent.watch("n"))
    assert "n < 3 holds at every checkpoint of count up to @1" == str(agent.bisect("n < 3"))
    assert "n over count: 5 changes" in str(agent.watch("n", "@head"))
    assert "n < 3 first fails after @2 inc" in str(agent.bisect("n < 3", "@head"))


def test_a_question_where_the_view_stands_at_the_start_says_so(agent):
    """One checkpoint is no past."""
    agent.goto("@start")
    with pytest.raises(CommandError, match="count@start is one checkpoint, and no step: %agent state shows"):
        agent.watch("n")


def test_why_tells_of_a_large_operand_what_it_is():
    """Not as a text of its own."""
    app = ApplicationBuilder().with_actions(inc).with_transitions(("inc", "inc", expr("len(rows) > n")))
    app = app.with_entrypoint("inc").with_state(n=0, rows={str(n): n for n in range(12)}).build()
    agent = Agent({}).use(app)
    agent.step()
    assert "(n=1, rows=<dict of 12>)" in str(agent.why())
