"""What LLM calls took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import RunKey
from notebook_agent.store.protocol import CallCount, RunRecord, Store
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
    def of(cls, counts: Iterable[CallCount | Tally]) -> Tally:
        """Sum up what the store counted, and other sums."""
        made = cls()
        for count in counts:
            made._take(count)
        return made

    @classmethod
    def of_run(cls, store: Store, key: RunKey) -> Tally:
        """Sum up the calls of a run and its past, and of the runs that their steps started."""
        return cls.of([*store.call_counts(key).values(), cls.below(store, key)])

    @classmethod
    def below(cls, store: Store, key: RunKey) -> Tally:
        """Sum up the calls of the runs that the steps of a run and its past started, and theirs."""
        made = cls()
        for run in store.children(key):
            made = cls.of([made, *_own(store, run), cls.below(store, run.key)])
        return made

    def _take(self, count: CallCount | Tally) -> None:
        self.live += count.live
        self.replayed += count.replayed
        self.tokens += count.tokens
        self.cost += count.cost
        self.priced += count.priced

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


def _own(store: Store, run: RunRecord) -> list[CallCount]:
    """Count the calls of a run without its past, which another run has."""
    before = -1 if run.parent is None or run.parent.seq is None else run.parent.seq
    return [count for seq, count in store.call_counts(run.key).items() if seq > before]
