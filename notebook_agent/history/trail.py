"""The past of a run as questions go back over it: in stretches, a few of which are held."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence, Sized
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

from notebook_agent.history.compare import same
from notebook_agent.history.paths import ABSENT, Path, follow
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import Edit, Part, Plain, StepRecord, Store

__all__ = ["STRETCH", "Moment", "Trail", "Turn"]

K = TypeVar("K")
V = TypeVar("V")
STRETCH: Final = 256
"""Checkpoints that are read at once."""
_DEEP: Final = 1024
"""Checkpoints of which a path below a key is looked at at once: what leads to it is found once for all."""
_HELD: Final = 64

Mark = tuple[int | None, Hashable]


class Moment(NamedTuple):
    """A state of the past: that after a step (None: the initial one), as the first `edits` there left it.

    All edits that were made of a run itself between two steps count as one; that of a fork is another.
    """

    seq: int | None
    edits: int = 0


class Turn(NamedTuple):
    """Two moments, one right after the other, between which a value may have changed; `sure` that it did."""

    now: Moment
    before: Moment
    sure: bool


@dataclass(frozen=True, slots=True)
class _Version:
    """A state that was left by edits; `run` is a fork that began with it."""

    edits: tuple[Edit, ...]
    run: RunKey | None

    def of(self, key: object) -> Edit | None:
        """The last edit that changed a key."""
        return next((each for each in reversed(self.edits) if key in each.keys), None)


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
        self._edited: dict[int | None, list[_Version]] | None = None

    def turns(self, path: Path, last: Moment) -> Iterator[Turn]:
        """Go back from a moment to where something else may have stood at a path."""
        edited = [seq for seq in self._boundaries(path[0]) if _order(seq) <= _order(last.seq)]
        if edited and edited[0] == last.seq:
            yield from self._by_hand(path, last)
            edited.pop(0)
        for now, mark, before, old in self._steps(path, last.seq):
            while edited and _order(edited[0]) > _order(before):
                yield from self._around(path, edited.pop(0))
            if edited and edited[0] == before:
                yield from self._around(path, edited.pop(0))
            else:
                yield Turn(Moment(now), Moment(before), _plainly(mark, old))
        for seq in edited:
            yield from self._around(path, seq)

    def begun(self, seq: int) -> Moment:
        """The moment at which a step began."""
        return self.latest(self.before(seq))

    def latest(self, seq: int | None) -> Moment:
        """The moment after a step and all edits there."""
        return Moment(seq, len(self._versions().get(seq, ())))

    def forked(self, seq: int | None) -> Moment:
        """The moment after a step at which a fork was made there, or else that after the step."""
        return Moment(seq, sum(each.run is not None for each in self._versions().get(seq, ())))

    def edits(self, seq: int | None) -> list[Moment]:
        """The moments that edits after a step led to, in order."""
        return [Moment(seq, n + 1) for n in range(len(self._versions().get(seq, ())))]

    def edit(self, moment: Moment, key: object = None) -> Edit | None:
        """The edit that led to a moment; where a key is named, the last there that changed it."""
        if not moment.edits:
            return None
        version = self._versions()[moment.seq][moment.edits - 1]
        return version.edits[-1] if key is None else version.of(key)

    def touched(self, moment: Moment, keys: Sequence[str] | None) -> bool:
        """Tell whether the edits that led to a moment changed one of these keys, or any."""
        version = self._versions()[moment.seq][moment.edits - 1]
        return keys is None or any(version.of(key) is not None for key in keys)

    def _around(self, path: Path, seq: int | None) -> Iterator[Turn]:
        """The step that began with edits, and these."""
        now = self.latest(seq)
        after = self.after(seq)
        if after is not None:
            yield Turn(Moment(after), now, sure=False)
        yield from self._by_hand(path, now)

    def _by_hand(self, path: Path, last: Moment) -> Iterator[Turn]:
        for n in range(last.edits, 0, -1):
            if self.edit(Moment(last.seq, n), path[0]) is not None:
                yield Turn(Moment(last.seq, n), Moment(last.seq, n - 1), sure=False)

    def _boundaries(self, key: object) -> list[int | None]:
        """The steps after which a key was edited, the latest first."""
        found = [seq for seq, made in self._versions().items() if any(each.of(key) for each in made)]
        return sorted(found, key=_order, reverse=True)

    def _versions(self) -> dict[int | None, list[_Version]]:
        if self._edited is None:
            self._edited = {}
            for edit in self._store.edits(self._key):
                self._add(self._edited.setdefault(self.known(edit.after.seq), []), edit)
        return self._edited

    def known(self, seq: int | None) -> int | None:
        """A step of this run; None for one before its first, of which nothing is known."""
        return seq if seq is not None and seq in self._records[seq // STRETCH] else None

    def _add(self, versions: list[_Version], edit: Edit) -> None:
        if edit.forked is None and versions and versions[-1].run is None:
            versions[-1] = _Version((*versions[-1].edits, edit), None)
        else:
            versions.append(_Version((edit,), None if edit.forked is None else edit.after.run))

    def after(self, seq: int | None) -> int | None:
        """The number of the step after one; None where that is the last."""
        if seq is None:
            first = self._store.steps(self._key, last=STRETCH) or self._store.steps(self._key)
            return first[0].seq if first else None
        return self.known(seq + 1)

    def _steps(self, path: Path, last: int | None) -> Iterator[tuple[int, Hashable, int | None, Hashable]]:
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

    def place(self, path: Path, moment: Moment) -> Path | None:
        """A path as it is told, its indexes counted from the front; None where that takes the whole state."""
        ref = self._kept(moment)
        if ref is None:
            return None
        (part,) = self._store.parts([ref], path)
        if part is None:
            return None
        rest = path[len(part.path) :]
        plain = not any(isinstance(each, int) and each < 0 for each in rest)
        return part.path + rest if plain and follow(part.value, rest) is not ABSENT else None

    def state(self, moment: Moment) -> State:
        """The state at a moment."""
        ref = self._kept(moment)
        if ref is not None:
            return self._store.state(ref)
        after = self.after(moment.seq)
        if after is None:
            return self._store.head_state(self._key)
        return self._store.begun([StepRef(self._key, after)])[0]

    def differ(self, path: Path, before: Moment, now: Moment) -> bool:
        """Tell whether another value stands at a path at two moments; lists are counted first."""
        refs = [self._kept(before), self._kept(now)]
        if len(path) == 1:
            keys = (str(path[0]),)
            kept = [each for each in refs if each is not None]
            ends = self._store.states(kept, keys=keys, counted=keys) if len(kept) == len(refs) else []
            sizes = {len(each) for state in ends if isinstance(each := state.get(keys[0]), Sized)}
            if len(sizes) > 1:
                return True
        return not same(*self.values(path, [before, now]))

    def values(self, path: Path, moments: Sequence[Moment]) -> list[object]:
        """What stands at a path at several moments; ABSENT where nothing does."""
        refs = [self._kept(each) for each in moments]
        parts = iter(self._store.parts([each for each in refs if each is not None], path))
        return [
            follow(self.state(moment), path) if ref is None else _value(next(parts), path)
            for moment, ref in zip(moments, refs, strict=True)
        ]

    def _kept(self, moment: Moment) -> StepRef | None:
        """The checkpoint that a moment is; None for what was left by edits of a run itself."""
        if not moment.edits:
            return self._ref(moment.seq)
        run = self._versions()[moment.seq][moment.edits - 1].run
        return None if run is None else StepRef(run, None)

    def _ref(self, seq: int | None) -> StepRef:
        return StepRef(self._first(), None) if seq is None else StepRef(self._key, seq)

    def _first(self) -> RunKey:
        """The run whose initial state is where all began: it made the first step, or one forked there did."""
        if self._oldest is None:
            first = self._store.steps(self._key, last=STRETCH) or self._store.steps(self._key)
            edited = self._versions().get(None)
            forked = edited[0].edits[0].forked if edited else None
            made = first[0].ref.run if first else self._key
            self._oldest = made if forked is None else forked.run
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


def _order(seq: int | None) -> int:
    return -1 if seq is None else seq


def _plainly(mark: Hashable, old: Hashable) -> bool:
    """Tell whether two marks that differ say already that the values do."""
    return isinstance(mark, Plain) and isinstance(old, Plain) and mark.depth == old.depth


def _size(path: Path) -> int:
    return STRETCH if len(path) == 1 else _DEEP


def _value(part: Part | None, path: Path) -> object:
    return ABSENT if part is None else follow(part.value, path[len(part.path) :])
