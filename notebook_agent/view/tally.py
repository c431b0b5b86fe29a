"""What LLM calls took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.view.wire import Totals

__all__ = ["Tally", "totals"]


@dataclass(slots=True)
class Tally:
    """What calls took; what was served from the ledger took nothing."""

    calls: int = 0
    live: int = 0
    tokens: int = 0
    cost: float = 0.0
    priced: int = 0

    @classmethod
    def of(cls, calls: Iterable[CallRecord]) -> Tally:
        """Count calls."""
        made = cls()
        for call in calls:
            made.add(call)
        return made

    def add(self, call: CallRecord) -> None:
        """Count one more call."""
        self.calls += 1
        if not call.replayed:
            self._pay(call)

    def _pay(self, call: CallRecord) -> None:
        self.live += 1
        if call.usage:
            self.tokens += call.usage.input + call.usage.output
        if call.cost is not None:
            self.priced += 1
            self.cost += call.cost

    def totals(self) -> Totals:
        """Sum up."""
        return Totals(
            calls=self.calls,
            replayed=self.calls - self.live,
            tokens=self.tokens,
            cost=round(self.cost, 6) if self.priced == self.live else None,
        )


def totals(calls: Iterable[CallRecord]) -> Totals:
    """Sum up calls. What was served from the ledger took no tokens and cost nothing."""
    return Tally.of(calls).totals()
