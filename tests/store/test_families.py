"""A run as a file with the runs that its steps started, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from notebook_agent.errors import RunExistsError, StoreFormatError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.portable import export_run, import_run
from notebook_agent.store.protocol import Reclaimed, Store

from .runs import FORK, KEY, call, counted, new_run, step
from .test_portable import plain

BRANCH = RunKey("tests", "branch")
TWIG = RunKey("tests", "twig")
AGAIN = RunKey("tests", "again")
APART = RunKey("tests", "apart")
SECRET = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2
FAMILY = [KEY, BRANCH, TWIG, AGAIN]


@pytest.fixture
def other() -> Iterator[Store]:
    opened = open_store(None)
    yield opened
    opened.close()


def family(store: Store) -> None:
    """Make a run, a branch of it with a twig, one that goes on from the branch, and a fork that is apart."""
    counted(store, 3)
    first = store.record_call(call(StepRef(KEY, 0)))
    store.create_run(replace(new_run(BRANCH, word=SECRET), spawned_by=StepRef(KEY, 1), label="ask_all 0-1"))
    step(store, 0, {"n": 1, "word": SECRET}, BRANCH)
    step(store, 1, {"n": 2}, BRANCH)
    store.create_run(replace(new_run(TWIG, n=5), spawned_by=StepRef(BRANCH, 0)))
    step(store, 0, {"n": 6}, TWIG)
    store.record_call(call(StepRef(TWIG, 0), replayed=True, replayed_from=first))
    store.create_run(replace(new_run(AGAIN, StepRef(BRANCH, 0)), spawned_by=StepRef(KEY, 2)))
    step(store, 1, {"n": 9}, AGAIN)
    store.edit_state(AGAIN, State({"n": 10}), after=1)
    store.create_run(new_run(APART, StepRef(BRANCH, 1)))


def listed(store: Store) -> list[RunKey]:
    return sorted((run.key for run in store.runs()), key=FAMILY.index)


def test_a_family_comes_back_as_it_was(store: Store, other: Store):
    """Who started whom, states, calls, edits; a person's own fork of a branch stays where it is."""
    family(store)
    text = export_run(store, KEY, with_secrets=True)
    record = import_run(other, text)
    assert (KEY, FAMILY) == (record.key, listed(other))
    assert plain(store.past(KEY)) == plain(other.past(KEY))
    assert text == export_run(other, KEY, with_secrets=True)
    for key in FAMILY:
        assert replace(store.run(key), updated_at=0) == replace(other.run(key), updated_at=0)
        assert store.head_state(key) == other.head_state(key)
    served = other.calls([StepRef(TWIG, 0)])[0]
    assert other.calls([StepRef(KEY, 0)])[0].id == served.replayed_from


def test_secrets_of_branches_are_masked(store: Store, other: Store):
    """By default, as those of the run."""
    family(store)
    text = export_run(store, KEY)
    import_run(other, text)
    assert SECRET not in text
    assert {"word": "[openai-key]"} == other.state(StepRef(BRANCH, None))


def test_a_branch_alone_has_its_own(store: Store, other: Store):
    """What it started comes along, what started it does not."""
    family(store)
    import_run(other, export_run(store, BRANCH))
    assert [BRANCH, TWIG] == listed(other)
    assert (None, StepRef(BRANCH, 0)) == (other.run(BRANCH).spawned_by, other.run(TWIG).spawned_by)


def test_a_branch_that_goes_on_from_another_brings_its_past(store: Store, other: Store):
    """Of the other one what it needs, unseen."""
    family(store)
    import_run(other, export_run(store, AGAIN))
    assert [TWIG, AGAIN] == listed(other)
    assert ([{"n": 9}], {"n": 10}) == (other.states([StepRef(AGAIN, 1)]), other.head_state(AGAIN))


def test_an_imported_family_goes_as_one(store: Store, other: Store):
    """What a removal takes it takes here too; what stays is the run's again once that is taken in again."""
    family(store)
    text = export_run(store, KEY)
    import_run(other, text)
    other.pin_run(BRANCH, True)
    assert (1, 1, [BRANCH, TWIG]) == (*counts(other.delete_run(KEY)), listed(other))
    assert (1, 1) == counts(store.delete_run(KEY))
    other.gc()
    import_run(other, text)
    assert FAMILY == listed(other)
    assert [BRANCH, AGAIN] == [run.key for run in other.children(KEY)]


def counts(found: Reclaimed) -> tuple[int, int]:
    return found.branches, found.spared


def test_branches_that_are_here_are_used(store: Store):
    """A fork that is taken in where its past is finds the branches of that; nothing is there twice."""
    family(store)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    text = export_run(store, FORK)
    store.delete_run(FORK)
    before = {run.key for run in store.runs()}
    import_run(store, text)
    assert before | {FORK} == {run.key for run in store.runs()}
    assert [BRANCH, AGAIN] == [run.key for run in store.children(FORK)]


def test_another_run_of_a_branch_s_name_is_not_taken_for_it(store: Store, other: Store):
    """It is said, and nothing is taken in."""
    family(store)
    counted(other, 1, TWIG)
    with pytest.raises(RunExistsError, match="has a run 'twig' already"):
        import_run(other, export_run(store, KEY))
    assert [TWIG] == listed(other)


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("seq", 7, "runs[1].spawned_by.seq"),
        ("app_id", "nobody", "runs[1].spawned_by"),
    ],
)
def test_a_start_that_makes_no_sense_is_named(store: Store, other: Store, field, value, place):
    """A branch that no step of the file started is refused."""
    family(store)
    found = json.loads(export_run(store, KEY))
    found["runs"][1]["spawned_by"][field] = value
    with pytest.raises(StoreFormatError) as caught:
        import_run(other, json.dumps(found))
    assert (place, []) == (caught.value.path, other.runs())


def test_a_file_of_the_first_version(store: Store, other: Store):
    """It held a line of runs, of which the last is the one."""
    counted(store, 3)
    store.create_run(new_run(FORK, StepRef(KEY, 1)))
    found = json.loads(export_run(store, FORK)) | {"version": 1}
    del found["runs"][0]["hidden"]
    assert FORK == import_run(other, json.dumps(found)).key
    assert ([FORK], {"n": 2}) == ([run.key for run in other.runs()], other.head_state(FORK))
