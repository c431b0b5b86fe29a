"""What an action changes in place is neither lost in silence nor seen by an earlier checkpoint."""

from __future__ import annotations

import functools
import threading
from collections import Counter, deque
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

from notebook_agent import ApplicationBuilder, action, default
from notebook_agent.errors import WriteError
from notebook_agent.state import State


@dataclass
class Basket:
    fruit: list = field(default_factory=list)

    @functools.cached_property
    def size(self):
        return len(self.fruit)


class Person(BaseModel):
    name: str = "Ann"
    tags: list[str] = []


def run_once(function, **state):
    """Run an action once on a state, and return the application."""
    builder = ApplicationBuilder().with_actions(act=function).with_entrypoint("act")
    app = builder.with_transitions(("act", "act", default)).with_state(State(state)).build()
    app.step()
    return app


def _array(value):
    value[0] = 9


def _frame(value):
    value.loc[0, "n"] = 9


CHANGES = [
    (set, {1}, lambda value: value.add(2)),
    (bytearray, bytearray(b"a"), lambda value: value.extend(b"b")),
    (deque, deque([1]), lambda value: value.append(2)),
    (Counter, Counter("a"), lambda value: value.update("b")),
    (Basket, Basket(), lambda value: value.fruit.append("pear")),
    (Person, Person(), lambda value: value.tags.append("x")),
    (np.ndarray, np.arange(3), _array),
    (pd.DataFrame, pd.DataFrame({"n": [1]}), _frame),
    (list, [{1}], lambda value: value[0].add(2)),
    (dict, {"a": (1, {2})}, lambda value: value["a"][1].add(3)),
]
NAMES = [cls.__name__ for cls, _, __ in CHANGES]


@pytest.mark.parametrize(("cls", "value", "change"), CHANGES, ids=NAMES)
def test_a_change_in_place_without_a_write_names_the_key(cls, value, change):
    """The step fails, and the state has the value as it was."""
    before = repr(value)

    @action(reads=["k"], writes=[])
    def act(state):
        change(state["k"])
        return state

    with pytest.raises(WriteError, match=r"changed state\['k'\] \(a \w+\) in place") as caught:
        run_once(act, k=value)
    assert ("k", "act", before) == (caught.value.key, caught.value.action, repr(value))


@pytest.mark.parametrize(("cls", "value", "change"), CHANGES, ids=NAMES)
def test_a_change_in_place_that_is_written_counts(cls, value, change):
    """The state has it, and the checkpoint before does not."""

    @action(reads=["k"], writes=["k"])
    def act(state):
        mine = state["k"]
        change(mine)
        return state.update(k=mine)

    app = run_once(act, k=value)
    assert repr(value) != repr(app.state["k"])
    assert repr(app.state["k"]) == repr(app.history.at(0)["k"])


@pytest.mark.parametrize(("cls", "value", "change"), CHANGES, ids=NAMES)
def test_reading_changes_nothing(cls, value, change):
    """Also twice, and all at once."""

    @action(reads=["k"], writes=["same"])
    def act(state):
        return state.update(same=state["k"] is state["k"] and state.get_all()["k"] is state.get("k"))

    assert run_once(act, k=value).state["same"]


def test_a_value_that_computes_something_for_itself_is_unchanged():
    """A cached property is no change."""

    @action(reads=["k"], writes=["n"])
    def act(state):
        return state.update(n=state["k"].size)

    assert 1 == run_once(act, k=Basket(["pear"])).state["n"]


def test_what_no_store_can_keep_is_handed_on_itself():
    """Such as a lock, where no history is kept."""
    lock = threading.Lock()

    @action(reads=["k"], writes=["same"])
    def act(state):
        return state.update(same=state["k"] is lock)

    app = ApplicationBuilder().with_actions(act).with_entrypoint("act").with_state(k=lock).with_store(None)
    assert app.build().step()[2]["same"]


def test_a_failed_action_leaves_the_state_as_it_was():
    """What it did in place before it raised is not in the checkpoint."""

    @action(reads=["k"], writes=[])
    def act(state):
        state["k"].add(2)
        raise ValueError

    value = {1}
    with pytest.raises(ValueError):
        run_once(act, k=value)
    assert {1} == value


def test_sets_that_cannot_be_sorted_are_compared():
    """Their order says nothing."""

    @action(reads=["k"], writes=["n"])
    def act(state):
        return state.update(n=len(state["k"]))

    assert 4 == run_once(act, k={None, "a", 1, (2,)}).state["n"]


def test_a_list_that_grows_stays_known_as_frozen():
    """Whether something loose is in it is asked once, and carried on."""
    state, watch = State({"k": [1]}).watched(lambda _: b"")
    assert state["k"].loose is False
    assert state.append(k=2)["k"].loose is False
    assert state.append(k={3})["k"].loose is True
    assert {} == watch.lent
