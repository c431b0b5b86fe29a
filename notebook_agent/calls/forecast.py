"""What it will take to run recorded steps again: how many calls the record serves, and which may go live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from notebook_agent.calls.answered import asked_again
from notebook_agent.calls.paid import worth
from notebook_agent.calls.protocol import CallRecord, LedgerMode

__all__ = ["Again", "Forecast", "forecast"]


@dataclass(frozen=True, slots=True)
class Again:
    """A recorded step that will run again, all attempts at it together.

    Attributes:
        calls: The calls of the last attempt, or of all that may serve it.
        changed: Whether its code is another now, or its answers shall not be served again.
        reads: Keys of the state that it read.
        writes: Keys that it wrote.
        decides: Keys on which it depended which step came next.
    """

    calls: Sequence[CallRecord]
    changed: bool = False
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    decides: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What running recorded steps again takes; what comes after them is not known.

    Attributes:
        steps: How many recorded steps run again.
        served: Calls that the record answers.
        live: Calls that may go live: those that had failed, or whose step's code or state is another now.
        cost: What those cost when they were made, in US dollars; None where that is not known.
    """

    steps: int
    served: int
    live: int
    cost: float | None

    def __str__(self) -> str:
        steps = f"{self.steps} step{'s run' if self.steps != 1 else ' runs'} again"
        if not self.served and not self.live:
            return f"{steps}; no LLM calls are recorded for {'them' if self.steps != 1 else 'it'}"
        served = f"{self.served} call{'s' * (self.served != 1)} from the ledger"
        return f"{steps}; {served}, {self.live} may go live{self._priced()}"

    def _priced(self) -> str:
        if not self.live:
            return ""
        return ", price unknown" if self.cost is None else f", about {_dollars(self.cost)}"


def forecast(steps: Iterable[Again], edited: Iterable[str] = (), mode: LedgerMode = "auto") -> Forecast:
    """Say what steps take that run again in order, once the keys in `edited` have other values.

    A step whose code is another may ask something else, and so may each later step that
    reads what it wrote; where such a key decided what came next, so may all that follow.
    """
    count, served, live = 0, 0, list[CallRecord]()
    other, lost = set(edited), False
    for step in steps:
        count += 1
        lost = lost or mode == "fresh"
        affected = lost or step.changed or not other.isdisjoint(step.reads)
        asks = asked_again(step.calls)
        served += 0 if affected else len(asks.served)
        live += [*(asks.served if affected else ()), *asks.live]
        other = other | step.writes if affected else other - step.writes
        lost = lost or not other.isdisjoint(step.decides)
    if mode == "strict":
        return Forecast(count, served + len(live), 0, 0.0)
    return Forecast(count, served, len(live), _sum(map(worth, live)))


def _sum(costs: Iterable[float | None]) -> float | None:
    known: float = 0.0
    for cost in costs:
        if cost is None:
            return None
        known += cost
    return known


def _dollars(cost: float) -> str:
    return "<$0.001" if 0 < cost < 0.001 else f"${cost:.2g}"  # noqa: PLR2004 (a tenth of a cent)
