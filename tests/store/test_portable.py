"""A run as a file, and back: the same run, or nothing and the place that is wrong."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from notebook_agent.calls.protocol import Usage
from notebook_agent.errors import RunExistsError, StoreFormatError, UnknownRunError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State, freeze
from notebook_agent.store import open_store
from notebook_agent.store.portable import export_run, import_run
from notebook_agent.store.protocol import Failure, PastRun, Store

from .runs import FORK, KEY, begin, call, counted, end, new_run, step
from .test_round_trip import VALUES, same

LAST = RunKey("tests", "last")
EARLY = RunKey("tests", "early")
SECRET = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2


@dataclass
class Note:
    text: str


@pytest.fixture
def other() -> Iterator[Store]:
    opened = open_store(None)
    yield opened
    opened.close()


def told(store: Store) -> None:
    """Make a run with all that there is, and a fork of a fork of it."""
    store.create_run(replace(new_run(chat=[], n=0, odd=("t", {1}), note=Note("x")), label="chat"))
    for seq in range(3):
        message = {"role": "user", "content": f"message {seq} \ud800 ✓"}
        state = store.head_state(KEY).append(chat=message).update(n=seq, big=10**30, when=datetime.now(UTC))
        store.begin_step(KEY, begin(seq, prompt=f"{seq}"), after=seq - 1 if seq else None)
        store.end_step(KEY, replace(end(seq, state), events=[{"note": "hi"}]))
    first = store.record_call(call(StepRef(KEY, 1), body=b"\xff\x00", usage=Usage(3, 4), chunks=((0.1, 1),)))
    store.create_run(new_run(FORK, StepRef(KEY, 1), **store.state(StepRef(KEY, 1)).update(n=77)))
    store.begin_step(FORK, begin(2), after=1)
    failure = Failure("ValueError", "no", "Traceback ..")
    ended = replace(end(2, store.head_state(FORK), "failed"), failure=failure, result=None)
    store.end_step(FORK, ended)
    store.record_call(call(StepRef(FORK, 2), replayed=True, replayed_from=first, headers=(("a", "b"),)))
    store.create_run(new_run(LAST, StepRef(FORK, None)))
    store.create_run(new_run(EARLY, StepRef(FORK, 0)))
    step(store, 1, {"n": 3}, EARLY)
    step(store, 2, store.head_state(LAST).wipe(delete=["big"]).update(chat=["other"]), LAST)
    store.edit_state(LAST, store.head_state(LAST).update(n=-1), after=2)


def plain(runs: list[PastRun]) -> list[PastRun]:
    """Runs without the numbers that a store gives to calls."""
    return [
        replace(
            run,
            steps=tuple(
                replace(step, calls=tuple(replace(each, id=None, replayed_from=None) for each in step.calls))
                for step in run.steps
            ),
        )
        for run in runs
    ]


@pytest.mark.parametrize("key", [KEY, FORK, LAST, EARLY])
def test_a_run_comes_back_as_it_was(store: Store, other: Store, key: RunKey):
    """States by value and type, numbers, forks, inputs, decisions, failures, calls: all the same."""
    told(store)
    record = import_run(other, export_run(store, key, with_secrets=True))
    assert plain(store.past(key)) == plain(other.past(key))
    before = store.run(key)
    assert replace(before, updated_at=0) == replace(record, updated_at=0)
    refs = [each.ref for each in store.steps(key)]
    assert refs == [each.ref for each in other.steps(key)]
    assert store.head_state(key) == other.head_state(key)
    assert all(same(store.state(ref), other.state(ref)) for ref in refs)
    assert [key] == [each.key for each in other.runs()]


def test_it_goes_on_and_forks(store: Store, other: Store):
    """An imported run is a run: it can be gone on with, forked in its past, exported again."""
    told(store)
    text = export_run(store, LAST, with_secrets=True)
    import_run(other, text)
    assert text == export_run(other, LAST, with_secrets=True)
    step(other, 3, other.head_state(LAST).update(n=5), LAST)
    again = RunKey("tests", "again")
    other.create_run(new_run(again, StepRef(LAST, 0)))
    assert ({"n": 5}, 0) == ({"n": other.head_state(LAST)["n"]}, other.head_state(again)["n"])


def test_a_call_served_from_the_past_points_there(store: Store, other: Store):
    """The numbers of calls are the new store's."""
    told(store)
    other.record_call(call(None))
    import_run(other, export_run(store, FORK, with_secrets=True))
    first, second = other.calls([each.ref for each in other.steps(FORK)])
    assert first.id == second.replayed_from


