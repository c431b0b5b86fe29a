"""Single checkpoints in a store: written where another engine or saver made them, and read again."""

from __future__ import annotations

from datetime import UTC, datetime

from notebook_agent.errors import RunConflictError, UnknownRunError
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.persistence.base import PersistedStateData
from notebook_agent.state import State
from notebook_agent.store.protocol import NewRun, Status, StepBegin, StepEnd, Store

__all__ = ["keep_checkpoint", "read_checkpoint"]

_NO_GRAPH: Json = {"actions": [], "transitions": []}


def keep_checkpoint(  # noqa: PLR0913  # what a checkpoint is
    store: Store,
    key: RunKey,
    seq: int,
    position: str,
    state: State,
    status: Status,
    *,
    graph: Json = _NO_GRAPH,
    entrypoint: str | None = None,
) -> None:
    """Write the state after a step of a run, as a step whose making is not known.

    A run that is not there yet begins with this step, whatever its number.

    Raises:
        RunConflictError: The run stands elsewhere than before this step.
    """
    state, now = state.plain(), datetime.now(UTC).timestamp()
    try:
        head = store.run(key).head
    except UnknownRunError:
        head = seq - 1 if seq > 0 else None
        store.create_run(NewRun(key, entrypoint or position, graph, state, base=head))
    due = 0 if head is None else head + 1
    if seq != due:
        raise RunConflictError(
            f"Step {seq} of the run {key} cannot be saved: {_standing(head)}, so step {due} is due. "
            "Save steps in order, each once; to go on from an earlier one, take another app_id.",
            run=key.app_id,
            seq=seq,
        )
    store.begin_step(key, StepBegin(seq, position, now, {}, None, None, None, None), after=head)
    store.end_step(key, StepEnd(seq, status, now, state))


def read_checkpoint(store: Store, key: RunKey, seq: int | None) -> PersistedStateData | None:
    """Return a checkpoint of a run, the latest where no number is given; None where there is none."""
    try:
        head = store.run(key).head
    except UnknownRunError:
        return None
    at = head if seq is None else seq
    step = next((each for each in store.steps(key) if each.seq == at), None)
    if step is None:
        return None
    return PersistedStateData(
        partition_key=key.partition_key,
        app_id=key.app_id,
        sequence_id=step.seq,
        position=step.action,
        state=store.head_state(key) if seq is None else store.state(StepRef(key, seq)),
        created_at=datetime.fromtimestamp(step.started_at, UTC).isoformat(),
        status="completed" if step.status == "completed" else "failed",
    )


def _standing(head: int | None) -> str:
    return "it has no steps yet" if head is None else f"it stands at step {head}"
