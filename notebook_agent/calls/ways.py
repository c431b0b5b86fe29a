"""Ways through a graph as they were gone, gathered into visits and read no further than is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from notebook_agent.ids import StepRef

__all__ = ["RecordedStep", "Way", "last_visit"]


class RecordedStep(Protocol):
    """What pairing needs to know of a step."""

    @property
    def ref(self) -> StepRef:
        """Which step it is."""
        ...

    @property
    def action(self) -> str:
        """Its action's name."""
        ...

    @property
    def status(self) -> str:
        """`completed`, `failed`, `interrupted`, or `running` of a process that died."""
        ...

    @property
    def code(self) -> str | None:
        """Id of the action's code."""
        ...


Visit = Sequence[RecordedStep]
"""All attempts at one step, in order: only the last one of them can have completed."""


class Way:
    """Steps in order, of which only so many are read as a question needs; more may follow at the end."""

    def __init__(self, steps: Iterable[RecordedStep] = ()) -> None:
        self._rest = iter(steps)
        self._visits: dict[str, list[list[RecordedStep]]] = {}
        self._open: list[RecordedStep] | None = None
        self._whole = False

    def visit(self, action: str, n: int) -> Visit:
        """Return the n-th visit of an action, counted from 0; nothing where there are fewer."""
        visits = self._visits.setdefault(action, [])
        while (len(visits) <= n or visits[n] is self._open) and self._read():
            pass
        return visits[n] if n < len(visits) else ()

    def count(self, action: str) -> int:
        """Return how often an action was visited, reading all of the way."""
        while self._read():
            pass
        return len(self._visits.get(action, ()))

    def is_open(self, action: str) -> bool:
        """Return whether the way ends with an attempt at this action that did not complete."""
        return bool(self.count(action)) and self._visits[action][-1] is self._open

    def extend(self, steps: Iterable[RecordedStep]) -> None:
        """Add steps at the end."""
        while self._read():
            pass
        for step in steps:
            self._take(step)

    def _read(self) -> bool:
        if self._whole:
            return False
        step = next(self._rest, None)
        self._whole = step is None
        if step is not None:
            self._take(step)
        return step is not None

    def _take(self, step: RecordedStep) -> None:
        visit = self._open
        if visit is None or visit[-1].action != step.action:
            visit = []
            self._visits.setdefault(step.action, []).append(visit)
        visit.append(step)
        self._open = None if step.status == "completed" else visit


def last_visit(action: str, steps: Visit) -> Visit:
    """Return the attempts at this action that steps end with; nothing where the last one completed."""
    start = len(steps)
    while start and steps[start - 1].action == action and steps[start - 1].status != "completed":
        start -= 1
    return steps[start:]