def test_a_taken_key_is_refused(store: Store):
    """A run is never written over; another project has room for it."""
    counted(store, 2)
    text = export_run(store, KEY)
    with pytest.raises(RunExistsError, match="has a run 'first' already"):
        import_run(store, text)
    record = import_run(store, text, project="copies")
    assert (RunKey("copies", "first"), 2) == (record.key, record.steps)
    assert {"n": 2} == store.head_state(record.key)


def test_ancestors_that_are_here_are_used(store: Store):
    """A fork that is taken in where its parent is becomes a fork of that; nothing is there twice."""
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    text = export_run(store, FORK)
    store.delete_run(FORK)
    assert StepRef(KEY, 2) == import_run(store, text).parent
    store.delete_run(FORK)
    assert 5 == store.delete_run(KEY).steps


def test_an_ancestor_of_the_same_name_is_told_apart(store: Store, other: Store):
    """Where another run has the ancestor's key, the fork keeps its own past."""
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    other.create_run(new_run(n=50))
    step(other, 0, {"n": 51})
    import_run(other, export_run(store, FORK))
    assert [1, 2, 3] == [other.state(each.ref)["n"] for each in other.steps(FORK)]
    assert [51] == [other.state(each.ref)["n"] for each in other.steps(KEY)]
    assert {FORK, KEY} == {each.key for each in other.runs()}


def test_a_key_that_could_confirm_a_secret_is_masked_too(store: Store):
    """It is a hash of the request as it was, with a secret of the environment in it."""
    store.create_run(new_run())
    step(store, 0, {"n": 0})
    store.record_call(call(StepRef(KEY, 0), key="of the secret", request={"messages": ["[env-secret]"]}))
    store.record_call(call(StepRef(KEY, 0), key="of the rest"))
    exported = export_run(store, KEY), export_run(store, KEY, with_secrets=True)
    assert [False, True] == ["of the secret" in text for text in exported]
    assert [True, True] == ["of the rest" in text for text in exported]


def test_secrets_are_masked_unless_they_are_asked_for(store: Store):
    """By default the file says that it is masked, and no secret is in it."""
    store.create_run(new_run(text=SECRET, deep=[{"b": SECRET.encode()}], note=Note(SECRET)))
    store.begin_step(KEY, begin(0, prompt=SECRET), after=None)
    store.end_step(KEY, end(0, {"password": "hunter2hunter2", SECRET: 1}))
    store.record_call(call(StepRef(KEY, 0), body=json.dumps({"key": SECRET}).encode(), error=SECRET))
    text = export_run(store, KEY)
    assert '"secrets": "masked"' in text
    for secret in (SECRET, SECRET.encode().hex(), "hunter2hunter2"):
        assert secret not in text
    assert SECRET in export_run(store, KEY, with_secrets=True)


def test_a_person_can_read_it(store: Store):
    """A step says what it changed: what was set, and what was appended."""
    store.create_run(new_run(chat=[{"role": "system"}], n=0))
    step(store, 0, store.head_state(KEY).append(chat={"role": "user"}).update(n=1))
    step(store, 1, store.head_state(KEY))
    (run,) = json.loads(export_run(store, KEY))["runs"]
    assert {"chat": [{"role": "system"}], "n": 0} == run["state"]
    assert {"set": {"n": 1}, "append": {"chat": [{"role": "user"}]}} == run["steps"][0]["changes"]
    assert "changes" not in run["steps"][1]


