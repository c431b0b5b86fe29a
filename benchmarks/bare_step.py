"""Time one step without a store, in microseconds: the engine's own cost, beside a plain function call."""

from __future__ import annotations

from time import perf_counter

from notebook_agent import ApplicationBuilder, default
from notebook_agent.action import action
from notebook_agent.errors import MaxStepsError
from notebook_agent.state import State

STEPS = 20_000


@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)


def application():
    builder = ApplicationBuilder().with_actions(count).with_transitions(("count", "count", default))
    return builder.with_entrypoint("count").with_state(n=0).with_store(None).build()


def timed(function, repeats=5):
    best = float("inf")
    for _ in range(repeats):
        start = perf_counter()
        function()
        best = min(best, perf_counter() - start)
    return best / STEPS * 1e6


def by_run():
    try:
        application().run(max_steps=STEPS)
    except MaxStepsError:
        return


def by_step():
    app = application()
    for _ in range(STEPS):
        app.step()


def by_hand():
    state = State({"n": 0})
    for _ in range(STEPS):
        state = count(state)


if __name__ == "__main__":
    print(f"the action alone {timed(by_hand):6.2f} us")
    print(f"a step of run()  {timed(by_run):6.2f} us")
    print(f"one step()       {timed(by_step):6.2f} us")
