"""notebook_agent without a store."""

from notebook_agent import ApplicationBuilder, action
from notebook_agent.errors import MaxStepsError


@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)


def run(steps):
    builder = ApplicationBuilder().with_actions(count).with_transitions(("count", "count"))
    app = builder.with_entrypoint("count").with_state(n=0).with_store(None).build()
    yield
    try:
        app.run(max_steps=steps)
    except MaxStepsError:
        yield app.state["n"]
