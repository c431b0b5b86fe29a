"""Generated graphs and runs: both forms make the same history, whatever fails, streams or halts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent.builder import ApplicationBuilder
from notebook_agent.condition import when
from notebook_agent.errors import MaxStepsError
from tests.driving import Async, Sync, told
from tests.streams import AsyncStreams, SyncStreams

NAMES = "abcd"
GRAPHS = st.fixed_dictionaries({
    "edges": st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 12) | st.none()), max_size=10
    ),
    "fails_at": st.none() | st.integers(0, 12),
    "failures": st.integers(1, 3),
    "retries": st.integers(0, 2),
    "caught_by": st.none() | st.sampled_from(NAMES),
    "halt_after": st.lists(st.sampled_from(NAMES), max_size=2),
    "halt_before": st.lists(st.sampled_from(NAMES), max_size=2),
})


def actions(driver, streams, plan):
    """Make the four actions; the place at which they fail does so often, and `d` streams."""
    left = [plan["failures"]]

    def work(name, state, x):
        if state["n"] == plan["fails_at"] and left[0]:
            left[0] -= 1
            raise ValueError(name)
        return {"was": state["n"]}, state.update(n=state["n"] + 1 + x).append(path=name)

    def plain(name):
        return driver.action(reads=["n"], writes=["n", "path"])(lambda state, x=0: work(name, state, x))

    def streamed(state):
        yield {"piece": state["n"]}
        yield work("d", state, 0)

    last = streams.streaming(reads=["n"], writes=["n", "path"])(streamed)
    return {**{name: plain(name) for name in "abc"}, "d": last}


def edges(plan):
    """Give the edges with their thresholds, and none after one that is always taken."""
    closed = set()
    for source, target, limit in plan["edges"]:
        if source not in closed:
            edge = (NAMES[source], NAMES[target])
            yield edge if limit is None else (*edge, when(n__lt=limit))
        if limit is None:
            closed.add(source)


def generated(driver, streams, plan):
    """Build an application from a plan."""
    builder = ApplicationBuilder().with_actions(**actions(driver, streams, plan))
    builder.with_transitions(*edges(plan))
    if plan["retries"]:
        builder.with_policy("a", "d", retries=plan["retries"], backoff=0)
    if plan["caught_by"]:
        builder.on_error(plan["caught_by"], ValueError)
    return builder.with_entrypoint("a").with_state(n=0).build()


@settings(max_examples=1000)
@given(GRAPHS)
def test_both_forms_make_equal_histories(plan):
    """Outcomes, errors, steps, states, decisions, reads and streamed pieces."""
    stories = []
    for driver, streams in ((Sync(), SyncStreams()), (Async(), AsyncStreams())):
        app = generated(driver, streams, plan)
        outcomes = []
        for _ in range(3):
            try:
                halts = {key: plan[key] for key in ("halt_after", "halt_before")}
                outcomes.append(driver.run(app, inputs={"x": 1}, max_steps=6, **halts)[1:])
            except (ValueError, MaxStepsError) as error:
                outcomes.append((type(error), str(error)))
        pieces = [[each["value"] for each in app.history.values(step.seq).events] for step in app.history]
        stories.append((outcomes, told(app), pieces))
    assert stories[0] == stories[1]
