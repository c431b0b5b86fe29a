"""A removed run comes back as it was, until garbage is collected; on each kind of store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_agent.errors import RunExistsError, UnknownRunError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.portable import export_run
from notebook_agent.store.protocol import Store

from .runs import FORK, KEY, begin, call, counted, end, new_run, step

THIRD = RunKey("tests", "third")


def grown(store: Store) -> str:
    """Make a run with calls, events and an edit; return all of it as text."""
    counted(store, 4)
    store.record_call(call(StepRef(KEY, 2)))
    store.edit_state(KEY, store.head_state(KEY).update(note="x" * 300), after=3)
    store.begin_step(KEY, begin(4, prompt="hi"), after=3)
    store.end_step(KEY, replace(end(4, {"n": 5, "chat": ["a" * 500]}), events=[{"note": "hi"}]))
    return told(store, KEY)


def told(store: Store, key: RunKey) -> str:
    return export_run(store, key, with_secrets=True)


def forked(store: Store, key: RunKey, parent: StepRef) -> None:
    """Fork a run and make one step."""
    store.create_run(new_run(key, parent))
    step(store, (parent.seq or 0) + 1, {"n": 100}, key)


def test_a_removed_run_comes_back_as_it_was(store: Store):
    """Steps, values, calls, events, edits, label."""
    before = grown(store)
    store.label_run(KEY, "mine")
    record = store.run(KEY)
    store.delete_run(KEY)
    assert [] == store.runs()
    assert record == store.restore_run(KEY)
    store.label_run(KEY, None)
    assert before == told(store, KEY)
    step(store, 5, {"n": 6}, KEY)


def test_it_is_listed_among_the_removed(store: Store):
    """With its label and the number of its steps, the latest first."""
    counted(store, 3)
    counted(store, 2, FORK)
    store.delete_run(FORK)
    store.delete_run(KEY)
    assert [(KEY, 3, True), (FORK, 2, True)] == [(r.key, r.steps, r.removed) for r in store.removed("tests")]
    assert [] == store.removed("other")
    assert [] == store.runs("tests", removed=True)


def test_what_was_collected_does_not_come_back(store: Store):
    """Its space has been given back."""
    grown(store)
    store.delete_run(KEY)
    assert store.gc(dry_run=True).nodes > 0
    assert [1, 1, 0] == [store.gc(dry_run=dry).removed for dry in (True, False, False)]
    assert (0, []) == (store.gc(dry_run=True).nodes, store.removed())
    with pytest.raises(UnknownRunError, match="gc has given its space back"):
        store.restore_run(KEY)


def test_a_key_that_is_taken_is_not_given_twice(store: Store):
    """The removed run goes by another one then."""
    counted(store, 2)
    store.delete_run(KEY)
    counted(store, 1)
    with pytest.raises(RunExistsError):
        store.restore_run(KEY)
    (removed,) = store.removed()
    assert {"n": 2} == store.head_state(store.restore_run(removed.key).key)
    assert {"n": 1} == store.head_state(KEY)


def test_a_run_with_forks_comes_back_whole(store: Store):
    """What they did not need too; until then they had what they need."""
    before = grown(store)
    forked(store, FORK, StepRef(KEY, 1))
    fork = told(store, FORK)
    store.delete_run(KEY)
    assert (fork, [0, 1]) == (told(store, FORK), [each.seq for each in store.steps(KEY)])
    store.restore_run(KEY)
    assert (before, fork) == (told(store, KEY), told(store, FORK))


def test_a_fork_comes_back_with_what_it_has_of_removed_runs(store: Store):
    """Its parents stay removed, and come back by themselves."""
    before = grown(store)
    forked(store, FORK, StepRef(KEY, 3))
    forked(store, THIRD, StepRef(FORK, 4))
    fork, third = told(store, FORK), told(store, THIRD)
    for key in (KEY, FORK, THIRD):
        store.delete_run(key)
    store.restore_run(THIRD)
    assert ([THIRD], third) == ([each.key for each in store.runs()], told(store, THIRD))
    store.restore_run(FORK)
    store.restore_run(KEY)
    assert (before, fork) == (told(store, KEY), told(store, FORK))


def test_a_fork_that_comes_back_outlives_a_collection(store: Store):
    """With its past."""
    counted(store, 4)
    forked(store, FORK, StepRef(KEY, 2))
    fork = told(store, FORK)
    store.delete_run(FORK)
    store.delete_run(KEY)
    store.restore_run(FORK)
    store.gc()
    assert (fork, []) == (told(store, FORK), store.removed())


def test_branches_come_back_with_the_run_that_started_them(store: Store):
    """Those that had stayed are its branches again."""
    counted(store, 2)
    for name in ("ask 0", "ask 1"):
        key = RunKey("tests", name)
        store.create_run(replace(new_run(key), spawned_by=StepRef(KEY, 1), label=name))
        step(store, 0, {"n": 7}, key)
    store.pin_run(RunKey("tests", "ask 1"), True)
    before = store.children(KEY)
    store.delete_run(KEY)
    assert [("ask 1", None)] == [(each.label, each.spawned_by) for each in store.runs()]
    assert [KEY] == [each.key for each in store.removed()]
    store.restore_run(KEY)
    assert before == store.children(KEY)


def test_a_new_run_does_not_take_a_removed_ones_place(store: Store):
    """Neither its number nor its steps."""
    before = grown(store)
    store.delete_run(KEY)
    counted(store, 2, FORK)
    store.restore_run(KEY)
    assert (before, {"n": 2}) == (told(store, KEY), store.head_state(FORK))
