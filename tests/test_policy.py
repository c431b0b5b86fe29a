"""Retries, time limits, and edges that an exception takes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from notebook_agent import ApplicationBuilder, action, on_error, when
from notebook_agent.action import Policy
from notebook_agent.builder import ApplicationBuilder as Builder
from notebook_agent.condition import Check, Decision
from notebook_agent.errors import (
    ActionError,
    ActionTimeoutError,
    ConditionError,
    GraphError,
    MaxStepsError,
)
from notebook_agent.tracking import LocalTrackingClient
from tests.driving import Async, brief


def failing(driver, times, error=ValueError):
    """Make an action that raises so often before it says when it came through."""
    left = [times]

    @driver.action(reads=[], writes=["tries"])
    def fetch(state):
        if left[0]:
            left[0] -= 1
            raise error("not yet")
        return state.update(tries=times + 1)

    return fetch


@action(reads=[], writes=["sorry"])
def apologise(state, __context):
    """Take what went wrong into the state."""
    return state.update(sorry=__context.failure and __context.failure.message)


@action(reads=[], writes=[])
def end(state):
    """Do nothing."""
    return state


def fetching(driver, times, error=ValueError, **limits):
    """Make the application fetch -> end, with a policy."""
    builder = ApplicationBuilder().with_actions(fetch=failing(driver, times, error), end=end)
    if limits:
        builder.with_policy("fetch", backoff=0, **limits)
    return builder.with_transitions(("fetch", "end")).with_entrypoint("fetch")


def test_a_failed_action_is_tried_again(driver):
    """Each attempt is a step of its own, and only the last one counts."""
    app = fetching(driver, 2, retries=2).build()
    driver.run(app)
    assert [
        (0, "fetch", "failed"),
        (1, "fetch", "failed"),
        (2, "fetch", "completed"),
        (3, "end", "completed"),
    ]
    assert {"tries": 3} == app.state


def test_the_last_attempt_raises(driver):
    """What the action raised, and the same action is next."""
    app = fetching(driver, 3, retries=2).build()
    with pytest.raises(ValueError, match="not yet"):
        driver.run(app)
    assert [(n, "fetch", "failed") for n in range(3)] == brief(app)
    assert "fetch" == app.get_next_action().name


def test_other_exceptions_are_not_tried_again(driver):
    """Those that the policy does not name."""
    app = fetching(driver, 1, retries=3, on=KeyError).build()
    with pytest.raises(ValueError, match="not yet"):
        driver.run(app)
    assert [(0, "fetch", "failed")] == brief(app)


def test_a_stop_is_never_tried_again(driver):
    """A KeyboardInterrupt ends the run at once."""
    app = fetching(driver, 1, KeyboardInterrupt, retries=3).build()
    with pytest.raises(KeyboardInterrupt):
        driver.run(app)
    assert [(0, "fetch", "interrupted")] == brief(app)


def test_one_step_is_one_action_with_all_its_attempts(driver):
    """`step` returns when the action came through."""
    app = fetching(driver, 1, retries=1).build()
    node, _, state = driver.step(app)
    assert ("fetch", {"tries": 2}) == (node.name, state)


def test_pauses_double():
    """Exact seconds, from the backoff on."""
    policy = Policy(retries=3, backoff=0.5, on=(ValueError,))
    assert [0.5, 1.0, 2.0, None] == [policy.pause(n, ValueError()) for n in range(4)]
    assert policy.pause(0, KeyError()) is None


def test_an_action_knows_its_attempt(driver):
    """From its context, counted from 0."""
    seen = []

    @driver.action(reads=[], writes=[])
    def go(state, __context):
        seen.append(__context.attempt)
        raise ValueError("again")

    app = Builder().with_actions(go=go).with_policy(retries=2, backoff=0).with_entrypoint("go").build()
    with pytest.raises(ValueError, match="again"):
        driver.run(app)
    assert [0, 1, 2] == seen


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"retries": -1}, "retries=-1"),
        ({"retries": True}, "retries=True"),
        ({"backoff": -1.0}, "backoff=-1.0"),
        ({"timeout": 0}, "timeout=0"),
        ({"on": KeyboardInterrupt}, "names exception classes"),
        ({"on": "ValueError"}, "names exception classes"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(limits, told):
    """When it is given, by what is wrong."""
    with pytest.raises(ActionError, match=told):
        Builder().with_policy("fetch", **limits)


def test_a_policy_names_actions_that_there_are():
    """Else it would quietly do nothing."""
    builder = Builder().with_actions(end=end).with_policy("ende", retries=1).with_entrypoint("end")
    with pytest.raises(GraphError, match=r"'ende'.* Did you mean 'end'"):
        builder.build()


def test_an_async_action_is_cancelled_at_its_timeout():
    """It fails with its name and its limit; the state is as before."""
    cancelled = []

    @action(reads=[], writes=[])
    async def slow(state):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    app = Builder().with_actions(slow=slow).with_policy(timeout=0.02).with_entrypoint("slow").build()
    with pytest.raises(ActionTimeoutError, match=r"'slow' took longer than its timeout of 0\.02 s") as caught:
        asyncio.run(app.arun())
    assert ("slow", 0, app.uid) == (caught.value.action, caught.value.seq, caught.value.run)
    assert ([(0, "slow", "failed")], [True]) == (brief(app), cancelled)


def test_an_actions_own_timeout_is_its_own():
    """A TimeoutError from inside stays as it is."""

    @action(reads=[], writes=[])
    async def inner(state):
        raise TimeoutError("mine")

    app = Builder().with_actions(go=inner).with_policy(timeout=60).with_entrypoint("go").build()
    with pytest.raises(TimeoutError, match="mine") as caught:
        asyncio.run(app.arun())
    assert TimeoutError is caught.type


def test_an_async_stream_is_cancelled_at_its_timeout():
    """The time is that of the whole attempt, not of one item."""
    from notebook_agent import streaming_action

    @streaming_action(reads=[], writes=[])
    async def slow(state):
        while True:
            await asyncio.sleep(0.01)
            yield {"more": True}

    app = Builder().with_actions(slow=slow).with_policy(timeout=0.05).with_entrypoint("slow").build()
    with pytest.raises(ActionTimeoutError, match="'slow' took longer"):
        asyncio.run(app.arun())
    assert app.history.values(0).events


def test_a_plain_action_that_takes_too_long_is_told(caplog):
    """It completes, for it cannot be stopped from outside; a note is kept with the step."""
    gate = threading.Event()

    @action(reads=[], writes=[])
    def slow(state):
        gate.wait(0.03)
        return state

    app = Builder().with_actions(slow=slow).with_policy(timeout=0.01).with_entrypoint("slow").build()
    with caplog.at_level(logging.WARNING):
        app.run()
    (event,) = app.history.values(0).events
    assert "longer than its timeout of 0.01 s" in event["note"]
    assert "'slow' took" in caplog.text


def test_an_error_can_lead_to_another_action(driver):
    """The failed step keeps its error, the state is as before, and the next one can look at the error."""
    builder = fetching(driver, 1).with_actions(apologise=apologise)
    app = builder.with_transitions(("fetch", "apologise", on_error(KeyError, ValueError))).build()
    node, _, state = driver.run(app)
    assert ("apologise", {"sorry": "not yet"}) == (node.name, state)
    assert [(0, "fetch", "failed"), (1, "apologise", "completed")] == brief(app)
    check = Check("apologise", "on KeyError | ValueError", {"error": "ValueError"}, result=True)
    assert Decision("fetch", "apologise", (check,)) == app.history[0].next
    assert app.history[0].next == app.history[1].decision


def test_the_failure_is_seen_by_the_next_action_only(driver):
    """The one after it has none."""
    seen = []

    @driver.action(reads=[], writes=[])
    def look(state, __context):
        seen.append(__context.failure and __context.failure.type)
        return state

    builder = fetching(driver, 1).with_actions(look=look, again=look).with_transitions(("look", "again"))
    driver.run(builder.on_error("look", ValueError).build())
    assert ["ValueError", None] == seen


def test_other_errors_end_the_run(driver):
    """Those that no edge catches."""
    builder = fetching(driver, 1).with_actions(apologise=apologise)
    app = builder.with_transitions(("fetch", "apologise", on_error(KeyError))).build()
    with pytest.raises(ValueError, match="not yet"):
        driver.run(app)
    assert "fetch" == app.get_next_action().name


def test_errors_are_caught_when_the_retries_are_used_up(driver):
    """First the policy, then the edge."""
    app = fetching(driver, 5, retries=2).with_actions(apologise=apologise).on_error("apologise").build()
    driver.run(app)
    assert [(n, "fetch", "failed") for n in range(3)] + [(3, "apologise", "completed")] == brief(app)


def test_a_stop_is_never_caught(driver):
    """`on_error` without a class catches any Exception, and nothing else."""
    app = (
        fetching(driver, 1, KeyboardInterrupt).with_actions(apologise=apologise).on_error("apologise").build()
    )
    with pytest.raises(KeyboardInterrupt):
        driver.run(app)
    assert [(0, "fetch", "interrupted")] == brief(app)


def test_a_caught_error_can_lead_back(driver):
    """A loop over an error is bounded by `max_steps`."""
    app = fetching(driver, 9).with_transitions(("fetch", "fetch", on_error(ValueError))).build()
    with pytest.raises(MaxStepsError):
        driver.run(app, max_steps=4)
    assert [(n, "fetch", "failed") for n in range(4)] == brief(app)


def test_a_resumed_run_goes_on_where_the_error_led(driver, tmp_path):
    """With the error still to be seen."""
    tracker = LocalTrackingClient("tests", tmp_path)
    builder = fetching(driver, 1).with_actions(apologise=apologise).on_error("apologise")
    app = builder.with_tracker(tracker).build()
    driver.run(app, halt_before=["apologise"])
    again = fetching(driver, 0).with_actions(apologise=apologise).on_error("apologise")
    again = Builder().with_graph(app.graph).with_identifiers(app_id=app.uid).with_tracker(tracker)
    resumed = again.initialize_from(tracker, True, {}, "fetch").build()
    assert "apologise" == resumed.get_next_action().name
    assert {"sorry": "not yet"} == driver.run(resumed)[2]


def test_an_edited_state_keeps_where_the_error_led(driver):
    """`update_state` decides edges again, but not what an exception decided."""
    app = fetching(driver, 1).with_actions(apologise=apologise).on_error("apologise").build()
    driver.run(app, halt_before=["apologise"])
    app.update_state(app.state.update(other=1))
    assert "apologise" == app.get_next_action().name


def test_error_edges_do_not_count_among_the_others(driver):
    """They may stand before or after a default edge, and never hold for what completed."""
    builder = fetching(driver, 0).with_actions(apologise=apologise)
    app = builder.with_transitions(("fetch", "apologise", on_error())).build()
    assert "end" == driver.run(app)[0].name


def test_error_edges_have_no_other_condition():
    """They are not combined with others, which are asked of the state."""
    for combine in (lambda one: ~one, lambda one: one & when(a=1), lambda one: one | when(a=1)):
        with pytest.raises(ConditionError, match="has no other condition"):
            combine(on_error(ValueError))


def test_error_edges_name_exceptions():
    """A Stop cannot be caught, and an instance is no class."""
    for wrong in (KeyboardInterrupt, ValueError("x"), "ValueError"):
        with pytest.raises(ConditionError, match="takes exception classes"):
            on_error(wrong)


def test_an_awaited_pause_lets_others_run():
    """Between two attempts the event loop is free."""
    app = fetching(Async(), 1).with_policy(retries=1, backoff=0.05).build()

    async def both():
        started = time.monotonic()
        ticks = 0
        running = asyncio.create_task(app.arun())
        while not running.done():
            await asyncio.sleep(0.001)
            ticks += 1
        return ticks, time.monotonic() - started

    ticks, _ = asyncio.run(both())
    assert ticks > 5
    assert {"tries": 2} == app.state


def test_a_single_step_that_an_edge_caught_is_no_end(driver):
    """It returns the action with an empty result, so that `while app.step()` goes on."""
    app = fetching(driver, 5).with_actions(apologise=apologise).on_error("apologise").build()
    node, result, state = driver.step(app)
    assert ("fetch", {}, app.state) == (node.name, result, state)
    assert "apologise" == driver.step(app)[0].name
