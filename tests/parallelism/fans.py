"""Parallel actions for tests, in both forms, and what their branches left."""

from __future__ import annotations

from notebook_agent.builder import ApplicationBuilder
from notebook_agent.parallelism import MapStates
from tests.driving import Async


def fan(driver, branch, *, key="x", gives="y"):
    """Make a class that runs `branch` for each of state["xs"], put under `key`, into state["ys"]."""

    class Fan(MapStates):
        reads = ["xs"]
        writes = ["ys"]

        def action(self, state, inputs):
            return branch

        def states(self, state, context, inputs):
            return (state.update(**{key: x}) for x in state["xs"])

        def reduce(self, state, states):
            return state.update(ys=[each[gives] for each in states])

    return _awaited(Fan, gives) if isinstance(driver, Async) else Fan


def _awaited(plain, gives):
    class Fan(plain):
        def is_async(self):
            return True

        async def states(self, state, context, inputs):
            for each in super().states(state, context, inputs):
                yield each

        async def reduce(self, state, states):
            return state.update(ys=[each[gives] async for each in states])

    return Fan


def looping(made, **state):
    """Make a builder of one parallel action that follows itself."""
    builder = ApplicationBuilder().with_actions(fan=made).with_transitions(("fan", "fan"))
    return builder.with_entrypoint("fan").with_state(**state)


def doubling(driver):
    """Make an action that doubles x."""

    @driver.action(reads=["x"], writes=["y"])
    def double(state):
        return state.update(y=2 * state["x"])

    return double


def branches(app, seq=None):
    """Return how the branches of an application, or of one step, stand, by their label in order."""
    return sorted((each.label, each.steps, each.status) for each in app.history.children(seq))


def past(app, seq=None):
    """Return all that the branches did, without ids and times."""
    store = app.store
    return sorted(
        (
            child.label,
            child.spawned_by.seq,
            [
                (
                    step.action,
                    step.status,
                    step.failure and step.failure.message,
                    store.values(step.ref).result,
                    store.state(step.ref).get_all(),
                )
                for step in store.steps(child.key)
            ],
        )
        for child in app.history.children(seq)
    )
