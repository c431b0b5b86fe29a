"""Generated maps: plainly and awaited they give the same results and leave the same runs."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent.graph import GraphBuilder
from notebook_agent.parallelism import RunnableGraph
from tests.driving import Async, Sync, told
from tests.parallelism.fans import fan, looping, past


def chain(driver, steps, fails):
    """Make a graph of several steps that add one each, some of which fail for some x."""

    def made(n):
        @driver.action(reads=["x"], writes=["y"])
        def add(state):
            if (n, state["x"]) in fails:
                raise ValueError(f"step {n} of {state['x']}")
            return state.update(y=state.get("y", state["x"]) + 1)

        return add

    names = [f"add_{n}" for n in range(steps)]
    builder = GraphBuilder().with_actions(**{name: made(n) for n, name in enumerate(names)})
    return RunnableGraph(builder.with_transitions(*itertools.pairwise(names)).build(), names[0], names[-1])


def outcome(driver, xs, steps, fails, nested):
    """Run twice, and tell what came of it."""
    branch = chain(driver, steps, fails)
    made = fan(driver, branch)()
    given_ = {"xs": xs}
    if nested:
        made = fan(driver, made.with_name("inner"), key="xs", gives="ys")()
        given_ = {"xs": [xs, xs[:1]]}
    app = looping(made, **given_).build()
    errors = []
    for attempt in (driver.step, driver.step):
        try:
            attempt(app)
        except ValueError as error:
            errors.append(str(error))
    return errors, app.state.get_all(), told(app), past(app)


@settings(max_examples=60)
@given(
    xs=st.lists(st.integers(0, 5), max_size=5),
    steps=st.integers(1, 4),
    fails=st.frozensets(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=3),
    nested=st.booleans(),
)
def test_both_forms_are_one(xs, steps, fails, nested):
    """Results, errors, the parent's history and that of each branch."""
    assert outcome(Sync(), xs, steps, fails, nested) == outcome(Async(), xs, steps, fails, nested)
