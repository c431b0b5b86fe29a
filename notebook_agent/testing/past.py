"""What a recorded step began with, and the LLM calls that were made in it."""

from __future__ import annotations

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import History
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord

__all__ = ["Past"]


class Past:
    """A run's past as its steps met it."""

    def __init__(self, history: History) -> None:
        self._history = history

    def before(self, step: StepRecord) -> State:
        """Return the state that a step began with, edits by hand before it included."""
        return self._history.before(step.seq)

    def calls(self, step: StepRecord) -> list[CallRecord]:
        """Return the calls of a step, and those of the branches that it ran, in order of their begin."""
        return sorted(self._history.calls(step.seq), key=lambda call: call.started_at)
