"""What a fork may point at, and what a writer is told of a run that others have changed."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from notebook_agent.errors import ForkError, RunConflictError, UnknownRunError
from notebook_agent.ids import StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store

from .runs import FORK, KEY, begin, counted, end, new_run, step


def test_a_step_that_still_runs_cannot_be_forked_after(store: Store):
    """The error says which step it is and what to do, and no fork is made."""
    counted(store, 1)
    store.begin_step(KEY, begin(1), after=0)
    with pytest.raises(ForkError) as caught:
        store.create_run(new_run(FORK, StepRef(KEY, 1)))
    assert ("first", 1, "count") == (caught.value.run, caught.value.seq, caught.value.action)
    assert "still runs" in str(caught.value)
    assert "app.fork(0)" in str(caught.value)
    assert [KEY] == [run.key for run in store.runs()]


def test_a_step_that_still_runs_cannot_be_forked_after_with_another_state(store: Store):
    """An edit makes no difference: the step would be in the fork's past."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    with pytest.raises(ForkError, match=r"app\.fork\(None\)"):
        store.create_run(new_run(FORK, StepRef(KEY, 0), n=7))


def test_a_step_claimed_with_the_end_of_the_one_before_cannot_be_forked_after(store: Store):
    """So letting go of it leaves no hole in a fork."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.end_step(KEY, end(0, {"n": 1}), then=begin(1))
    with pytest.raises(ForkError):
        store.create_run(new_run(FORK, StepRef(KEY, 1)))
    store.create_run(new_run(FORK, StepRef(KEY, 0)))
    store.drop_step(KEY, 1)
    step(store, 1, {"n": 7}, FORK)
    assert [(KEY, 0), (FORK, 1)] == [(each.ref.run, each.seq) for each in store.steps(FORK)]


def test_letting_go_of_a_step_that_started_a_run_keeps_it(store: Store):
    """What points at it still finds it: it counts as interrupted."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.create_run(replace(new_run(FORK, n=1), spawned_by=StepRef(KEY, 0)))
    store.drop_step(KEY, 0)
    assert [(0, "interrupted")] == [(each.seq, each.status) for each in store.steps(KEY)]
    assert StepRef(KEY, 0) == store.run(FORK).spawned_by


@pytest.mark.parametrize("status", ["completed", "failed", "interrupted"])
def test_a_step_that_has_ended_can_be_forked_after(store: Store, status):
    """However it ended; what its run does from then on is no part of the fork."""
    counted(store, 1)
    store.begin_step(KEY, begin(1), after=0)
    store.end_step(KEY, end(1, {"n": 5}, status))
    store.create_run(new_run(FORK, StepRef(KEY, 1)))
    step(store, 2, {"n": 9})
    assert [(0, "completed"), (1, status)] == [(each.seq, each.status) for each in store.steps(FORK)]
    assert {"n": 5} == store.head_state(FORK) == store.state(StepRef(FORK, 1))


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_fork_after_the_step_of_a_dead_process_settles_it(tmp_path: Path):
    """It counts as interrupted from then on, and nobody can end it."""
    child = os.fork()
    if not child:
        dying = open_store(tmp_path / "store.db")
        counted(dying, 1)
        dying.begin_step(KEY, begin(1), after=0)
        os.kill(os.getpid(), signal.SIGKILL)
    assert signal.SIGKILL == os.WTERMSIG(os.waitpid(child, 0)[1])
    store = open_store(tmp_path / "store.db")
    store.create_run(new_run(FORK, StepRef(KEY, 1)))
    assert ["completed", "interrupted"] == [each.status for each in store.steps(FORK)]
    assert (True, {"n": 1}) == (store.steps(KEY)[1].ended_at is not None, store.head_state(FORK))


def stood(store: Store, steps: int = 2):
    """Make a run and say where a writer knows it to stand."""
    counted(store, steps)
    return store.run(KEY).stand


@pytest.mark.parametrize("collected", [False, True])
def test_a_writer_keeps_to_the_run_that_it_began_with(store: Store, collected):
    """Another one of the same name and length is neither moved on nor edited."""
    stand = stood(store)
    store.delete_run(KEY)
    if collected:
        store.gc()
    counted(store, 2)
    with pytest.raises(RunConflictError, match="was removed, and another one has its name now") as caught:
        store.begin_step(KEY, begin(2), after=stand)
    assert ("first", 1) == (caught.value.run, caught.value.seq)
    with pytest.raises(RunConflictError, match="was removed"):
        store.edit_state(KEY, State({"n": 500}), after=stand)
    assert (2, {"n": 2}) == (len(store.steps(KEY)), store.head_state(KEY))
    store.begin_step(KEY, begin(2), after=store.run(KEY).stand)


def test_a_writer_whose_run_was_removed_is_told_so(store: Store):
    """And goes on where it is brought back."""
    stand = stood(store)
    store.delete_run(KEY)
    with pytest.raises(UnknownRunError):
        store.begin_step(KEY, begin(2), after=stand)
    store.restore_run(KEY)
    store.begin_step(KEY, begin(2), after=stand)
    assert "running" == store.run(KEY).status


def test_a_writer_is_told_of_an_edit_that_it_has_not_seen(store: Store):
    """Before it acts; who made the edit goes on from it."""
    stand = stood(store)
    edited = store.edit_state(KEY, State({"n": 500}), after=stand)
    with pytest.raises(RunConflictError, match="has edited the state of the run first at step 1") as caught:
        store.begin_step(KEY, begin(2), after=stand)
    assert ("first", 1, [0, 1]) == (caught.value.run, caught.value.seq, [s.seq for s in store.steps(KEY)])
    assert edited == store.run(KEY).stand
    store.begin_step(KEY, begin(2), after=edited)
    assert [{"n": 500}] == store.begun([StepRef(KEY, 2)])


def test_two_writers_do_not_edit_over_each_other(store: Store):
    """The second is told, before the first step too; its own edits in a row are no others'."""
    stand = stood(store, 0)
    edited = store.edit_state(KEY, State({"n": 1}), after=stand)
    with pytest.raises(RunConflictError, match="before its first step"):
        store.edit_state(KEY, State({"n": 2}), after=stand)
    again = store.edit_state(KEY, State({"n": 3}), after=edited)
    store.begin_step(KEY, begin(0), after=again)
    assert {"n": 3} == store.head_state(KEY)


def test_an_edit_that_changes_nothing_disturbs_nobody(store: Store):
    """There is nothing that another writer had not seen."""
    stand = stood(store)
    assert stand == store.edit_state(KEY, State({"n": 2}), after=stand)
    store.begin_step(KEY, begin(2), after=stand)


def test_an_edit_in_a_fork_counts_in_the_fork_alone(store: Store):
    """Its parent stands where it stood."""
    stand = stood(store)
    record = store.create_run(new_run(FORK, StepRef(KEY, 1)))
    edited = store.edit_state(FORK, State({"n": 7}), after=record.stand)
    with pytest.raises(RunConflictError, match="has edited"):
        store.begin_step(FORK, begin(2), after=record.stand)
    store.begin_step(FORK, begin(2), after=edited)
    store.begin_step(KEY, begin(2), after=stand)
    assert stand == record.stand._replace(number=stand.number, created_at=stand.created_at)


def test_a_number_says_nothing_of_edits(store: Store):
    """Who knows no more than the head goes on from what is there."""
    stand = stood(store)
    store.edit_state(KEY, State({"n": 500}), after=stand)
    store.begin_step(KEY, begin(2), after=1)
    assert [{"n": 500}] == store.begun([StepRef(KEY, 2)])
