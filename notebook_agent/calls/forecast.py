"""What it will take to run recorded steps again: how many calls the record serves, and which may go live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
        changed: Whether its code is another now.
        refused: Whether its answers are not served again.
        unfinished: Whether it did not complete, so that there may be calls which it had not reached.
        reads: Keys of the state that it read.
        writes: Keys that it wrote.
        decides: Keys on which it depended which step came next.
    """

    calls: Sequence[CallRecord]
    changed: bool = False
    refused: bool = False
    unfinished: bool = False
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
        alike: Of those, the ones that the record answers as well where they are asked alike again.
        unfinished: Whether the last of the steps did not complete.
        missing: In strict, calls that were refused before, for nothing is recorded for them.
    """

    steps: int
    served: int
    live: int
    cost: float | None
    alike: int = 0
    unfinished: bool = False
    missing: int = 0

    def __str__(self) -> str:
        steps = f"{self.steps} step{'s run' if self.steps != 1 else ' runs'} again"
        if not self.served and not self.live and not self.missing:
            return f"{steps}; no LLM calls are recorded for {'them' if self.steps != 1 else 'it'}"
        return f"{steps}; {', '.join(self._told())}{self._priced()}"

    @property
    def beyond(self) -> str:
        """What is not known, as a clause."""
        if not self.unfinished:
            return "new steps after that may add more"
        step = "it" if self.steps == 1 else "the last of them"
        return f"what {step} had not reached, and new steps, may add more"

    def _told(self) -> Iterator[str]:
        if self.missing:
            if self.served:
                yield f"{_calls(self.served)} replayed"
            what = str(self.missing) if self.served else _calls(self.missing)
            yield f"{what} {'has' if self.missing == 1 else 'have'} no record"
            return
        certain = self.live - self.alike
        if self.served:
            yield f"{_calls(self.served)} replayed"
        if self.alike:
            more = f"{self.alike} more" if self.served else _calls(self.alike)
            yield f"{more} replayed if asking the same, else sent to the model"
        if certain:
            yield f"up to {_calls(certain)} to the model"
        elif not (self.alike or self.unfinished):
            yield "none to the model"

    def _priced(self) -> str:
        if not self.live:
            return ""
        return " (price not known)" if self.cost is None else f" (about {_dollars(self.cost)})"


def forecast(steps: Iterable[Again], edited: Iterable[str] = (), mode: LedgerMode = "auto") -> Forecast:
    """Say what steps take that run again in order, once the keys in `edited` have other values.

    A step whose code is another may ask something else, and so may each later step that
    reads what it wrote; where such a key decided what came next, so may all that follow.
    """
    count, served, alike, live = 0, 0, 0, list[CallRecord]()
    other, lost, unfinished = set(edited), False, False
    for step in steps:
        count, unfinished = count + 1, step.unfinished
        affected = lost or step.changed or not other.isdisjoint(step.reads)
        refused = step.refused or mode == "fresh"
        asks = asked_again(step.calls)
        served += 0 if affected or refused else len(asks.served)
        alike += len(asks.served) if affected and not refused else 0
        live += [*(asks.served if affected or refused else ()), *asks.live]
        affected = affected or refused
        other = other | step.writes if affected else other - step.writes
        lost = lost or not other.isdisjoint(step.decides)
    if mode == "strict":
        missing = sum(not call.sent for call in live)
        return Forecast(count, served + len(live) - missing, 0, 0.0, missing=missing)
    return Forecast(count, served, len(live), _sum(map(worth, live)), alike, unfinished)


def _calls(number: int) -> str:
    return f"{number} call{'s' * (number != 1)}"


def _sum(costs: Iterable[float | None]) -> float | None:
    known: float = 0.0
    for cost in costs:
        if cost is None:
            return None
        known += cost
    return known


def _dollars(cost: float) -> str:
    return "<$0.001" if 0 < cost < 0.001 else f"${cost:.2g}"  # noqa: PLR2004 (a tenth of a cent)
