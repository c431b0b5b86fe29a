"""Some keys of several states: the others are not read, and a state that lacks one is given whole."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.ids import StepRef
from notebook_agent.store import open_store


@action(reads=["log"], writes=["log", "n"])
def add(state):
    return state.append(log={"n": len(state["log"])}).update(n=len(state["log"]))


@pytest.fixture(params=["a file", "memory"])
def app(request, tmp_path):
    """A run of six steps, and a fork of it that has made two more."""
    store = open_store(tmp_path / "store.db" if request.param == "a file" else None)
    builder = ApplicationBuilder().with_actions(add).with_transitions(("add", "add")).with_entrypoint("add")
    app = builder.with_state(log=[], big=10**400, odd={"$": 1}).with_store(store).build()
    for _ in range(6):
        app.step()
    fork = app.fork(3)
    fork.step()
    fork.step()
    yield fork
    store.close()


def test_states_have_the_keys_alone(app):
    """In the order of the checkpoints, those of the ancestor included."""
    refs = [step.ref for step in app.history]
    found = app.store.states(refs, keys=["n", "log"])
    assert [0, 1, 2, 3, 4, 5] == [state["n"] for state in found]
    assert [{"n", "log"}] * 6 == [set(state) for state in found]
    assert app.history.at(-1)["log"] == found[-1]["log"]


def test_a_state_without_the_key_is_whole(app):
    """So that an error can tell what there is."""
    key = app.history[0].ref.run
    (start,) = app.store.states([StepRef(key, None)], keys=["n"])
    assert {"log", "big", "odd"} == set(start)


def test_values_are_what_they_are_in_the_whole_state(app):
    """However they are written."""
    refs = [step.ref for step in app.history]
    whole, some = app.store.states(refs), app.store.states(refs, keys=["big", "odd"])
    assert [(state["big"], state["odd"]) for state in whole] == [(each["big"], each["odd"]) for each in some]


def test_an_expression_is_asked_of_its_keys_alone(app):
    """It tells the same as of the whole state."""
    history = app.history
    one, other = history.watch("n * 2"), history.watch(lambda state: state["n"] * 2)
    assert [point.value for point in other.points] == [point.value for point in one.points]
    assert "It has: log, big, odd" in one.points[0].error
    assert 7 == len(history.watch("len(state) > 1").points)
    assert [4] == [history.bisect("state['n'] < 4").first_bad.seq]
