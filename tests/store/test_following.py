"""A step that is claimed in the commit in which the one before it ends, on each kind of store."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from notebook_agent.errors import RunConflictError, UnstorableError
from notebook_agent.ids import StepRef
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store

from .runs import CALL, KEY, NEXT, begin, end, new_run


def followed(store: Store) -> None:
    """Make a run whose step 0 has ended and whose step 1 was claimed with that."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.end_step(KEY, end(0, {"n": 1}), then=begin(1, prompt="hi"))


def test_the_end_of_a_step_claims_the_one_that_follows(store: Store):
    """It reads as one that was claimed by itself."""
    followed(store)
    one, two = store.steps(KEY)
    assert ("completed", "running") == (one.status, two.status)
    assert (1, NEXT, 101.0, "c0de") == (two.ref.seq, two.decision, two.started_at, two.code)
    values = store.values(two.ref)
    assert ({"prompt": "hi"}, CALL, "def count(): ...") == (values.inputs, values.call, values.source)
    assert {"n": 1} == store.state(two.ref)


def test_it_ends_as_any_other(store: Store):
    """A chain of them is a run."""
    followed(store)
    for seq in range(1, 5):
        store.end_step(KEY, end(seq, {"n": seq + 1}), then=begin(seq + 1))
    store.end_step(KEY, end(5, {"n": 6}, "failed"))
    assert ["completed"] * 5 + ["failed"] == [each.status for each in store.steps(KEY)]
    assert [{"n": seq + 1} for seq in range(6)] == [store.state(StepRef(KEY, seq)) for seq in range(6)]


def test_nobody_else_may_begin_it(store: Store):
    """The claim is a claim."""
    followed(store)
    with pytest.raises(RunConflictError, match="in the middle of step 1"):
        store.begin_step(KEY, begin(2), after=1)


def test_a_claim_that_is_dropped_leaves_no_trace(store: Store):
    """The run stands where it stood before, and goes on."""
    followed(store)
    store.drop_step(KEY, 1)
    record = store.run(KEY)
    assert (0, "completed", 1) == (record.head, record.status, record.steps)
    store.begin_step(KEY, begin(1), after=0)
    store.end_step(KEY, end(1, {"n": 2}))
    assert {"n": 2} == store.head_state(KEY)


def test_what_is_not_claimed_is_not_dropped(store: Store):
    """Neither a step that has ended nor one that never was."""
    followed(store)
    store.drop_step(KEY, 0)
    store.drop_step(KEY, 7)
    assert ["completed", "running"] == [each.status for each in store.steps(KEY)]


def test_a_dropped_step_cannot_be_ended(store: Store):
    """It is nobody's."""
    followed(store)
    store.drop_step(KEY, 1)
    with pytest.raises(RunConflictError, match="no longer this process's to end"):
        store.end_step(KEY, end(1, {"n": 2}))


def test_inputs_that_cannot_be_kept_leave_the_step_open(store: Store):
    """Nothing is written; the step can be ended without them."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    with pytest.raises(UnstorableError, match=r"inputs\['lock'\]"):
        store.end_step(KEY, end(0, {"n": 1}), then=begin(1, lock=threading.Lock()))
    assert "running" == store.run(KEY).status
    store.end_step(KEY, end(0, {"n": 1}))
    assert (0, "completed") == (store.run(KEY).head, store.run(KEY).status)


def test_only_the_next_number_follows(store: Store):
    """A gap is a mistake of the caller's."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    with pytest.raises(ValueError, match=r"step 2 of .* cannot follow 0"):
        store.end_step(KEY, end(0, {"n": 1}), then=begin(2))


def test_another_decision_is_kept_with_the_step_that_follows(store: Store):
    """Where it is not the one that the step before led to."""
    other = replace(NEXT, checks=NEXT.checks[1:])
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.end_step(KEY, end(0, {"n": 1}), then=replace(begin(1), decision=other))
    assert (NEXT, other) == (store.steps(KEY)[0].next, store.steps(KEY)[1].decision)


def test_what_is_masked_is_masked_in_it_too():
    """Inputs of a store that is to hold no secrets."""
    store = open_store(None, redact_state=True)
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.end_step(KEY, end(0, {"n": 1}), then=begin(1, password="hunter2hunter2"))
    assert "hunter2" not in str(dict(store.values(StepRef(KEY, 1)).inputs))
