"""What an application's steps keep to: which calls may leave, what they spend, who holds it, its classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from notebook_agent.calls import Budget
from notebook_agent.calls.modes import ledger_mode
from notebook_agent.calls.protocol import CallSource, LedgerMode
from notebook_agent.engine import Gate, Run
from notebook_agent.interrupts import held

__all__ = ["Steered"]


class Steered:
    """The settings of an application that hold from its next step on."""

    _run: Run

    @property
    def ledger(self) -> LedgerMode:
        """Which LLM calls may leave: `"auto"`, `"fresh"` or `"strict"`."""
        return self._run.ledger

    @ledger.setter
    def ledger(self, mode: LedgerMode) -> None:
        self._run.ledger = ledger_mode(mode)

    @property
    def recording(self) -> CallSource | None:
        """A ledger file's calls, to be served where the run has none of its own."""
        return self._run.recording

    @recording.setter
    def recording(self, recording: CallSource | None) -> None:
        self._run.recording = recording

    @property
    def budget(self) -> Budget | None:
        """What live LLM calls may spend, those of forks counted; None where there is no limit."""
        return next((each for each in self._run.purses if isinstance(each, Budget)), None)

    @budget.setter
    def budget(self, budget: Budget | None) -> None:
        self._run.purses = () if budget is None else (budget,)

    @contextmanager
    def within(self, budget: Budget) -> Iterator[None]:
        """Have live LLM calls keep to this budget too, until the `with` ends."""
        before = self._run.purses
        self._run.purses = (*before, budget)
        try:
            yield
        finally:
            self._run.purses = before

    @property
    def allow_effects(self) -> bool:
        """Whether actions with `effect="irreversible"` may be fired again by a fork or a retry."""
        return self._run.allow_effects

    @allow_effects.setter
    def allow_effects(self, allowed: bool) -> None:
        self._run.allow_effects = allowed

    @property
    def gate(self) -> Gate | None:
        """What each step passes, so that others can hold or stop the run; see `engine.Gate`."""
        return self._run.gate

    @gate.setter
    def gate(self, gate: Gate | None) -> None:
        self._run.gate = gate

    def renew_classes(self) -> tuple[str, ...]:
        """Make what in the state is of a class that was defined again since an object of the new class.

        Returns:
            The keys under which there was such; nothing is written before the next step.
        """
        from notebook_agent.store.codec.registry import begin_generation
        from notebook_agent.store.codec.renewing import renewed

        with held(), self._run:
            begin_generation()
            state = self._run.state.plain()
            found = {key: renewed(value) for key, value in state.items()}
            other = {key: value for key, value in found.items() if value is not state[key]}
            if other:
                self._run.state = state.update(**other)
            return tuple(other)
