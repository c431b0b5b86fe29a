"""What the steps of a command come to, shown line by line while it goes on."""

from __future__ import annotations

from collections.abc import Collection

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import calls_below
from notebook_agent.lifecycle import CallEnded, Event, StepEnded, StepStarted
from notebook_agent.session.results import step_line
from notebook_agent.session.screen import Screen
from notebook_agent.store.protocol import StepRecord, Store
from notebook_agent.view.served import is_served

__all__ = ["Recorder"]


class Recorder:
    """Collects what a command's steps and calls come to, those of branches too, and shows their lines."""

    def __init__(self, screen: Screen, store: Store | None = None, guarded: Collection[str] = ()) -> None:
        """Show lines on a screen; `guarded` are the actions whose effect cannot be taken back."""
        self.steps: list[StepRecord] = []
        self.calls: list[CallRecord] = []
        self.served: list[StepRecord] = []
        self._lines: list[str] = []
        self._screen, self._store, self._guarded = screen, store, guarded
        screen.begin()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, StepEnded):
            self._end(event.record)
        elif isinstance(event, StepStarted):
            self._show(f"{event.ref.seq:>4} … {event.action}")
        elif isinstance(event, CallEnded):
            self.calls.append(event.call)

    def _end(self, step: StepRecord) -> None:
        below = [] if self._store is None else calls_below(self._store, step)
        self.calls += below
        self.steps.append(step)
        calls = [*(call for call in self.calls if call.step == step.ref), *below]
        served = self._is_served(step)
        self.served += [step] if served else []
        self._lines.append(step_line(step, calls, served=served))
        self._show()

    def _is_served(self, step: StepRecord) -> bool:
        if self._store is None or step.action not in self._guarded:
            return False
        return is_served(self._store.values(step.ref))

    def end(self) -> None:
        """Say that no more will come."""
        self._screen.end()

    def _show(self, *more: str) -> None:
        self._screen.progress([*self._lines, *more])
