"""Secrets in what a person typed, in what is answered to it."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.errors import CommandError, ConditionError
from notebook_agent.session import Agent
from notebook_agent.session.screen import SilentScreen

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


class Told(SilentScreen):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


def test_a_label_with_a_secret_is_kept_without_it(agent):
    """Of a fork, and of a run that is called anew; it can be typed, and that is said."""
    agent.workspace.screen = screen = Told()
    assert TOKEN not in f"{agent.fork(label=f'try-{TOKEN}')}"
    said = "the label holds a secret, which is not kept: it is try-github-token"
    assert ([said], "try-github-token") == (screen.said, agent.workspace.label())
    assert "try-github-token is now called github-token" == str(agent.label(TOKEN))
    assert "github-token" in str(agent.use("github-token"))


def test_a_label_that_is_refused_is_masked_in_the_error(agent):
    """Where it cannot be typed."""
    with pytest.raises(CommandError) as caught:
        agent.fork(label=f"as {TOKEN}")
    assert "'as github-token' is no label" in str(caught.value)


def test_what_forks_are_called_holds_no_secret(agent):
    """In Python too, and their numbers go on."""
    app = agent.app
    for _ in range(2):
        app.map_forks(None, label=TOKEN, state={"n": [1]}, halt_after=["inc"])
    labels = [run.label for run in app.history.family() if run.label and "." in run.label]
    assert ["[github-token].1", "[github-token].2"] == labels
