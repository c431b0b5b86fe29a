"""What each run and each key of its state takes."""

from __future__ import annotations

import random

import pytest

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import RunSize, Store

from .runs import FORK, KEY, call, counted, new_run, step


def noise(seed: int, size: int = 10_000) -> bytes:
    return random.Random(seed).randbytes(size)


def kb(size: int) -> int:
    """Thousands of bytes; the pointers to a value take a few more than it."""
    return round(size / 1000)


def size_of(store: Store, key: RunKey = KEY) -> RunSize:
    return next(each for each in store.sizes("tests") if each.key == key)


def test_the_largest_key_comes_first(store: Store):
    """Each key counts once for what it holds, over all checkpoints."""
    store.create_run(new_run(image=noise(1, 50_000), notes=noise(2, 5000), n=0))
    for seq in range(10):
        step(store, seq, store.head_state(KEY).update(n=seq, notes=noise(seq + 10, 5000)))
    found = size_of(store)
    assert ["notes", "image", "n"] == list(found.keys)
    assert (50, 55) == (kb(found.keys["image"]), kb(found.keys["notes"]))
    assert found.keys["n"] < 200


def test_what_two_runs_hold_counts_half_for_each(store: Store):
    """Shared content is kept once, so that the sizes add up to what is kept."""
    store.create_run(new_run(image=noise(1)))
    store.create_run(new_run(FORK, image=noise(1), more=noise(2, 3000)))
    first, second = size_of(store), size_of(store, FORK)
    assert (5, 5, 3) == tuple(map(kb, (first.keys["image"], second.keys["image"], second.keys["more"])))
    assert first.own < 200
    assert 3000 < second.own < 3200


def test_what_two_keys_hold_counts_half_for_each(store: Store):
    """Within a run too."""
    store.create_run(new_run(a=noise(1), b=noise(1)))
    assert {"a": 5, "b": 5} == {key: kb(size) for key, size in size_of(store).keys.items()}


def test_a_fork_costs_what_it_adds(store: Store):
    """A fork that did nothing takes a part of what it begins with, and frees next to nothing."""
    store.create_run(new_run(image=noise(1)))
    step(store, 0, store.head_state(KEY).update(n=1))
    store.create_run(new_run(FORK, StepRef(KEY, 0)))
    assert 5 == kb(size_of(store, FORK).keys["image"])
    assert size_of(store, FORK).own < 200


def test_calls_and_inputs_have_parts_of_their_own(store: Store):
    """What is not in the state is counted apart."""
    counted(store, 1)
    store.record_call(call(StepRef(KEY, 0), body=noise(3)))
    found = size_of(store)
    assert "calls" == next(iter(found.parts))
    assert 10_000 < found.parts["calls"] < 10_200
    assert {"calls", "inputs", "results", "code", "steps"} == set(found.parts)


@pytest.mark.parametrize("key", ["$", "v", "a b", "\ud800"])
def test_odd_keys_are_counted_under_their_names(store: Store, key: str):
    """Whatever a key is called."""
    store.create_run(new_run(**{key: noise(1)}))
    assert {key: 10} == {name: kb(size) for name, size in size_of(store).keys.items()}


def test_an_edited_state_counts(store: Store):
    """What a person put in between two steps too."""
    counted(store, 1)
    store.edit_state(KEY, State({"note": noise(5)}), after=0)
    assert 10 == kb(size_of(store).keys["note"])


def test_a_removed_run_that_forks_need_is_told(store: Store):
    """Its bytes do not vanish from the sum."""
    store.create_run(new_run(image=noise(1)))
    step(store, 0, store.head_state(KEY).update(image=noise(2)))
    store.create_run(new_run(FORK, StepRef(KEY, 0)))
    step(store, 1, {"n": 1}, FORK)
    store.delete_run(KEY)
    assert [(KEY, True), (FORK, False)] == [(each.key, each.hidden) for each in store.sizes()]
