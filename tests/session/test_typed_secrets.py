"""Secrets in what a person typed, in what is answered to it."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.errors import CommandError, ConditionError
from notebook_agent.session import Agent

TOKEN = "ghp_" + "a1B2c3D4e5" * 3 + "F6g7H8"


@action(reads=["n"], writes=["n"])
def inc(state):
    return state.increment(n=1)


@pytest.fixture
def agent():
    """A run of one step."""
    app = ApplicationBuilder().with_actions(inc).with_entrypoint("inc").with_state(n=0, text="a").build()
    agent = Agent({}).use(app)
    agent.run()
    return agent


def test_watch_and_bisect_mask_their_expression(agent):
    """In the title, and in the result that is kept."""
    for found in (agent.watch(f"text == '{TOKEN}'"), agent.bisect(f"text != '{TOKEN}'")):
        assert TOKEN not in f"{found} {found!r} {found.html()}"
    assert str(agent.watch(f"text == '{TOKEN}'")).startswith("text == '[github-token]' over app")


def test_an_expression_that_raises_masks_what_it_raised_of(agent):
    """Where it raises everywhere, and where at one checkpoint."""
    with pytest.raises(ConditionError) as caught:
        agent.bisect(f"text < {{'{TOKEN}': 1}}")
    assert TOKEN not in str(caught.value)
    assert TOKEN not in str(agent.watch(f"n < 1 or {{'a': 1}}[text + ' {TOKEN}']"))


def test_a_label_with_a_secret_is_refused(agent):
    """Of a fork too, and where it could not be typed; the error does not repeat the secret."""
    for label in (f"try-{TOKEN}", f"as {TOKEN}"):
        with pytest.raises(CommandError, match=r"holds a secret \(.*\[github-token\]\)") as caught:
            agent.fork(label=label)
        assert TOKEN not in str(caught.value)


def test_what_forks_are_called_holds_no_secret(agent):
    """In Python, where a label may be any text; and their numbers go on."""
    app = agent.app
    for _ in range(2):
        app.map_forks(None, label=TOKEN, state={"n": [1]}, halt_after=["inc"])
    labels = [run.label for run in app.history.family() if run.label and "." in run.label]
    assert ["[github-token].1", "[github-token].2"] == labels
