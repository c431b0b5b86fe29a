"""Blame: which step put a value into the state, from what it had read, and so on back to the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple

from notebook_agent.history.paths import ABSENT, Path, write_path
from notebook_agent.history.trail import Trail
from notebook_agent.redact import mask_field, masked_repr
from notebook_agent.store.protocol import Plain, StepRecord

__all__ = ["NEAREST", "Blame", "Origin", "blame"]

NEAREST: Final = 20
"""Causes that are told where nobody asks for all: those of a chat may be thousands."""

_Kind = Literal["step", "edit", "start"]


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
    kind: _Kind
    step: StepRecord | None
    value: object

    def __repr__(self) -> str:
        """Mask secrets, also what stands under a key such as `password`."""
        key = self.path.rpartition(".")[2]
        return masked_repr(replace(self, value=mask_field(key, self.value)))


@dataclass(frozen=True, slots=True)
class Blame:
    """Who wrote a value, and everything that it was made from.

    Attributes:
        origin: The last write of the path itself.
        causes: What that step had read, what the writers of that had read, and so on, latest
            first: one origin for each key and step.
        left: How many earlier causes are known of and left out; what these were made from is not
            looked for. 0 where nothing is left out.
    """

    origin: Origin
    causes: tuple[Origin, ...]
    left: int = 0


def blame(trail: Trail, path: Path, last: int | None, most: int | None = NEAREST) -> Blame:
    """Find who wrote a path, as it stands after step `last`.

    A write counts where it changed what stands there; what a step read counts by key. An action that
    adds to a key and then sets it anew counts as having read it: what it set may be made from that.

    Args:
        trail: The past of the run.
        path: What to look at; it must be there.
        last: The number of the step; None for the initial state.
        most: Of the causes, the latest; None for all.
    """
    writer = _writer(trail, path, last)
    causes, left = _causes(trail, writer, most)
    told = _told(trail, [writer, *causes])
    return Blame(told[0], tuple(told[1:]), left)


class _Writer(NamedTuple):
    path: Path
    kind: _Kind
    seq: int | None


def _writer(trail: Trail, path: Path, last: int | None) -> _Writer:
    """Who changed a path last, at the latest by step `last`."""
    for now, mark, before, old in trail.turns(path, last):
        if _plainly(mark, old) or trail.differ(path, before, now):
            wrote = path[0] in trail.record(now).writes
            return _Writer(path, "step" if wrote else "edit", now)
    return _Writer(path, "start", None)


def _plainly(mark: Hashable, old: Hashable) -> bool:
    """Tell whether two marks that differ say already that the values do."""
    return isinstance(mark, Plain) and isinstance(old, Plain) and mark.depth == old.depth


def _causes(trail: Trail, writer: _Writer, most: int | None) -> tuple[list[_Writer], int]:
    """What a step wrote came from, latest first, and how many more are known of than these."""
    found: list[_Writer] = []
    seen: set[tuple[int, str]] = set()
    waiting: list[tuple[int, str, _Writer]] = []
    while True:
        for each in _read_by(trail, writer):
            mark = 1 if each.seq is None else -each.seq, write_path(each.path)
            if mark not in seen:
                seen.add(mark)
                heappush(waiting, (*mark, each))
        if not waiting or len(found) == most:
            return found, len(waiting)
        writer = heappop(waiting)[2]
        found.append(writer)


def _read_by(trail: Trail, writer: _Writer) -> Iterator[_Writer]:
    """Who wrote the keys that a step had read; those it only added to are in the past of themselves alone."""
    if writer.kind != "step" or writer.seq is None:
        return
    before = trail.before(writer.seq)
    step = trail.record(writer.seq)
    for key in step.reads:
        if key not in step.grown or writer.path == (key,):
            yield _writer(trail, (key,), before)


def _told(trail: Trail, writers: list[_Writer]) -> list[Origin]:
    """The same with their values, those of one path read together."""
    asked: defaultdict[Path, list[int | None]] = defaultdict(list)
    for each in writers:
        asked[each.path].append(each.seq)
    values = {
        (path, seq): value
        for path, seqs in asked.items()
        for seq, value in zip(seqs, trail.values(path, seqs), strict=True)
    }
    return [
        Origin(
            write_path(each.path),
            each.kind,
            None if each.seq is None else trail.record(each.seq),
            _shown(values[each.path, each.seq]),
        )
        for each in writers
    ]


def _shown(value: object) -> object:
    return None if value is ABSENT else value
