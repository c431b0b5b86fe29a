"""What a person changes between two steps leaves its mark, and the next step begins with it."""

from __future__ import annotations

from dataclasses import replace

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.portable import export_run, import_run
from notebook_agent.store.protocol import Reclaimed, Store

from .runs import FORK, KEY, begin, counted, end, new_run, step


def marks(store: Store, key: RunKey = KEY) -> list[tuple[str, int | None, tuple[str, ...]]]:
    return [(edit.after.run.app_id, edit.after.seq, edit.keys) for edit in store.edits(key)]


def test_each_edit_is_told_with_its_place_and_its_keys(store: Store):
    """Also those that later ones, or later steps, have covered."""
    store.create_run(new_run(n=0, chat=["hi"]))
    store.edit_state(KEY, State({"n": 5, "chat": ["hi"]}), after=None)
    step(store, 0, {"n": 6, "chat": ["hi"]})
    store.edit_state(KEY, store.head_state(KEY).append(chat="you"), after=0)
    store.edit_state(KEY, State({"n": 6, "more": 1}), after=0)
    assert [("first", None, ("n",)), ("first", 0, ("chat",)), ("first", 0, ("chat", "more"))] == marks(store)
    assert store.edits(KEY)[0].at <= store.edits(KEY)[1].at


def test_a_step_begins_with_the_edited_state(store: Store):
    """And that is known for ever, though the step has written something else since."""
    counted(store, 2)
    store.edit_state(KEY, State({"n": 50}), after=1)
    step(store, 2, {"n": 51})
    refs = [StepRef(KEY, seq) for seq in range(3)]
    assert [{"n": 0}, {"n": 1}, {"n": 50}] == store.begun(refs)
    assert [{"n": 1}, {"n": 2}, {"n": 51}] == store.states(refs)


def test_a_fork_that_began_with_other_values_tells_of_them(store: Store):
    """With the checkpoint that it was made of; so does a fork of it, but not one that lacks them."""
    counted(store, 3)
    store.create_run(new_run(FORK, StepRef(KEY, 1), n=2, more=[1]))
    below, beside, start = (RunKey("tests", name) for name in ("below", "beside", "start"))
    store.create_run(new_run(below, StepRef(FORK, None)))
    store.create_run(new_run(beside, StepRef(FORK, 1)))
    store.create_run(new_run(start, StepRef(KEY, None), n=7))
    assert [("fork", 1, ("more",))] == marks(store, FORK) == marks(store, below)
    assert ([], [("start", None, ("n",))]) == (marks(store, beside), marks(store, start))
    assert [StepRef(KEY, 1), StepRef(KEY, None)] == [store.edits(key)[0].forked for key in (below, start)]
    step(store, 2, {"n": 3}, FORK)
    store.edit_state(FORK, State({"n": 9}), after=2)
    assert [("fork", 1, ("more",)), ("fork", 2, ("n",))] == marks(store, FORK)


def test_the_same_state_is_no_edit(store: Store):
    """Whoever made it anew; what comes next is decided again all the same."""
    store.create_run(new_run(chat=[{"role": "user", "content": "x" * 400}] * 40))
    store.edit_state(
        KEY, State({"chat": [{"role": "user", "content": "x" * 400} for _ in range(40)]}), after=None
    )
    assert [] == store.edits(KEY)


def test_a_fork_has_the_edits_before_it(store: Store):
    """Of its parent, up to the checkpoint that it began with; its own come after them."""
    counted(store, 2)
    store.edit_state(KEY, State({"n": 7}), after=1)
    step(store, 2, {"n": 8})
    store.edit_state(KEY, State({"n": 9}), after=2)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    store.edit_state(FORK, State({"n": 10}), after=2)
    assert [("first", 1, ("n",)), ("fork", 2, ("n",))] == marks(store, FORK)
    assert [{"n": 7}] == store.begun([StepRef(FORK, 2)])
    assert {"n": 10} == store.head_state(FORK)


def test_the_first_step_of_an_edited_fork(store: Store):
    """Began with the fork's own state."""
    counted(store, 2)
    store.create_run(new_run(FORK, StepRef(KEY, 0), n=40))
    step(store, 1, {"n": 41}, FORK)
    assert [{"n": 0}, {"n": 40}] == store.begun([StepRef(FORK, 0), StepRef(FORK, 1)])


def test_an_edit_leaves_with_its_run(store: Store):
    """And with the steps behind the last fork point."""
    counted(store, 2)
    store.edit_state(KEY, State({"note": "a" * 2000}), after=1)
    store.create_run(new_run(FORK, StepRef(KEY, 0)))
    store.delete_run(KEY)
    assert [] == store.edits(FORK)
    assert 1 <= store.gc().nodes
    assert Reclaimed(file=0) == replace(store.gc(), file=0)


def test_a_file_has_the_edits(store: Store):
    """A run that is carried away and back tells the same of them, and begins its steps with the same."""
    store.create_run(new_run(n=0, chat=["hi"]))
    store.edit_state(KEY, State({"n": 5, "chat": ["hi", "you"]}), after=None)
    step(store, 0, {"n": 6})
    store.edit_state(KEY, State({"n": 7}), after=0)
    store.edit_state(KEY, State({"n": 8, "\ud800": 1}), after=0)
    before, text = store.edits(KEY), export_run(store, KEY, with_secrets=True)
    store.delete_run(KEY)
    import_run(store, text)
    assert (before, {"n": 8, "\ud800": 1}) == (store.edits(KEY), store.head_state(KEY))
    assert [{"n": 5, "chat": ["hi", "you"]}] == store.begun([StepRef(KEY, 0)])
    assert text == export_run(store, KEY, with_secrets=True)


def test_a_step_that_failed_began_with_what_it_left(store: Store):
    """Edited before it, too."""
    counted(store, 1)
    store.edit_state(KEY, State({"n": 3}), after=0)
    store.begin_step(KEY, begin(1), after=0)
    store.end_step(KEY, end(1, {"n": 3}, "failed"))
    assert [{"n": 3}] == store.begun([StepRef(KEY, 1)])
