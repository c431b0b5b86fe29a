"""The past of a run as questions go back over it: in stretches, a few of which are held."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence, Sized
from itertools import pairwise
from typing import Final, TypeVar

from notebook_agent.history.compare import same
from notebook_agent.history.paths import ABSENT, Path, follow
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import Part, StepRecord, Store

__all__ = ["STRETCH", "Trail"]

K = TypeVar("K")
V = TypeVar("V")
STRETCH: Final = 256
"""Checkpoints that are read at once."""
_DEEP: Final = 1024
"""Checkpoints of which a path below a key is looked at at once: what leads to it is found once for all."""
_HELD: Final = 64

Mark = tuple[int | None, Hashable]


class Trail:
    """Steps of a run, and what tells their states apart, read where they are asked for.

    Args:
        store: Where the run is kept.
        key: Which run it is.
    """

    def __init__(self, store: Store, key: RunKey) -> None:
        self._store = store
        self._key = key
        self._marks: _Held[tuple[Path, int], tuple[list[Mark], list[int]]] = _Held(self._read_marks)
        self._records: _Held[int, dict[int, StepRecord]] = _Held(self._read_records)
        self._oldest: RunKey | None = None

    def turns(self, path: Path, last: int | None) -> Iterator[tuple[int, Hashable, int | None, Hashable]]:
        """Go back from a step to where the mark of a path is another than the one before.

        Each is the number of the checkpoint and its mark, and those of the one before.
        """
        if last is None:
            return
        after: Mark | None = None
        for stretch in range(last // _size(path), -1, -1):
            marks, turns = self._marks[path, stretch]
            if marks and after is not None and after[1] != marks[-1][1] and after[0] is not None:
                yield after[0], after[1], *marks[-1]
            for at in reversed(turns):
                seq, mark = marks[at]
                if seq is not None and seq <= last:
                    yield seq, mark, *marks[at - 1]
            known = marks and (marks[0][0] is None or marks[0][0] <= last)
            after = marks[0] if known else after

    def before(self, seq: int) -> int | None:
        """The number of the step before; None for the first one."""
        for stretch in range(seq // STRETCH, -1, -1):
            earlier = [each for each in self._records[stretch] if each < seq]
            if earlier:
                return earlier[-1]
        return None

    def record(self, seq: int) -> StepRecord:
        """A step."""
        return self._records[seq // STRETCH][seq]

    def place(self, path: Path, seq: int | None) -> Path | None:
        """A path as it is told, its indexes counted from the front; None where that takes the whole state."""
        (part,) = self._store.parts([self._ref(seq)], path)
        if part is None:
            return None
        rest = path[len(part.path) :]
        plain = not any(isinstance(each, int) and each < 0 for each in rest)
        return part.path + rest if plain and follow(part.value, rest) is not ABSENT else None

    def state(self, seq: int | None) -> State:
        """The state after a step."""
        return self._store.state(self._ref(seq))

    def differ(self, path: Path, before: int | None, now: int) -> bool:
        """Tell whether another value stands at a path after two steps; lists are counted first."""
        refs = [self._ref(before), self._ref(now)]
        if len(path) == 1:
            keys = (str(path[0]),)
            one, other = (state.get(keys[0]) for state in self._store.states(refs, keys=keys, counted=keys))
            if isinstance(one, Sized) and isinstance(other, Sized) and len(one) != len(other):
                return True
        return not same(*self.values(path, [before, now]))

    def values(self, path: Path, seqs: Sequence[int | None]) -> list[object]:
        """What stands at a path after several steps; ABSENT where nothing does."""
        parts = self._store.parts([self._ref(seq) for seq in seqs], path)
        return [_value(part, path) for part in parts]

    def _ref(self, seq: int | None) -> StepRef:
        return StepRef(self._first(), None) if seq is None else StepRef(self._key, seq)

    def _first(self) -> RunKey:
        """The run that made the first step: its initial state is where all began."""
        if self._oldest is None:
            first = self._store.steps(self._key, last=STRETCH) or self._store.steps(self._key)
            self._oldest = first[0].ref.run if first else self._key
        return self._oldest

    def _read_marks(self, asked: tuple[Path, int]) -> tuple[list[Mark], list[int]]:
        """The marks of a stretch, and the places at which they turn."""
        path, stretch = asked
        size = _size(path)
        first = stretch * size
        marks = self._store.marks(self._key, path, first=first or None, last=first + size - 1)
        pairs = enumerate(pairwise(marks), 1)
        return marks, [at for at, (old, now) in pairs if old[1] is not now[1] and old[1] != now[1]]

    def _read_records(self, stretch: int) -> dict[int, StepRecord]:
        first = stretch * STRETCH
        steps = self._store.steps(self._key, first=first, last=first + STRETCH - 1)
        return {step.seq: step for step in steps}


class _Held(OrderedDict[K, V]):
    """What was read lately; the rest is read again."""

    def __init__(self, read: Callable[[K], V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: K) -> V:
        self[key] = found = self._read(key)
        if len(self) > _HELD:
            self.popitem(last=False)
        return found


def _size(path: Path) -> int:
    return STRETCH if len(path) == 1 else _DEEP


def _value(part: Part | None, path: Path) -> object:
    return ABSENT if part is None else follow(part.value, path[len(part.path) :])
