"""What a caller gets wrong is said as such, and never taken for a damaged file."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from notebook_agent.condition import Check, Decision
from notebook_agent.errors import (
    AgentError,
    StoreError,
    StoreReadOnlyError,
    UnknownRunError,
    UnknownStepError,
    UnstorableError,
)
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store, register
from notebook_agent.store.protocol import NewRun, StepEnd, Store
from notebook_agent.tracking import LocalTrackingClient

from .runs import KEY, begin, counted, new_run

HALF = "\ud800"


@dataclass
class Knot:
    around: list[object] = field(default_factory=list)


@pytest.mark.parametrize("named", [5, b"store.db", "", "a\0b"], ids=repr)
def test_what_is_no_path(named: object):
    """Is named, with what to give."""
    with pytest.raises(StoreError, match="is no path of a file to keep the history in"):
        open_store(named)  # type: ignore[arg-type]  # a mistake


def test_a_name_that_no_disk_takes(tmp_path: Path):
    """Is an error of the place, not one of Python's."""
    with pytest.raises(StoreReadOnlyError, match="File name too long"):
        open_store(tmp_path / ("a" * 300))


def test_what_is_no_file(tmp_path: Path):
    """A device or a pipe is left alone: opening it could wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(StoreReadOnlyError, match="is a device, a pipe or a socket"):
            open_store(place)


def test_the_name_of_memory():
    """SQLite's own name for it makes no file of that name."""
    store = open_store(":memory:")
    assert (":memory:", False) == (store.location, Path(":memory:").exists())
    store.close()


def test_another_durability(tmp_path: Path):
    """A word that promises nothing is refused, not taken for one that does."""
    with pytest.raises(StoreError, match="'fast' is no durability: it is 'full' or 'normal'"):
        open_store(tmp_path / "store.db", durability="fast")  # type: ignore[arg-type]  # a mistake


def test_a_folder_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Holds the store, as a folder given in Python does."""
    monkeypatch.setenv("NOTEBOOK_AGENT_STORE", str(tmp_path))
    store = LocalTrackingClient("tests").store
    assert str(tmp_path.resolve() / "store.db") == store.location
    store.close()


def test_a_project_that_is_no_name():
    """Whatever type it has."""
    with pytest.raises(AgentError, match="A project's name has letters"):
        LocalTrackingClient(5)  # type: ignore[arg-type]  # a mistake


@pytest.mark.parametrize("seq", ["1", 1.0, -1, 1 << 70], ids=repr)
def test_a_number_that_no_step_has(store: Store, seq: object):
    """Is an unknown step, whatever type it has."""
    counted(store, 2)
    with pytest.raises(UnknownStepError, match="The run first has no step"):
        store.state(StepRef(KEY, seq))  # type: ignore[arg-type]  # a mistake


def test_what_names_neither_run_nor_step(store: Store):
    """Is said to be no name."""
    with pytest.raises(UnknownRunError, match="'first' names no run"):
        store.run("first")  # type: ignore[arg-type]  # a mistake
    with pytest.raises(UnknownStepError, match="5 names no step"):
        store.state(5)  # type: ignore[arg-type]  # a mistake


def test_half_a_character_in_a_name(store: Store):
    """Names are text that any program can read: half of a character is refused, and nothing written."""
    with pytest.raises(StoreError, match="cannot be kept as a name"):
        store.create_run(new_run(RunKey("tests", HALF)))
    with pytest.raises(StoreError, match="cannot be kept as a name"):
        store.run(RunKey("tests", HALF))
    assert [] == store.runs()


def test_half_a_character_elsewhere(store: Store):
    """In keys, conditions and reasons it is kept."""
    decision = Decision("count", "count", (Check("count", HALF, {HALF: HALF}, result=True),))
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.end_step(KEY, StepEnd(0, "completed", 1.0, State({HALF: 1}), writes=(HALF,), next=decision))
    (found,) = store.steps(KEY)
    assert (decision, (HALF,)) == (found.next, found.writes)
    assert {HALF: 1} == store.head_state(KEY)


def test_a_result_whose_key_is_one_of_our_marks(store: Store):
    """Is what it was; so are inputs."""
    marks = {"$": "at", "v": [1]}
    store.create_run(new_run())
    store.begin_step(KEY, begin(0, **marks), after=None)
    store.end_step(KEY, StepEnd(0, "completed", 1.0, State({"n": 1}), marks))
    values = store.values(StepRef(KEY, 0))
    assert (marks, marks) == (values.inputs, values.result)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param({"a": defaultdict(threading.Lock)}, "state['v']['a']", id="factory"),
        pytest.param([pd.DataFrame({"a": pd.interval_range(0, 2)})], "state['v'][0]['a']", id="column"),
    ],
)
def test_what_a_codec_cannot_write(store: Store, value: object, path: str):
    """Is named by its place, though what fails is a part that the codec made."""
    with pytest.raises(UnstorableError) as caught:
        store.create_run(NewRun(KEY, "count", {}, State({"n": 1, "v": value})))
    assert (path, "v") == (caught.value.path, caught.value.key)


def test_what_contains_itself(store: Store):
    """Is named by its key, and at a length that can be read."""
    knot = Knot()
    knot.around.append(knot)
    deep: object = ()
    for _ in range(120):
        deep = (deep,)
    for value in (knot, deep):
        with pytest.raises(UnstorableError, match="contains itself or is nested too deeply") as caught:
            store.create_run(new_run(v=value))
        assert "v" == caught.value.key
        assert len(str(caught.value)) < 300


def test_what_no_state_can_hold():
    """Names the key that it was given for."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(UnstorableError, match=r"^state\['v'\] contains itself or is nested") as caught:
        State({"n": 1}).update(v=deep)
    assert ("state['v']", "v") == (caught.value.path, caught.value.key)


def test_what_is_no_class():
    """Cannot be registered."""
    with pytest.raises(TypeError, match="register takes a class, not 5"):
        register(5)  # type: ignore[arg-type]  # a mistake
