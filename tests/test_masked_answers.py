"""Answers about the past and grids of forks, shown by a bare name in a cell: no secret in them."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.application import Application

SECRET = "sk-proj-abcdefghijklmnopqrstuvwx1234"
WORD = "hunter22"


@action(reads=["n"], writes=["n", "k", "config"])
def put(state):
    return state.update(n=state["n"] + 1, k=f"use {SECRET}", config={"password": WORD})


@pytest.fixture
def app() -> Application:
    """Give a run of two steps that has secrets in its state."""
    app = (
        ApplicationBuilder()
        .with_actions(put)
        .with_transitions(("put", "put"))
        .with_entrypoint("put")
        .with_state(n=0)
        .build()
    )
    app.step()
    app.step()
    return app


SHOWN = {
    "watch": lambda app: app.history.watch("k"),
    "point": lambda app: app.history.watch("k").points[1],
    "bisect": lambda app: app.history.bisect("k == ''"),
    "blame": lambda app: app.history.blame("k"),
    "origin": lambda app: app.history.blame("config.password").origin,
    "diff": lambda app: app.history.diff(None, 1),
    "grid": lambda app: app.map_forks(1, state={"k": [SECRET, "a"]}, halt_after=["put"]),
    "row": lambda app: app.map_forks(1, state={"config": [{"password": WORD}, {}]}, halt_after=["put"])[0],
    "group": lambda app: app.map_forks(1, state={"k": [SECRET, "a"]}, halt_after=["put"]).groups,
}


@pytest.mark.parametrize("shown", SHOWN)
def test_no_answer_shows_a_secret(app: Application, shown: str):
    """The rule that found it stands in its place; what is asked of it in code is as it was."""
    text = repr(SHOWN[shown](app))
    assert (False, False) == (SECRET in text, WORD in text)


def test_the_values_themselves_are_as_they_were(app: Application):
    """Only what is shown is masked."""
    assert f"use {SECRET}" == app.history.watch("k").points[1].value
    assert WORD == app.history.blame("config.password").origin.value
