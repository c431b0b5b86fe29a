"""Which recorded steps may serve the step that begins now.

A step that repeats one that did not complete is paired with the attempts that it
repeats, the last first. Then a fork's step is paired with each ancestor's step of the same
action and the same occurrence since their ways parted; the attempts at one step count as one
occurrence. Only steps with equal inputs pair, and an input that differs from the recorded
one ends pairing with that ancestor for good. A retry with unchanged code, of an attempt that
failed although all its calls had succeeded, is paired with nothing: the same answers would
fail it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from notebook_agent.calls.answered import asked_again
from notebook_agent.calls.protocol import CallLog
from notebook_agent.calls.ways import RecordedStep, Way, last_visit
from notebook_agent.ids import StepRef
from notebook_agent.state import same

__all__ = ["Branch", "Pairing", "RecordedStep", "pair", "repeated"]


@dataclass(frozen=True, slots=True)
class Pairing:
    """The steps whose calls may be served, best first, and what the user should be told of it."""

    partners: tuple[StepRef, ...]
    note: str | None = None


Inputs = Mapping[str, object]
Recorded = Callable[[StepRef], Inputs]
"""Tells the inputs that a recorded step was given."""


class Branch:
    """An ancestor's way beside this run's own, from the point where the two part.

    Attributes:
        ended: Whether an input has differed from the recorded one.
    """

    def __init__(self, steps: Iterable[RecordedStep], since: Iterable[RecordedStep] = ()) -> None:
        """Take two ways, of which no more is read than pairing needs.

        Args:
            steps: The ancestor's steps after that point, in order. If the step at that point did
                not complete, the attempts at it come first: the run makes the same step again.
            since: This run's past after that point, its own steps not counted.
        """
        self.ended = False
        self._theirs, self._mine = Way(steps), Way(since)
        self._taken = 0
        self._beyond: set[str] = set()

    def meet(
        self, action: str, inputs: Inputs, own: Sequence[RecordedStep], recorded: Recorded
    ) -> list[StepRef]:
        """Return the attempts at the same step as the one that begins after `own`, the last first."""
        if self.ended:
            return []
        attempts = self.attempts(action, own)
        found = [step.ref for step in reversed(attempts) if same(inputs, recorded(step.ref))]
        self.ended = bool(attempts) and not found
        return found

    def attempts(self, action: str, own: Sequence[RecordedStep]) -> Sequence[RecordedStep]:
        """Return the attempts at the same step as the one that begins after `own`, whatever their inputs.

        `own` is what it was at the call before, or longer.
        """
        if action in self._beyond or (not self._taken and self._is_beyond(action)):
            return ()
        self._mine.extend(own[self._taken :])
        self._taken = len(own)
        return self._theirs.visit(action, self._mine.count(action) - self._mine.is_open(action))

    def _is_beyond(self, action: str) -> bool:
        """Whether the action was visited more often since than the ancestor ever did; once so, always."""
        n = 0
        while self._mine.visit(action, n):
            if not self._theirs.visit(action, n):
                self._beyond.add(action)
                return True
            n += 1
        return False


def pair(  # noqa: PLR0913, PLR0917  # what is known of the step, and where to look
    action: str,
    code: str | None,
    inputs: Inputs,
    own: Sequence[RecordedStep],
    branches: Sequence[Branch],
    log: CallLog,
    recorded: Recorded,
) -> Pairing:
    """Pair the step of `action` that begins now.

    Args:
        action: The action's name.
        code: Id of its code now.
        inputs: The inputs that it is given.
        own: This run's own steps so far, in order.
        branches: The ancestors' ways, the nearest first; those from which the inputs differ end.
        log: Where the calls of all these steps are kept.
        recorded: Where their inputs are.
    """
    attempts = last_visit(action, own)
    others = [ref for branch in branches for ref in branch.meet(action, inputs, own, recorded)]
    partners: list[StepRef] = []
    for attempt in reversed(attempts):
        if not same(inputs, recorded(attempt.ref)):
            continue
        spent = _succeeded_in_vain(attempt, code, log)
        if spent:
            return Pairing(tuple(partners), None if partners else _live(action, spent))
        partners.append(attempt.ref)
    return Pairing(tuple(dict.fromkeys([*partners, *others])))


def repeated(action: str, own: Sequence[RecordedStep], branches: Sequence[Branch]) -> list[RecordedStep]:
    """Return the steps in whose place the one of `action` stands that begins now, the nearest first.

    They are the attempts that it repeats, and those of each ancestor at the same occurrence,
    whatever their inputs and their code.
    """
    others = [step for branch in branches for step in reversed(branch.attempts(action, own))]
    return [*reversed(last_visit(action, own)), *others]


def _succeeded_in_vain(attempt: RecordedStep, code: str | None, log: CallLog) -> int:
    """Count the calls of an attempt that failed with this very code although all of them succeeded."""
    if attempt.status != "failed" or code is None or attempt.code != code:
        return 0
    asks = asked_again(log.calls([attempt.ref]))
    return 0 if asks.live else len(asks.served)


def _live(action: str, calls: int) -> str:
    what = "its call had succeeded" if calls == 1 else f"all its {calls} calls had succeeded"
    return f"{action} failed although {what}, and its code is unchanged: the model is called again"
