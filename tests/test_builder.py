"""The builder refuses what cannot be meant, in one sentence."""

from __future__ import annotations

import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import AgentError, ForkError, GraphError, RunError, StateError
from notebook_agent.tracking import LocalTrackingClient


@action(reads=[], writes=["n"])
def go(state):
    return state.update(n=1)


@pytest.fixture
def tracker(tmp_path):
    tracker = LocalTrackingClient("tests", tmp_path)
    yield tracker
    tracker.store.close()


def builder():
    return ApplicationBuilder().with_actions(go)


def test_the_history_is_in_memory_by_default():
    """Nothing has to be set."""
    app = builder().with_entrypoint("go").build()
    app.step()
    assert (":memory:", 1, {"n": 1}) == (app.store.location, len(app.history), app.history.at(0))


def test_a_path_keeps_the_history_there(tmp_path):
    """As a file."""
    app = builder().with_entrypoint("go").with_store(tmp_path / "runs.db").build()
    app.step()
    assert (tmp_path / "runs.db").exists()
    app.store.close()


def test_an_open_store_is_used(tracker):
    """As it is."""
    assert tracker.store is builder().with_entrypoint("go").with_store(tracker.store).build().store


@pytest.mark.parametrize("state", [5, {"n": 1}, "n"])
def test_a_state_is_a_state(state):
    """Or values by key."""
    with pytest.raises(StateError, match=r"with_state takes a State, or values by key"):
        builder().with_state(state)


def test_the_entrypoint_must_be_named():
    """An example is given."""
    with pytest.raises(GraphError, match=r"with_entrypoint\('go'\)"):
        builder().build()


def test_the_entrypoint_must_exist():
    """The nearest is offered."""
    with pytest.raises(GraphError, match=r"'goo' is no action\. Did you mean 'go'\?"):
        builder().with_entrypoint("goo").build()


def test_initialize_from_has_its_own_state_and_entrypoint(tracker):
    """Two would contradict each other."""
    for twice in (builder().with_state(n=1), builder().with_entrypoint("go")):
        with pytest.raises(RunError, match="initialize_from has its own"):
            twice.initialize_from(tracker, True, {}, "go").build()


def test_a_tracker_and_a_store_exclude_each_other(tracker):
    """Also the store None."""
    for store in (tracker.store, None):
        with pytest.raises(RunError, match="use one of them"):
            builder().with_entrypoint("go").with_tracker(tracker).with_store(store).build()


def test_a_run_goes_on_where_it_is_kept(tracker, tmp_path):
    """Two stores cannot share one."""
    other = LocalTrackingClient("tests", tmp_path / "other")
    with pytest.raises(RunError, match="different stores"):
        builder().initialize_from(tracker, True, {}, "go").with_tracker(other).build()
    other.store.close()


def test_without_a_tracker_of_its_own_a_run_goes_on_in_the_one_it_came_from(tracker):
    """The history is one."""
    app = builder().initialize_from(tracker, True, {}, "go").build()
    assert tracker.store is app.store


def test_two_trackers_of_one_file_are_one_store(tracker, tmp_path):
    """A second cell may open it again."""
    again = LocalTrackingClient("tests", tmp_path)
    app = builder().initialize_from(again, True, {}, "go").with_tracker(tracker).build()
    assert app.uid == tracker.runs()[0].key.app_id
    again.store.close()


def test_only_trackers_of_ours_are_taken():
    """The error names the type."""
    with pytest.raises(RunError, match="not a dict"):
        builder().initialize_from({}, True, {}, "go")
    with pytest.raises(RunError, match="'remote'"):
        builder().with_tracker("remote")


def test_ledger_mode_is_the_applications():
    """And can be changed later."""
    app = builder().with_entrypoint("go").with_ledger("fresh").build()
    assert "fresh" == app.ledger
    app.ledger = "strict"
    assert "strict" == app.ledger


def test_a_project_has_a_plain_name(tmp_path):
    """It is used in references."""
    with pytest.raises(AgentError, match="project's name"):
        LocalTrackingClient("a b", tmp_path)


@pytest.mark.parametrize("given", [LocalTrackingClient, 5, None])
def test_a_tracker_that_is_none_is_refused(given):
    """Else the history would be kept in memory, and be gone with the kernel."""
    with pytest.raises(RunError, match="with_tracker takes a LocalTrackingClient"):
        ApplicationBuilder().with_tracker(given)


def test_a_step_to_fork_from_is_a_number(tmp_path):
    """A text is not looked up in the store."""
    tracker = LocalTrackingClient("tests", tmp_path)
    with pytest.raises(ForkError, match="is the number of a step; not '1'"):
        ApplicationBuilder().initialize_from(
            tracker, True, {}, "a", fork_from_app_id="x", fork_from_sequence_id="1"
        )
