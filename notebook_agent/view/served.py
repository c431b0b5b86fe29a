"""Steps that gave their record again, since their effect cannot be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from notebook_agent.graph import Graph
from notebook_agent.ids import StepRef
from notebook_agent.store.protocol import StepRecord, StepValues, Store

__all__ = ["Served", "guarded_actions", "is_served"]


def guarded_actions(graph: Graph) -> frozenset[str]:
    """Return the actions whose effect cannot be taken back."""
    return frozenset(action.name for action in graph.actions if action.effect == "irreversible")


def is_served(values: StepValues) -> bool:
    """Return whether a step gave its record again, as its effect cannot be taken back."""
    events = values.events if isinstance(values.events, list | tuple) else []
    notes = (each.get("note") for each in events if isinstance(each, Mapping))
    return any(isinstance(note, str) and note.startswith("not run again, its effect") for note in notes)


class Served:
    """Tells which steps were served. It reads those of guarded actions only, and each once."""

    def __init__(self) -> None:
        self._known: dict[StepRef, bool] = {}

    def among(self, store: Store, graph: Graph, steps: Iterable[StepRecord]) -> set[StepRef]:
        """Return those of the steps that were served, by the actions of a graph."""
        guarded = guarded_actions(graph)
        if not guarded:
            return set()
        return {step.ref for step in steps if step.action in guarded and self._is(store, step)}

    def _is(self, store: Store, step: StepRecord) -> bool:
        if step.status != "completed":
            return False
        if step.ref not in self._known:
            self._known[step.ref] = is_served(store.values(step.ref))
        return self._known[step.ref]
