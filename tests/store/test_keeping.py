"""What any store must do with what nobody needs: remove it, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from notebook_agent.errors import RunConflictError, RunError, UnknownRunError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Reclaimed, Store

from .runs import FORK, KEY, begin, call, counted, end, new_run, step

LAST = RunKey("tests", "last")


def text(seed: int, size: int = 2000) -> str:
    """A text that does not shrink when it is compressed, much."""
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))


def chatted(store: Store, steps: int, key: RunKey = KEY) -> None:
    """Make a run whose chat grows by one text a step."""
    store.create_run(new_run(key, chat=[]))
    for seq in range(steps):
        step(store, seq, store.head_state(key).append(chat=text(seq)), key)


def test_what_a_run_holds_stays(store: Store):
    """A collection takes nothing from a run that is there: not a state, an input, a call, a source."""
    chatted(store, 40)
    store.record_call(call(StepRef(KEY, 3), body=text(99).encode()))
    before = [store.state(StepRef(KEY, seq)) for seq in range(40)]
    values, calls = store.values(StepRef(KEY, 3)), store.calls([StepRef(KEY, 3)])
    assert Reclaimed() == store.gc(dry_run=True)
    assert 0 == store.gc().nodes
    assert before == [store.state(StepRef(KEY, seq)) for seq in range(40)]
    assert (values, calls) == (store.values(StepRef(KEY, 3)), store.calls([StepRef(KEY, 3)]))


def test_what_only_a_removed_run_held_goes(store: Store):
    """The rehearsal says what the removal and the collection then give back."""
    chatted(store, 10)
    store.create_run(new_run(LAST, kept=text(3)))
    told = store.delete_run(KEY, dry_run=True)
    assert (10, False) == (told.steps, told.hidden)
    assert 10 == store.run(KEY).steps
    assert 10 == store.delete_run(KEY).steps
    found = store.gc(dry_run=True)
    assert (told.nodes, told.bytes) == (found.nodes, found.bytes)
    assert found.bytes > 9 * 1200
    done = store.gc()
    assert (found.nodes, found.bytes) == (done.nodes, done.bytes)
    assert Reclaimed() == store.gc(dry_run=True)
    assert {"kept": text(3)} == store.head_state(LAST)


def test_branch_points_stay(store: Store):
    """Of a removed run its forks keep what lies before them, and only that goes which lies behind."""
    chatted(store, 10)
    store.create_run(new_run(FORK, StepRef(KEY, 4)))
    step(store, 5, store.head_state(FORK).append(chat="mine"), FORK)
    before = [store.state(StepRef(FORK, seq)) for seq in range(6)]
    told = store.delete_run(KEY, dry_run=True)
    assert (5, True) == (told.steps, told.hidden)
    store.delete_run(KEY)
    assert told.nodes == store.gc().nodes
    assert before == [store.state(StepRef(FORK, seq)) for seq in range(6)]
    assert ["def count(): ..."] * 6 == [store.values(StepRef(FORK, seq)).source for seq in range(6)]


def test_a_chain_kept_for_its_last_fork_goes_with_it(store: Store):
    """Removed ancestors leave when the last run that needs them does, and the rehearsal counts them."""
    chatted(store, 4)
    store.create_run(new_run(FORK, StepRef(KEY, 3)))
    step(store, 4, store.head_state(FORK).append(chat="fork"), FORK)
    store.create_run(new_run(LAST, StepRef(FORK, 4)))
    store.delete_run(KEY)
    store.delete_run(FORK)
    assert 5 == store.delete_run(LAST, dry_run=True).steps
    store.delete_run(LAST)
    store.gc()
    assert Reclaimed() == store.gc(dry_run=True)
    with pytest.raises(UnknownRunError):
        store.state(StepRef(KEY, 0))


def test_an_edit_between_steps_stays(store: Store):
    """The edited state that the next step starts from is no rubbish."""
    counted(store, 2)
    store.edit_state(KEY, State({"n": 5, "note": text(1)}), after=1)
    store.gc()
    assert {"n": 5, "note": text(1)} == store.head_state(KEY)


def test_a_value_of_a_removed_run_can_be_used_again(store: Store):
    """What was read before a collection is written again after it, not taken for stored."""
    chatted(store, 40)
    held = store.head_state(KEY)
    store.create_run(new_run(LAST))
    store.delete_run(KEY)
    store.gc()
    step(store, 0, held, LAST)
    step(store, 1, held.append(chat="one more"), LAST)
    assert held == store.state(StepRef(LAST, 0))
    assert [*held["chat"], "one more"] == store.head_state(LAST)["chat"]


def test_a_step_that_runs_meanwhile_can_be_ended(store: Store):
    """A collection in the middle of a step takes neither its claim nor what it began with."""
    chatted(store, 3)
    store.begin_step(KEY, begin(3, note=text(7)), after=2)
    state = store.head_state(KEY)
    store.gc()
    store.end_step(KEY, end(3, state.append(chat="x")))
    assert [*state["chat"], "x"] == store.head_state(KEY)["chat"]
    assert {"note": text(7)} == store.values(StepRef(KEY, 3)).inputs


def test_a_pinned_run_is_not_removed(store: Store):
    """Neither in rehearsal nor in earnest."""
    counted(store, 1)
    store.pin_run(KEY, True)
    for dry_run in (True, False):
        with pytest.raises(RunError, match="pinned"):
            store.delete_run(KEY, dry_run=dry_run)


def test_a_run_in_the_middle_of_a_step_is_not_removed(store: Store):
    """It would take the step from under its writer."""
    counted(store, 1)
    store.begin_step(KEY, begin(1), after=0)
    with pytest.raises(RunConflictError, match="in the middle of step 1"):
        store.delete_run(KEY)


def test_the_next_run_of_a_removed_key_is_another(store: Store):
    """What a fork has of a removed run is not taken for a new run's of the same name."""
    counted(store, 4)
    number = store.record_call(call(StepRef(KEY, 1)))
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    store.delete_run(KEY)
    store.create_run(new_run(n=100))
    step(store, 0, {"n": 101})
    refs = [each.ref for each in store.steps(FORK)]
    assert [1, 2, 3] == [store.state(ref)["n"] for ref in refs]
    assert [number] == [each.id for each in store.calls(refs)]
    assert [101] == [store.state(each.ref)["n"] for each in store.steps(KEY)]


def test_the_file_shrinks(tmp_path: Path):
    """A collection gives the disk its space back."""
    store = open_store(tmp_path / "store.db")
    chatted(store, 100)
    store.create_run(new_run(LAST))
    store.delete_run(KEY)
    done = store.gc()
    size = (tmp_path / "store.db").stat().st_size
    assert done.file > done.bytes > 100 * 1200
    assert size < 70_000
    store.close()
