"""Where two runs part, found without reading what they share or did alike."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action, expr
from notebook_agent.session.parting import comparison, parting
from notebook_agent.store import open_store


@action(reads=["n", "turn_at"], writes=["n", "log"])
def count(state):
    n = state["n"] + 1
    return state.update(n=n if n < state["turn_at"] else -n).append(log={"n": n})


@action(reads=["n"], writes=["n"])
def rest(state):
    return state.increment(n=1)


@pytest.fixture(name="counted")
def _counted():
    """Give a function that makes a run of so many steps, all in one store."""
    store = open_store(None)

    def counted(steps, turn_at=1000, rest_at=1000):
        builder = ApplicationBuilder().with_actions(count, rest).with_entrypoint("count")
        builder.with_transitions(("count", "rest", expr(f"n == {rest_at}")), ("count", "count"))
        builder.with_state(n=0, log=[], turn_at=turn_at, extra=0).with_store(store)
        app = builder.build()
        for _ in range(steps):
            app.step()
        return app

    yield counted
    store.close()


def test_runs_part_where_a_state_differs(counted):
    """Although hundreds of steps before came to the same."""
    one = counted(300)
    found = parting(one.history, counted(290, turn_at=281).history)
    assert (0, "they part at @0: count came to another state") == (found.seq, found.said)
    fork = one.fork(270, {"turn_at": 281})
    assert "they part at the fork @270: turn_at was edited" == parting(one.history, fork.history).said


def test_a_fork_that_made_no_step_yet_differs_by_what_was_edited_for_it(counted):
    """Beside the state that the other came to."""
    one = counted(3)
    fork = one.fork(2, {"turn_at": 281})
    differs = [
        (each["path"], each["before"], each["after"])
        for each in comparison(fork.history, one.history)["diff"]
    ]
    assert [("turn_at", 281, 1000)] == differs


def test_runs_part_where_an_action_differs(counted):
    """The number of the step, and both actions."""
    found = parting(counted(280).history, counted(280, rest_at=270).history)
    assert (270, "they part at @270: count here, rest there") == (found.seq, found.said)


def test_what_was_edited_between_two_steps_parts_runs(counted):
    """At the next step, however long they went alike."""
    one, other = counted(280), counted(265)
    other.update_state(other.state.update(extra=1))
    other.step()
    found = parting(one.history, other.history)
    assert (265, "they part before @265: extra was edited by hand") == (found.seq, found.said)


def test_runs_that_did_alike_do_not_part(counted):
    """The longer one has more steps."""
    found = parting(counted(262).history, counted(260).history)
    assert (260, "260 steps alike") == (found.seq, found.said)


def test_a_fork_shares_its_past(counted):
    """What it did again in the same way counts as alike."""
    one = counted(280)
    fork = one.fork(261)
    assert 262 == parting(one.history, fork.history).seq
    for _ in range(18):
        fork.step()
    assert "280 steps alike" == parting(one.history, fork.history).said
    fork.step()
    assert 280 == parting(one.history, fork.history).seq
    assert 280 == parting(fork.history, one.history).seq


def test_an_attempt_that_failed_is_told_from_a_step_that_completed():
    """Its state is that of before, and no other one."""
    failing = [True]

    @action(reads=["n"], writes=["n"])
    def risk(state):
        if failing.pop():
            raise ValueError("once")
        return state.increment(n=1)

    app = ApplicationBuilder().with_actions(risk).with_entrypoint("risk").with_state(n=1).build()
    with pytest.raises(ValueError, match="once"):
        app.step()
    fork = app.fork(None)
    failing += [False, False]
    fork.step()
    app.step()
    assert "they part at @0: risk failed here, completed there" == parting(app.history, fork.history).said


def test_runs_without_steps_are_alike(counted):
    """Nothing is there to differ."""
    found = parting(counted(0).history, counted(0).history)
    assert (None, "0 steps alike") == (found.seq, found.said)


def test_both_are_shown_from_shortly_before(counted):
    """As many steps as each has."""
    made = comparison(counted(280).history, counted(271, rest_at=270).history)
    assert (270, [267, 267]) == (made["at"], [made[side]["first"] for side in ("here", "there")])
    assert [13, 4] == [len(made[side]["action"]) for side in ("here", "there")]
