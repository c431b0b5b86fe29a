"""Which requests of a step were answered in the end, which were not, and how often on a run's way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.protocol import CallLog, CallRecord
from notebook_agent.calls.ways import RecordedStep
from notebook_agent.ids import StepRef

__all__ = ["Answers", "Asks", "asked_again", "unanswered"]


class Asks(NamedTuple):
    """What unchanged code asks again: the answers that are served, and the requests that had none."""

    served: list[CallRecord]
    live: list[CallRecord]


def asked_again(calls: Iterable[CallRecord]) -> Asks:
    """Tell which of a step's calls unchanged code makes again.

    A request that failed and was then answered is made once; one that was never answered is made
    again and leaves.
    """
    found = list(calls)
    return Asks([call for call in found if servable(call)], unanswered(found))


def unanswered(calls: Iterable[CallRecord]) -> list[CallRecord]:
    """Find the last record of each request that was not answered in the end."""
    last: dict[str, CallRecord] = {}
    for call in calls:
        last[call.key] = call
    return [call for call in last.values() if not servable(call)]


class Answers:
    """How often each request was answered on a run's way; attempts that were made again do not count."""

    def __init__(self, steps: Callable[[int, int], Iterable[RecordedStep]], log: CallLog) -> None:
        """Take what reads the run's steps from one number to another, its ancestors' too, and their calls."""
        self._steps, self._log = steps, log
        self._counts: Counter[str] = Counter()
        self._open: tuple[str, Counter[str]] | None = None
        self._read = 0

    def before(self, seq: int, action: str) -> Callable[[str], int]:
        """Return what counts for the step of this number and action; each step is read once."""

        def count(key: str) -> int:
            self._read_to(seq)
            mine = self._counts[key]
            return mine if self._open is None or self._open[0] == action else mine + self._open[1][key]

        return count

    def _read_to(self, seq: int) -> None:
        steps = list(self._steps(self._read, seq - 1)) if self._read < seq else []
        self._read = max(self._read, seq)
        made: dict[StepRef | None, Counter[str]] = defaultdict(Counter)
        for call in filter(servable, self._log.calls([step.ref for step in steps]) if steps else ()):
            made[call.step][call.key] += 1
        for step in steps:
            self._pass(step, made[step.ref])

    def _pass(self, step: RecordedStep, answers: Counter[str]) -> None:
        if self._open is not None and self._open[0] != step.action:
            self._counts += self._open[1]
        self._open = None if step.status == "completed" else (step.action, answers)
        if self._open is None:
            self._counts += answers
