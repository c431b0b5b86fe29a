"""Blame: which step put a value into the state, from what it had read, and so on back to the start."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from notebook_agent.history.compare import same
from notebook_agent.history.paths import ABSENT, Path, follow, write_path
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord

__all__ = ["Blame", "Origin", "blame"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from.

    Attributes:
        path: What was asked for: a path, or a key that a later step had read.
        kind: A `step` wrote it; it was an `edit` of the state by hand, before `step` began; or it
            was there at the `start`.
        step: The step that wrote it, or the first one after the edit; None for the start.
        value: What was put there; None where it was taken away.
    """

    path: str
    kind: Literal["step", "edit", "start"]
    step: StepRecord | None
    value: object


@dataclass(frozen=True, slots=True)
class Blame:
    """Who wrote a value, and everything that it was made from.

    Attributes:
        origin: The last write of the path itself.
        causes: What that step had read, what the writers of that had read, and so on, latest
            first: one origin for each key and step.
    """

    origin: Origin
    causes: tuple[Origin, ...]


def blame(
    steps: Sequence[StepRecord], state_after: Callable[[int | None], State], path: Path, last: int | None
) -> Blame:
    """Find who wrote a path, as it stands after step `last`.

    A write counts where it changed what stands there; what a step read counts by key.

    Args:
        steps: The whole line of the run, in order.
        state_after: Gives the state after a step; for None the initial one.
        path: What to look at; it must be there.
        last: The number of the step; None for the initial state.
    """
    past = _Past(steps, state_after)
    origin = past.origin(path, past.place(last))
    return Blame(origin, tuple(past.causes(origin)))


class _Past:
    def __init__(self, steps: Sequence[StepRecord], state_after: Callable[[int | None], State]) -> None:
        self._steps = steps
        self._state_after = state_after
        self._states: dict[int, State] = {}
        self._places: dict[int, int] = {step.seq: place for place, step in enumerate(steps)}
        self._numbers = [step.seq for step in steps]

    def place(self, seq: int | None) -> int:
        """How many steps of the line there are up to a number, this one included."""
        return 0 if seq is None else bisect_left(self._numbers, seq + 1)

    def origin(self, path: Path, places: int) -> Origin:
        """Who wrote a path within the first so many steps."""
        while places:
            writer = self._writer(str(path[0]), places)
            edited = self._edit(path, writer, places - 1)
            if edited is not None:
                return self._made(path, "edit", edited)
            if writer < 0:
                break
            if not same(self._value(writer - 1, path), self._value(writer, path)):
                return self._made(path, "step", writer)
            places = writer
        return Origin(write_path(path), "start", None, _shown(self._value(-1, path)))

    def _made(self, path: Path, kind: Literal["step", "edit"], place: int) -> Origin:
        return Origin(write_path(path), kind, self._steps[place], _shown(self._value(place, path)))

    def _writer(self, key: str, places: int) -> int:
        """The last of the first so many steps that wrote a key; -1 for none."""
        return next((n for n in range(places - 1, -1, -1) if key in self._steps[n].writes), -1)

    def _edit(self, path: Path, first: int, last: int) -> int | None:
        """The step before which a path was changed by hand, where none between the two wrote it."""
        if same(self._value(first, path), now := self._value(last, path)):
            return None
        while last - first > 1:
            middle = (first + last) // 2
            if same(self._value(middle, path), now):
                last = middle
            else:
                first = middle
        return last

    def _value(self, place: int, path: Path) -> object:
        return follow(self._state(place), path)

    def causes(self, origin: Origin) -> list[Origin]:
        """All that an origin was made from."""
        found: list[Origin] = []
        seen: set[tuple[str, int | None]] = set()
        waiting = [origin]
        while waiting:
            step = waiting.pop().step
            for key in () if step is None else step.reads:
                cause = self.origin((key,), self._places[step.seq] if step else 0)
                mark = key, None if cause.step is None else cause.step.seq
                if mark not in seen:
                    seen.add(mark)
                    found.append(cause)
                    waiting += [cause] * (cause.kind == "step")
        return sorted(found, key=lambda each: -1 if each.step is None else each.step.seq, reverse=True)

    def _state(self, place: int) -> State:
        if place not in self._states:
            seq = None if place < 0 else self._steps[place].seq
            self._states[place] = self._state_after(seq)
        return self._states[place]


def _shown(value: object) -> object:
    return None if value is ABSENT else value