@settings(max_examples=100)
@given(VALUES, VALUES)
def test_any_value_comes_back(first, second):
    """Whatever a state holds, after each step it holds the same again."""
    here, there = open_store(None), open_store(None)
    here.create_run(new_run(value=first, items=[first]))
    step(here, 0, here.head_state(KEY).append(items=second))
    step(here, 1, here.head_state(KEY).update(value=second))
    import_run(there, export_run(here, KEY, with_secrets=True))
    for seq in (None, 0, 1):
        a, b = (dict(store.state(StepRef(KEY, seq))) for store in (here, there))
        assert same(a, b)
    here.close()
    there.close()


def test_types_of_other_packages_come_back(other: Store):
    """numpy, pandas, PIL, pydantic: what the store keeps, a file keeps."""
    import numpy as np
    import pandas as pd
    from PIL import Image

    values = {
        "array": np.arange(6).reshape(2, 3),
        "frame": pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
        "image": Image.new("RGB", (2, 2), "red"),
        "ordered": OrderedDict(a=1),
        "counts": Counter("abba"),
        "queue": deque([1], maxlen=2),
    }
    here = open_store(None)
    here.create_run(new_run(**values))
    import_run(other, export_run(here, KEY, with_secrets=True))
    read = other.head_state(KEY)
    assert values["array"].tolist() == read["array"].tolist()
    assert values["frame"].equals(read["frame"])
    assert values["image"].tobytes() == read["image"].tobytes()
    kept = ("ordered", "counts", "queue")
    assert all(same(values[name], read[name]) for name in kept)
    here.close()


def text_of(store: Store) -> str:
    told(store)
    return export_run(store, LAST, with_secrets=True)


