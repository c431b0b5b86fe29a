"""Two applications on one run: the later one is told before its action runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from notebook_agent import ApplicationBuilder, LocalTrackingClient, State, action
from notebook_agent.errors import RunConflictError

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
