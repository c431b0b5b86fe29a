"""Runs that a run's steps had started: listed beside it, and removed with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.protocol import Store

from .runs import FORK, KEY, begin, counted, new_run, step

TWIG = RunKey("tests", "twig")


def branch(store: Store, name: str, by: StepRef, label: str | None = "ask_all 0-1") -> RunKey:
    """Make a run of one step that a step started."""
    key = RunKey("tests", name)
    store.create_run(replace(new_run(key), spawned_by=by, label=label))
    step(store, 0, {"n": 1}, key)
    return key


def listed(store: Store) -> list[str]:
    return sorted(record.key.app_id for record in store.runs())


def test_the_branches_of_a_run_and_of_a_step(store: Store):
    """Oldest first, those of inherited steps too."""
    counted(store, 3)
    for name, seq in (("a", 0), ("b", 2), ("c", 0)):
        branch(store, name, StepRef(KEY, seq))
    store.create_run(new_run(FORK, StepRef(KEY, 1)))
    names = [[each.key.app_id for each in store.children(*asked)] for asked in ((KEY,), (KEY, 2), (FORK,))]
    assert [["a", "c", "b"], ["b"], ["a", "c"]] == [sorted(names[0], key="acb".index), names[1], names[2]]


def test_branches_go_with_the_run(store: Store):
    """And theirs with them; the rehearsal has said so."""
    counted(store, 2)
    first = branch(store, "first-branch", StepRef(KEY, 1))
    branch(store, "twig", StepRef(first, 0))
    told, done = store.delete_run(KEY, dry_run=True), store.delete_run(KEY)
    assert [(2, 2, 0)] * 2 == [(each.steps, each.branches, each.spared) for each in (told, done)]
    assert ([], told.nodes) == (listed(store), store.gc().nodes)


@pytest.mark.parametrize("why", ["pinned", "labelled", "forked", "running"])
def test_a_branch_that_somebody_wants_stays(store: Store, why: str):
    """It is listed on its own from then on."""
    counted(store, 2)
    kept = branch(store, "kept", StepRef(KEY, 1), "mine" if why == "labelled" else "ask_all 0-1")
    branch(store, "gone", StepRef(KEY, 1))
    if why == "pinned":
        store.pin_run(kept, True)
    elif why == "forked":
        store.create_run(new_run(FORK, StepRef(kept, 0)))
    elif why == "running":
        store.begin_step(kept, begin(1), after=0)
    found = store.delete_run(KEY)
    assert (1, 1) == (found.branches, found.spared)
    assert (["fork"] if why == "forked" else []) + ["kept"] == listed(store)
    assert (None, {"n": 1}) == (store.run(kept).spawned_by, store.state(StepRef(kept, 0)))


@pytest.mark.parametrize("pinned", [False, True])
def test_a_branch_goes_with_its_only_fork(store: Store, pinned: bool):
    """An attempt that went on from an earlier one's branch is no reason to keep that, unless it stays."""
    counted(store, 2)
    first = branch(store, "first attempt", StepRef(KEY, 1))
    again = replace(new_run(FORK, StepRef(first, 0)), spawned_by=StepRef(KEY, 1), label="ask_all 0-1")
    store.create_run(again)
    branch(store, "twig", StepRef(first, 0))
    store.pin_run(FORK, pinned)
    told, done = store.delete_run(KEY, dry_run=True), store.delete_run(KEY)
    assert [(0, 2) if pinned else (3, 0)] * 2 == [(each.branches, each.spared) for each in (told, done)]
    assert (["first attempt", "fork", "twig"] if pinned else []) == listed(store)


def test_what_forks_keep_they_keep_with_its_branches(store: Store):
    """Those of the steps behind the last fork point go."""
    counted(store, 3)
    branch(store, "before", StepRef(KEY, 0))
    branch(store, "behind", StepRef(KEY, 2))
    store.create_run(new_run(FORK, StepRef(KEY, 1)))
    found = store.delete_run(KEY)
    assert (1, True, ["before", "fork"]) == (found.branches, found.hidden, listed(store))
    assert ["before"] == [each.key.app_id for each in store.children(FORK)]
    store.delete_run(FORK)
    assert [] == listed(store)
