"""A run without a parent may begin at any number: its past is kept elsewhere."""

from __future__ import annotations

import pytest

from notebook_agent.errors import UnknownStepError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import NewRun, StepBegin, StepEnd

KEY = RunKey("tests", "run")
GRAPH = {"actions": [], "transitions": []}


@pytest.fixture
def store():
    store = open_store(None)
    store.create_run(NewRun(KEY, "go", GRAPH, State({"n": 0}), base=6))
    yield store
    store.close()


def step(store, seq):
    store.begin_step(KEY, StepBegin(seq, "go", 1.0, {}, None, None, None, None), after=seq - 1)
    store.end_step(KEY, StepEnd(seq, "completed", 2.0, State({"n": seq})))


def test_it_stands_before_its_first_step(store):
    """At the number before, of which nothing is known."""
    record = store.run(KEY)
    assert (6, None, None, 0) == (record.head, record.status, record.action, record.steps)
    assert ([], {"n": 0}) == (store.steps(KEY), store.head_state(KEY))


def test_its_steps_count_from_there(store):
    """And those before cannot be asked for."""
    for seq in (7, 8):
        step(store, seq)
    assert (8, [7, 8]) == (store.run(KEY).head, [each.seq for each in store.steps(KEY)])
    with pytest.raises(UnknownStepError, match="no step 6"):
        store.state(StepRef(KEY, 6))


def test_a_fork_of_its_beginning_has_the_same_numbers(store):
    """Its first step has the number of the run's own first."""
    fork = RunKey("tests", "fork")
    record = store.create_run(NewRun(fork, "go", GRAPH, parent=StepRef(KEY, None)))
    assert (6, []) == (record.head, store.steps(fork))


def test_it_can_be_deleted(store):
    """With its steps."""
    step(store, 7)
    store.delete_run(KEY)
    assert [] == store.runs()
