"""Two applications on one run: the later one is told before its action runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from notebook_agent import Application, ApplicationBuilder, LocalTrackingClient, State, action
from notebook_agent.errors import ForkError, RunConflictError
from notebook_agent.ids import StepRef

RAN: list[str] = []


@action(reads=["n"], writes=["n"])
def count(state: State, by: str) -> State:
    RAN.append(by)
    return state.update(n=state["n"] + 1)


def opened(path: Path):
    tracker = LocalTrackingClient("tests", path)
    return (
        ApplicationBuilder()
        .with_actions(count)
        .with_transitions(("count", "count"))
        .initialize_from(
            tracker, resume_at_next_action=True, default_state={"n": 0}, default_entrypoint="count"
        )
        .with_tracker(tracker)
        .with_identifiers(app_id="shared")
        .build()
    )


def test_the_action_of_a_stale_application_does_not_run(tmp_path: Path):
    """What would be paid is not, the run is as the other left it, and the error says how to go on."""
    RAN.clear()
    first, second = opened(tmp_path / "store.db"), opened(tmp_path / "store.db")
    first.step(inputs={"by": "first"})
    with pytest.raises(RunConflictError, match=r"is at step 0 now, and not where you left it \(the start\)"):
        second.step(inputs={"by": "second"})
    assert ["first"] == RAN
    assert {"n": 1} == opened(tmp_path / "store.db").state


def inside(path: Path, act: Callable[[], object]) -> Application:
    """Run a step of `shared`, in the middle of which something else is done."""

    @action(reads=["n"], writes=["n"])
    def busy(state: State) -> State:
        act()
        return state.update(n=777)

    app = opened(path)
    app.step(inputs={"by": "first"})
    app.rebind("count", busy)
    app.step()
    return app


def forked(path: Path, seq: int | None = None) -> Application:
    tracker = LocalTrackingClient("tests", path)
    builder = ApplicationBuilder().with_actions(count).with_transitions(("count", "count"))
    builder = builder.with_tracker(tracker).with_identifiers(app_id="fork")
    return builder.initialize_from(
        *(tracker, True, {"n": 0}, "count"), fork_from_app_id="shared", fork_from_sequence_id=seq
    ).build()


def test_a_fork_of_a_run_in_the_middle_of_a_step_begins_after_the_last_that_ended(tmp_path: Path):
    """What the parent does from then on is no part of it."""
    path, made = tmp_path / "store.db", []
    app = inside(path, lambda: made.append(forked(path)))
    (fork,) = made
    assert (StepRef(app.key, 0), 0, {"n": 1}) == (fork.history.run.parent, fork.sequence_id, fork.state)
    fork.step(inputs={"by": "fork"})
    assert [("shared", 0, 1), ("fork", 1, 2)] == [
        (step.ref.run.app_id, step.seq, fork.history.at(step.seq)["n"]) for step in fork.history
    ]
    assert {"n": 777} == app.state


def test_a_step_that_still_runs_is_refused_where_a_fork_names_it(tmp_path: Path):
    """The error says what to do instead."""
    path, told = tmp_path / "store.db", []

    def ask() -> None:
        for fork in (
            lambda: forked(path, 1),
            lambda: opened(path).fork(1),
            lambda: opened(path).fork(1, {"n": 5}),
        ):
            with pytest.raises(ForkError, match=r"Step 1 \(count\) of the run .* still runs") as caught:
                fork()
            told.append(caught.value.seq)

    inside(path, ask)
    assert [1, 1, 1] == told


def test_what_was_resumed_in_the_middle_of_a_step_does_not_go_on_from_before_it(tmp_path: Path):
    """Its state is not that of the step's end, so it is told."""
    path, seen = tmp_path / "store.db", []
    inside(path, lambda: seen.append(opened(path)))
    with pytest.raises(RunConflictError, match=r"is at step 1 now, and not where you left it \(step 0\)"):
        seen[0].step(inputs={"by": "stale"})
    again = opened(path)
    again.step(inputs={"by": "again"})
    assert {"n": 778} == again.state


def test_an_edit_made_elsewhere_is_told_before_the_action_runs(tmp_path: Path):
    """And the record says of no step that it began with what it has not seen."""
    first = opened(tmp_path / "store.db")
    first.step(inputs={"by": "first"})
    second = opened(tmp_path / "store.db")
    second.update_state(State({"n": 500}))
    RAN.clear()
    with pytest.raises(
        RunConflictError, match="Somebody else has edited the state of the run shared at step 0"
    ):
        first.step(inputs={"by": "first"})
    with pytest.raises(RunConflictError, match="Somebody else has edited"):
        first.update_state(State({"n": 2}))
    assert ([], {"n": 1}) == (RAN, first.state)
    second.update_state(State({"n": 501}))
    second.step(inputs={"by": "second"})
    second.step(inputs={"by": "second"})
    assert ({"n": 503}, ["second", "second"]) == (second.state, RAN)


def test_a_run_of_the_same_name_is_not_gone_on_with(tmp_path: Path):
    """It was made when the one that the application began with was removed."""
    path = tmp_path / "store.db"
    first = opened(path)
    first.step(inputs={"by": "first"})
    first.store.delete_run(first.key)
    second = opened(path)
    second.step(inputs={"by": "second"})
    RAN.clear()
    with pytest.raises(RunConflictError, match="that you began with was removed"):
        first.step(inputs={"by": "first"})
    second.step(inputs={"by": "second"})
    assert (["second"], {"n": 2}, 2) == (RAN, second.state, len(second.history))


def test_a_fork_of_a_run_as_it_stands_has_what_its_open_step_began_with(tmp_path: Path):
    """An edit by hand included."""
    path, made = tmp_path / "store.db", []

    @action(reads=["n"], writes=["n"])
    def busy(state: State) -> State:
        made.append(app.fork())
        return state.update(n=777)

    app = opened(path)
    app.step(inputs={"by": "first"})
    app.update_state(State({"n": 500}))
    app.rebind("count", busy)
    app.step()
    assert [(StepRef(app.key, 0), {"n": 500})] == [(fork.history.run.parent, fork.state) for fork in made]
    assert {"n": 777} == app.state
