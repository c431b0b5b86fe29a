"""What was edited by hand, as the commands tell of it."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.errors import CommandError
from notebook_agent.session import Agent


@action(reads=["n"], writes=["n"])
def add(state):
    return state.increment(n=1)


@action(reads=["n", "mode"], writes=["said"])
def say(state):
    return state.update(said=f"{state['n']} {state['mode']}")


@pytest.fixture
def agent():
    """Six steps; before the last two the mode was edited."""
    app = ApplicationBuilder().with_actions(add, say).with_transitions(("add", "say"), ("say", "add"))
    app = app.with_entrypoint("add").with_state(n=0, mode="plain").with_identifiers(app_id="talk").build()
    agent = Agent({}).use(app)
    agent.label("talk")
    for _ in range(4):
        app.step()
    app.update_state(app.state.update(mode="loud"))
    for _ in range(2):
        app.step()
    return agent


def test_blame_names_the_edit_and_what_was_there(agent):
    """Of the value itself, and of what a step made of it."""
    assert "mode at talk@5: edited by hand before @4 add\n  'loud'\n  before that: 'plain'" in str(
        agent.blame("mode")
    )
    assert "  mode: edited by hand before @4 add  'loud' (before that: 'plain')" in str(agent.blame("said"))
    agent.app.update_state(agent.app.state.update(n=40))
    assert "n at talk@5: edited by hand after @5\n" in str(agent.blame("n"))
    assert "n at talk@5: written by @4 add\n" in str(agent.blame("n", "@5"))
    assert "n at talk@5: edited by hand after @5\n" in str(agent.blame("n", "@head"))


def test_blame_names_the_fork(agent):
    """By its parent's name and the step."""
    agent.fork("@1", state={"mode": "low"})
    assert "edited by hand in the fork from talk@1\n  'low'\n  before that: 'plain'" in str(
        agent.blame("mode")
    )
    agent.app.step()
    assert "edited by hand in the fork from talk@1" in str(agent.blame("mode"))


def test_the_log_has_the_edit_of_a_fork(agent):
    """Before its first step, with the run that was made."""
    agent.fork("@1", label="other", state={"mode": "low"})
    agent.app.step()
    table = agent.log()
    place = [table.columns.index(name) for name in ("action", "writes", "run")]
    assert [
        ("say", "said", "talk"),
        ("edited in the fork", "mode", "other"),
        ("add", "n", "other"),
    ] == [tuple(row[n] for n in place) for row in table.rows[1:]]


def test_watch_shows_where_it_was_edited(agent):
    """In a line of its own, beside the steps."""
    assert [
        "mode over talk: 1 change",
        "step    after           value",
        "@start                  'plain'",
        "        edited by hand  'loud'",
    ] == [line.rstrip() for line in str(agent.watch("mode")).splitlines()]


def test_bisect_says_that_it_was_edited(agent):
    """And not that the step before did it."""
    said = "mode == 'plain' first fails as it was edited by hand after @3; it still held after @3 say"
    assert said == str(agent.bisect("mode == 'plain'"))


def test_a_watch_looks_as_far_as_it_is_told(agent):
    """A name of a run alone means all of it; the initial state is no stretch."""
    assert "mode over talk up to @3: never changes" in str(agent.watch("mode", "@3"))
    assert "mode over talk up to @5: 1 change" in str(agent.watch("mode", "@say"))
    assert "mode == 'plain' holds at every checkpoint of talk up to @3" == str(
        agent.bisect("mode == 'plain'", "@3")
    )
    assert "mode over talk: 1 change" in str(agent.watch("mode", "talk@head"))
    with pytest.raises(CommandError, match="@start is one checkpoint, and no step: %agent state @start"):
        agent.watch("mode", "@start")


def test_a_step_is_told_without_what_was_edited_before_it(agent):
    """It wrote only what it wrote."""
    agent.app.update_state(agent.app.state.update(mode="low"))
    assert ["n"] == [change.path for change in agent.step().changes]


def test_diff_says_what_no_step_wrote(agent):
    """Of two steps of a run, and of two runs."""
    assert "edited by hand in between: mode after @3" in str(agent.diff("@2", "@5"))
    assert "by hand" not in str(agent.diff("@2", "@3"))
    agent.fork("@3", label="other")
    agent.app.step()
    assert "they part before @4: mode was edited by hand" in str(agent.diff("talk", "other"))


def test_blame_says_that_a_new_key_was_not_there(agent):
    """None is a value like any other."""
    agent.fork("@1", state={"mode": None, "said": "anew"})
    agent.app.update_state(agent.app.state.update(fresh=1))
    assert "  1\n  before that: it was not there" in str(agent.blame("fresh"))
    assert "  before that: 'plain'" in str(agent.blame("mode"))
