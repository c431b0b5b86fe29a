"""A run as it stands now: its last step, and what was edited by hand since."""

from __future__ import annotations

from collections.abc import Iterator
from types import EllipsisType

from notebook_agent.history.history import History
from notebook_agent.ids import StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import Edit

__all__ = ["edits_after", "fork_point"]


def fork_point(history: History, seq: int | EllipsisType | None) -> tuple[StepRef, State | None]:
    """Return the checkpoint that `seq` names, as it ended, or without a number the run as it stands now.

    Raises:
        UnknownStepError: The run has no such step.
    """
    return _as_it_stands(history) if isinstance(seq, EllipsisType) else (history.ref(seq), None)


def _as_it_stands(history: History) -> tuple[StepRef, State | None]:
    """Return a run's last step, and the state that it was given by hand since; None where it was not.

    A step that still runs is not the last one: what it began with is where the run stands.
    """
    run, key, store = history.run, history.key, history.store
    at = StepRef(key, run.ended)
    if not any(edits_after(history, run.ended)):
        return at, None
    return at, store.head_state(key) if run.ended == run.head else store.begun([StepRef(key, run.head)])[0]


def edits_after(history: History, seq: int | None) -> Iterator[Edit]:
    """Yield what was edited by hand after a step, and what a fork that was made there began with."""
    return (edit for edit in history.edits() if edit.after.seq == seq)