def edited(text: str, place: list[object], value: object) -> str:
    """A file with another value at a place; `...` takes it away."""
    found = json.loads(text)
    part = found
    for name in place[:-1]:
        part = part[name]
    if value is ...:
        del part[place[-1]]
    else:
        part[place[-1]] = value
    return json.dumps(found)


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (["format"], "tape", "format"),
        (["format"], ..., "format"),
        (["version"], 99, "version"),
        (["version"], "1", "version"),
        (["runs"], [], "runs"),
        (["runs"], {}, "runs"),
        (["runs", 0], 5, "runs[0]"),
        (["runs", 0, "app_id"], ..., "runs[0].app_id"),
        (["runs", 0, "created_at"], "today", "runs[0].created_at"),
        (["runs", 0, "created_at"], 1 << 63, "runs[0].created_at"),
        (["runs", 0, "created_at"], float("nan"), "runs[0].created_at"),
        (["runs", 0, "app_id"], "\ud800", "runs[0].app_id"),
        (["runs", 0, "project"], "../elsewhere", "runs[0].project"),
        (["runs", 0, "project"], "", "runs[0].project"),
        (["runs", 0, "label"], "", "runs[0].label"),
        (["runs", 0, "label"], "two\nlines", "runs[0].label"),
        (["runs", 0, "label"], "\u202eturned", "runs[0].label"),
        (["runs", 0, "label"], "x" * 201, "runs[0].label"),
        (["runs", 0, "steps", 1, "action"], "\ud800", "runs[0].steps[1].action"),
        (["runs", 0, "steps", 1, "calls", 0, "status"], 1 << 64, "runs[0].steps[1].calls[0].status"),
        (["runs", 0, "colour"], "red", "runs[0].colour"),
        (["runs", 1, "parent"], ..., "runs[2].steps[0].seq"),
        (["runs", 1, "parent", "seq"], 40, "runs[2].steps[0].seq"),
        (["runs", 1, "parent", "app_id"], "else", "runs[1].parent"),
        (["runs", 0, "steps", 1, "seq"], 7, "runs[0].steps[1].seq"),
        (["runs", 0, "steps", 1, "seq"], True, "runs[0].steps[1].seq"),
        (["runs", 0, "steps", 1, "status"], "fine", "runs[0].steps[1].status"),
        (["runs", 0, "steps", 1, "source"], "nowhere", "runs[0].steps[1].source"),
        (["runs", 0, "steps", 1, "reads"], [1], "runs[0].steps[1].reads[0]"),
        (["runs", 0, "steps", 0, "changes", "append", "n"], [1], "runs[0].steps[0].changes.append.n"),
        (["runs", 0, "steps", 0, "changes", "unset"], ["x"], "runs[0].steps[0].changes.unset"),
        (["runs", 0, "state", "n"], {"$": 5}, "runs[0].state.n"),
        (["runs", 0, "state", "n"], {"$": "system", "v": "ls"}, "runs[0].state.n"),
        (["runs", 0, "state", "n"], {"$": "at", "v": [1]}, "runs[0].state.n"),
        (["runs", 0, "state", "n"], {"$": "int", "v": "zz"}, "runs[0].state.n"),
        (["runs", 0, "steps", 1, "calls", 0, "streamed"], 1, "runs[0].steps[1].calls[0].streamed"),
        (["runs", 0, "steps", 1, "calls", 0, "chunks"], [[1]], "runs[0].steps[1].calls[0].chunks"),
        (["runs", 0, "steps", 1, "calls", 0, "body"], {"base64": "%"}, "runs[0].steps[1].calls[0].body"),
    ],
)
def test_an_edit_that_makes_no_sense_is_named(store: Store, other: Store, place, value, named):
    """The error says where, and nothing was taken in."""
    wrong = edited(text_of(store), place, value)
    with pytest.raises(StoreFormatError) as caught:
        import_run(other, wrong)
    assert named == caught.value.path
    assert str(caught.value).startswith((named, "The file"))
    assert [] == other.runs()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"$": 5}, "it points to node 5 of a store, and stands in none"),
        ({"$": "system", "v": 1}, "'system' is missing or unknown"),
        ({"$": "tuple"}, "'v' is missing or unknown"),
        (json.loads("[" * 700 + "]" * 700), "it is nested too deeply"),
    ],
)
def test_the_file_is_blamed_and_no_store(store: Store, other: Store, value, why):
    """For what stands in a field of it."""
    with pytest.raises(StoreFormatError) as caught:
        import_run(other, edited(text_of(store), ["runs", 0, "state", "n"], value))
    assert f"runs[0].state.n cannot be read ({why})." == str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_is_refused(store: Store, other: Store, share: float):
    """Half a file is no file."""
    text = text_of(store)
    with pytest.raises(StoreFormatError, match="no whole JSON text"):
        import_run(other, text[: int(len(text) * share)])
    assert [] == other.runs()


@pytest.mark.parametrize("text", ["[]", "5", '"x"', "{}", "[" * 100_000, '{"calls": []}', "not json"])
def test_a_foreign_file_is_refused(other: Store, text: str):
    """Whatever it is."""
    with pytest.raises(StoreFormatError):
        import_run(other, text)


def test_nothing_is_taken_in_by_halves(store: Store, other: Store, tmp_path: Path):
    """A file whose last run is taken adds neither its ancestors nor their values."""
    told(store)
    text = export_run(store, LAST)
    other.create_run(new_run(LAST))
    with pytest.raises(RunExistsError):
        import_run(other, text)
    assert [LAST] == [each.key for each in other.runs()]
    assert 0 == other.gc(dry_run=True).nodes
    with pytest.raises(UnknownRunError):
        other.state(StepRef(KEY, None))


def test_a_frozen_value_stays_frozen(store: Store, other: Store):
    """What is read from a file is what a state holds."""
    counted(store, 1)
    store.edit_state(KEY, State({"deep": freeze([{"a": [1]}])}), after=0)
    import_run(other, export_run(store, KEY))
    assert type(store.head_state(KEY)["deep"][0]) is type(other.head_state(KEY)["deep"][0])
