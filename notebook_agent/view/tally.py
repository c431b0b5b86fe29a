"""What LLM calls took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.store.protocol import CallCount
from notebook_agent.view.wire import Totals

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """What calls took; what was served from the ledger took nothing."""

    live: int = 0
    replayed: int = 0
    tokens: int = 0
    cost: float = 0.0
    priced: int = 0

    @classmethod
    def of(cls, counts: Iterable[CallCount]) -> Tally:
        """Sum up what the store counted."""
        made = cls()
        for count in counts:
            made.live += count.live
            made.replayed += count.replayed
            made.tokens += count.tokens
            made.cost += count.cost
            made.priced += count.priced
        return made

    def add(self, call: CallRecord) -> None:
        """Count one more call."""
        if call.replayed:
            self.replayed += 1
            return
        self.live += 1
        if call.usage:
            self.tokens += call.usage.input + call.usage.output
        if call.cost is not None:
            self.priced += 1
            self.cost += call.cost

    def totals(self) -> Totals:
        """Sum up; the cost is None where the price of a call is not known."""
        return Totals(
            calls=self.live + self.replayed,
            replayed=self.replayed,
            tokens=self.tokens,
            cost=round(self.cost, 6) if self.priced == self.live else None,
        )
