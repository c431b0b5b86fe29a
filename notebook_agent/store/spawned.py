"""The runs that steps started, and the LLM calls made in them."""

from __future__ import annotations

from collections.abc import Sequence

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.protocol import RunRecord, Store

__all__ = ["Spawned"]


class Spawned:
    """Looks up what steps of one store started; each run is asked once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[RunKey, dict[StepRef, list[RunRecord]]] = {}

    def by(self, ref: StepRef) -> Sequence[RunRecord]:
        """Return the runs that a step started, oldest first; `ref.run` is the run that made the step."""
        if ref.run not in self._known:
            found = self._known[ref.run] = {}
            for run in self._store.children(ref.run):
                if run.spawned_by is not None:
                    found.setdefault(run.spawned_by, []).append(run)
        return self._known[ref.run].get(ref, ())

    def calls(self, ref: StepRef) -> list[CallRecord]:
        """Return the calls of a step, then those of the runs that it started, and of theirs."""
        calls = self._store.calls([ref])
        for run in self.by(ref):
            for step in self._store.steps(run.key):
                calls += self.calls(step.ref)
        return calls
