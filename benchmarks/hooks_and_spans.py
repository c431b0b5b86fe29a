"""Time what hooks and spans add to a step without a store, in microseconds of this thread's processor time.

Medians of interleaved rounds; the second column is what is added to a step, or to a call.
"""

from __future__ import annotations

from statistics import median
from time import thread_time

from notebook_agent import ApplicationBuilder, default
from notebook_agent.action import action
from notebook_agent.errors import MaxStepsError
from notebook_agent.lifecycle import EventHook, PostRunStepHook, PreRunStepHook
from notebook_agent.visibility import trace

STEPS = 400
ROUNDS = 61


class Before(PreRunStepHook):
    """Does nothing before a step."""

    def pre_run_step(self, **event):
        """Do nothing."""


class After(PostRunStepHook):
    """Does nothing after a step."""

    def post_run_step(self, **event):
        """Do nothing."""


class Watching(EventHook):
    """Does nothing on an event."""

    def on_event(self, event, /):
        """Do nothing."""


def plain(value):
    return value


traced = trace(plain)


@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def calls_plain(state):
    plain(1)
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def calls_traced(state):
    traced(1)
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def asks_for_a_tracer(state, __tracer):
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def opens_a_span(state, __tracer):
    with __tracer("span"):
        return state.update(n=state["n"] + 1)


CASES = {
    "a step": (count, ()),
    "the same again": (count, ()),
    "+ a hook before it": (count, (Before(),)),
    "+ a hook after it": (count, (After(),)),
    "+ a hook on its events": (count, (Watching(),)),
    "+ __tracer, unused": (asks_for_a_tracer, ()),
    "+ a span": (opens_a_span, ()),
    "+ a call of a function": (calls_plain, ()),
    "+ a call with @trace": (calls_traced, ()),
}


def application(function, hooks):
    builder = ApplicationBuilder().with_actions(go=function).with_transitions(("go", "go", default))
    return builder.with_entrypoint("go").with_state(n=0).with_store(None).with_hooks(*hooks).build()


def timed(app):
    start = thread_time()
    try:
        app.run(max_steps=STEPS)
    except MaxStepsError:
        return (thread_time() - start) / STEPS * 1e6


def outside(function, calls=STEPS):
    start = thread_time()
    for _ in range(calls):
        function(1)
    return (thread_time() - start) / calls * 1e6


def main():
    apps = {name: application(*case) for name, case in CASES.items()}
    rounds = [{name: timed(app) for name, app in apps.items()} for _ in range(ROUNDS)]
    for name in CASES:
        added = median(each[name] - each["a step"] for each in rounds)
        print(f"{name:<24} {median(each[name] for each in rounds):6.2f} us {added:+6.2f} us")
    bare = [(outside(plain), outside(traced)) for _ in range(ROUNDS)]
    print(f"@trace outside of a step {median(with_ - without for without, with_ in bare):+16.2f} us")


if __name__ == "__main__":
    main()
