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
from typing import Protocol

from notebook_agent.calls.answered import asked_again
from notebook_agent.calls.protocol import CallLog
from notebook_agent.ids import StepRef

__all__ = ["Branch", "Pairing", "RecordedStep", "pair", "repeated"]


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


@dataclass(frozen=True, slots=True)
class Pairing:
    """The steps whose calls may be served, best first, and what the user should be told of it."""

    partners: tuple[StepRef, ...]
    note: str | None = None


Inputs = Mapping[str, object]
Recorded = Callable[[StepRef], Inputs]
"""Tells the inputs that a recorded step was given."""


@dataclass(slots=True)
class Branch:
    """An ancestor's way beside this run's own, from the point where the two part.

    Attributes:
        steps: The ancestor's steps after that point, in order. If the step at that point did
            not complete, the attempts at it come first: the run makes the same step again.
        since: This run's past after that point, its own steps not counted.
        ended: Whether an input has differed from the recorded one.
    """

    steps: Sequence[RecordedStep]
    since: Sequence[RecordedStep] = ()
    ended: bool = False

    def meet(
        self, action: str, inputs: Inputs, own: Sequence[RecordedStep], recorded: Recorded
    ) -> list[StepRef]:
        """Return the attempts at the same step as the one that begins after `own`, the last first."""
        if self.ended:
            return []
        attempts = self.attempts(action, own)
        found = [step.ref for step in reversed(attempts) if _equal(inputs, recorded(step.ref))]
        self.ended = bool(attempts) and not found
        return found

    def attempts(self, action: str, own: Sequence[RecordedStep]) -> Sequence[RecordedStep]:
        """Return the attempts at the same step as the one that begins after `own`, whatever their inputs."""
        past = [*self.since, *own]
        mine, theirs = _occurrences(action, past), _occurrences(action, self.steps)
        occurrence = len(mine) - bool(mine and _repeats(mine[-1], past))
        return theirs[occurrence] if occurrence < len(theirs) else ()


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
    groups = _occurrences(action, own)
    attempts = groups.pop() if groups and _repeats(groups[-1], own) else []
    others = [ref for branch in branches for ref in branch.meet(action, inputs, own, recorded)]
    partners: list[StepRef] = []
    for attempt in reversed(attempts):
        if not _equal(inputs, recorded(attempt.ref)):
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
    groups = _occurrences(action, own)
    mine = groups[-1] if groups and _repeats(groups[-1], own) else []
    others = [step for branch in branches for step in reversed(branch.attempts(action, own))]
    return [*reversed(mine), *others]


def _occurrences(action: str, steps: Iterable[RecordedStep]) -> list[list[RecordedStep]]:
    """Gather the steps of an action: all attempts at one step together."""
    groups: list[list[RecordedStep]] = []
    open_end = False
    for step in steps:
        if step.action != action:
            open_end = False
        elif open_end:
            groups[-1].append(step)
        else:
            groups.append([step])
        if step.action == action:
            open_end = step.status != "completed"
    return groups


def _repeats(last: Sequence[RecordedStep], own: Sequence[RecordedStep]) -> bool:
    return own[-1] is last[-1] and last[-1].status != "completed"


def _succeeded_in_vain(attempt: RecordedStep, code: str | None, log: CallLog) -> int:
    """Count the calls of an attempt that failed with this very code although all of them succeeded."""
    if attempt.status != "failed" or code is None or attempt.code != code:
        return 0
    asks = asked_again(log.calls([attempt.ref]))
    return 0 if asks.live else len(asks.served)


def _live(action: str, calls: int) -> str:
    what = "its call had succeeded" if calls == 1 else f"all its {calls} calls had succeeded"
    return f"{action} failed although {what}, and its code is unchanged: the model is called again"


def _equal(one: Inputs, other: Inputs) -> bool:
    try:
        return one == other
    except Exception:  # noqa: BLE001  # values that cannot be compared, such as arrays, are not known to be equal
        return False
