"""Burr without a tracker or persister."""

from burr.core import ApplicationBuilder, action, default, expr


@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=[])
def end(state):
    return state


def run(steps):
    builder = ApplicationBuilder().with_actions(count, end).with_entrypoint("count").with_state(n=0)
    edges = (("count", "count", expr(f"n < {steps}")), ("count", "end", default))
    app = builder.with_transitions(*edges).build()
    yield
    yield app.run(halt_after=["end"])[2]["n"]
