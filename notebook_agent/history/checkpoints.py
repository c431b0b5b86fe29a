"""All states that a run has been in: those after its steps, and what was made of them by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from notebook_agent.history.trail import STRETCH, Moment, Trail
from notebook_agent.history.watch import Point, Seen
from notebook_agent.ids import RunKey
from notebook_agent.state import State
from notebook_agent.store.protocol import Edit, StepRecord, Store

__all__ = ["Checkpoints"]

_Edits = Mapping[int | None, Sequence[tuple[Edit, Moment]]]


class Checkpoints:
    """The states of a run, from the initial one of all on.

    Args:
        store: Where the run is kept.
        key: Which run it is.
        last: The last step to look at; None for the run's, with what was edited since.
    """

    def __init__(self, store: Store, key: RunKey, last: int | None = None) -> None:
        self._store = store
        self._trail = Trail(store, key)
        self._steps = store.steps(key, last=last)
        self._edits = self._edited(store.edits(key), last)

    def of(self, keys: Sequence[str] | None, counted: Collection[str]) -> tuple[Iterator[Seen], int]:
        """Return all checkpoints in order, and how many there are.

        An edit is one where it changed one of the `keys`; None stands for all.
        """
        edits = {
            seq: [(edit, moment) for edit, moment in made if self._trail.touched(moment, keys)]
            for seq, made in self._edits.items()
        }
        return self._read(edits, keys, counted), len(self._steps) + 1 + sum(map(len, edits.values()))

    def state(self, point: Point) -> State:
        """Return the state at a point that was watched."""
        made = [] if point.edit is None else self._edits.get(point.seq, ())
        moment = next((moment for edit, moment in made if edit == point.edit), Moment(point.seq))
        return self._trail.state(moment)

    def _edited(self, edits: Sequence[Edit], last: int | None) -> _Edits:
        places = dict.fromkeys(self._trail.known(edit.after.seq) for edit in edits)
        return {
            seq: [
                (edit, each)
                for each in self._trail.edits(seq)
                if (edit := self._trail.edit(each)) is not None
            ]
            for seq in places
            if last is None or seq is None or seq < last
        }

    def _read(self, edits: _Edits, keys: Sequence[str] | None, counted: Collection[str]) -> Iterator[Seen]:
        yield None, None, self._trail.state(Moment(None))
        yield from self._by_hand(None, None, edits)
        for start in range(0, len(self._steps), STRETCH):
            some = self._steps[start : start + STRETCH]
            states = self._store.states([step.ref for step in some], keys=keys, counted=counted)
            for step, state in zip(some, states, strict=True):
                yield step, None, state
                yield from self._by_hand(step, step.seq, edits)

    def _by_hand(self, step: StepRecord | None, seq: int | None, edits: _Edits) -> Iterator[Seen]:
        for edit, moment in edits.get(seq, ()):
            yield step, edit, self._trail.state(moment)
