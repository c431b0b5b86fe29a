"""A tracker opens a project's store, and lists and loads what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import StoreError, UnknownStepError
from notebook_agent.tracking import LocalTrackingClient, default_path


@action(reads=["n"], writes=["n"])
def go(state):
    if state["n"] == 2:
        raise ValueError
    return state.increment(n=1)


@pytest.fixture
def tracker(tmp_path):
    tracker = LocalTrackingClient("tests", tmp_path)
    yield tracker
    tracker.store.close()


@pytest.fixture
def app(tracker):
    builder = ApplicationBuilder().with_actions(go).with_transitions(("go", "go")).with_entrypoint("go")
    app = builder.with_tracker(tracker).with_identifiers("a", "p").with_state(n=0).build()
    for _ in range(2):
        app.step()
    return app


def test_a_folder_holds_the_store(tracker, tmp_path):
    """By a name of its own."""
    assert str(tmp_path / "store.db") == tracker.store.location


def test_a_file_is_the_store(tmp_path):
    """With any suffix."""
    tracker = LocalTrackingClient("tests", tmp_path / "my.db")
    assert str(tmp_path / "my.db") == tracker.store.location
    tracker.store.close()


def test_the_default_is_named_by_the_environment():
    """Else it lies in the user's data folder."""
    assert Path("/x/y.db") == default_path({"NOTEBOOK_AGENT_STORE": "/x/y.db"})
    assert ("notebook_agent", "store.db") == default_path({}).parts[-2:]


def test_what_the_environment_names_is_taken_as_in_python(monkeypatch):
    """Memory is no file, an address is refused, and a variable within it is read."""
    monkeypatch.setenv("STORES", "/x")
    assert ":memory:" == default_path({"NOTEBOOK_AGENT_STORE": ":memory:"})
    assert Path("/x/y.db") == default_path({"NOTEBOOK_AGENT_STORE": "$STORES/y.db"})
    monkeypatch.setenv("NOTEBOOK_AGENT_STORE", "https://example.com/x.db")
    with pytest.raises(StoreError, match="is an address"):
        LocalTrackingClient("tests")


def test_load_gives_a_checkpoint(tracker, app):
    """The latest where no number is given."""
    latest, first = tracker.load("p", "a"), tracker.load("p", "a", 0)
    assert [("go", 1, {"n": 2}, "completed"), ("go", 0, {"n": 1}, "completed")] == [
        (each.position, each.sequence_id, each.state, each.status) for each in (latest, first)
    ]


def test_load_tells_of_a_failure(tracker, app):
    """With the state before it."""
    with pytest.raises(ValueError):
        app.step()
    loaded = tracker.load("p", "a")
    assert (2, "failed", {"n": 2}) == (loaded.sequence_id, loaded.status, loaded.state)


def test_load_of_an_unknown_run_is_none(tracker, app):
    """As is load without an id; an unknown step is an error."""
    assert [None, None] == [tracker.load("p", "b"), tracker.load("p", None)]
    with pytest.raises(UnknownStepError):
        tracker.load("p", "a", 9)


def test_runs_are_listed(tracker, app):
    """With their heads, and by partition."""
    assert [("a", 1, "completed")] == [(r.key.app_id, r.head, r.status) for r in tracker.runs()]
    assert (["a"], []) == (tracker.list_app_ids("p"), tracker.list_app_ids())


def test_the_history_of_a_run(tracker, app):
    """As the application has it."""
    assert list(app.history) == list(tracker.history("a", "p"))
