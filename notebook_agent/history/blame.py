"""Blame: which step put a value into the state, from what it had read, and so on back to the start."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, Literal

from notebook_agent.history.compare import same
from notebook_agent.history.paths import ABSENT, Path, follow, write_path
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord

__all__ = ["WINDOW", "Blame", "Origin", "blame"]

WINDOW: Final = 64
"""How many states next to each other are read at once."""
_HELD: Final = 12
StatesAfter = Callable[[Sequence[int | None], str], Sequence[State]]


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
        more: Whether earlier causes were left out, as was asked.
    """

    origin: Origin
    causes: tuple[Origin, ...]
    more: bool = False


def blame(
    steps: Sequence[StepRecord],
    states_after: StatesAfter,
    path: Path,
    last: int | None,
    most: int | None = None,
) -> Blame:
    """Find who wrote a path, as it stands after step `last`.

    A write counts where it changed what stands there; what a step read counts by key.

    Args:
        steps: The whole line of the run, in order.
        states_after: Gives a key of the states after several steps; for None of the initial one.
        path: What to look at; it must be there.
        last: The number of the step; None for the initial state.
        most: Of the causes; None for all.
    """
    past = _Past(steps, states_after)
    origin = past.origin(path, past.place(last))
    causes = past.causes(origin, most)
    return Blame(origin, tuple(causes[:most]), most is not None and len(causes) > most)


class _Past:
    def __init__(self, steps: Sequence[StepRecord], states_after: StatesAfter) -> None:
        self._steps = steps
        self._states_after = states_after
        self._windows: OrderedDict[tuple[str, int], Sequence[State]] = OrderedDict()
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
        return follow(self._state(place, str(path[0])), path)

    def causes(self, origin: Origin, most: int | None) -> list[Origin]:
        """What an origin was made from, latest first; at least one more than `most`, if there are."""
        found: list[Origin] = []
        seen: set[tuple[int, str]] = set()
        waiting: list[tuple[int, str, Origin]] = []
        step = origin.step
        while most is None or len(found) <= most:
            for each in self._read_by(step):
                mark = 1 if each.step is None else -each.step.seq, each.path
                if mark not in seen:
                    seen.add(mark)
                    heappush(waiting, (*mark, each))
            if not waiting:
                break
            found.append(heappop(waiting)[2])
            step = found[-1].step if found[-1].kind == "step" else None
        return found

    def _read_by(self, step: StepRecord | None) -> list[Origin]:
        """Where the keys came from that a step had read."""
        if step is None:
            return []
        return [self.origin((key,), self._places[step.seq]) for key in step.reads]

    def _state(self, place: int, key: str) -> State:
        """The state after a step, one key of it, read with those around it; a few such windows are held."""
        number, within = divmod(place + 1, WINDOW)
        window = key, number
        if window in self._windows:
            self._windows.move_to_end(window)
        else:
            places = range(number * WINDOW - 1, min((number + 1) * WINDOW - 1, len(self._steps)))
            seqs = [None if each < 0 else self._steps[each].seq for each in places]
            self._windows[window] = self._states_after(seqs, key)
            if len(self._windows) > _HELD:
                self._windows.popitem(last=False)
        return self._windows[window][within]


def _shown(value: object) -> object:
    return None if value is ABSENT else value
