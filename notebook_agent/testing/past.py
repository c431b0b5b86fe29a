"""What a recorded step began with, and the LLM calls that were made in it."""

from __future__ import annotations

from collections import defaultdict

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord

__all__ = ["Past"]


class Past:
    """A run's past as its steps met it."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._spawned: dict[StepRef, list[RunKey]] | None = None

    def before(self, step: StepRecord) -> State:
        """Return the state that a step began with, edits by hand before it included."""
        return self._history.before(step.seq)

    def calls(self, step: StepRecord) -> list[CallRecord]:
        """Return the calls of a step, and those of the branches that it ran, in order of their begin."""
        return sorted(self._made_in(step.ref), key=lambda call: call.started_at)

    def _made_in(self, ref: StepRef) -> list[CallRecord]:
        store = self._history.store
        found = store.calls([ref])
        for child in self._children().get(ref, ()):
            for step in store.steps(child):
                found += self._made_in(step.ref)
        return found

    def _children(self) -> dict[StepRef, list[RunKey]]:
        if self._spawned is None:
            self._spawned = defaultdict(list)
            for run in self._history.store.runs():
                if run.spawned_by is not None:
                    self._spawned[run.spawned_by].append(run.key)
        return self._spawned
