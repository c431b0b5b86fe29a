"""Blame: which step put a value into the state, from what it had read, and so on back to the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import Literal, NamedTuple

from notebook_agent.history.compare import same
from notebook_agent.history.paths import ABSENT, Path, write_path
from notebook_agent.history.trail import Trail
from notebook_agent.store.protocol import StepRecord

__all__ = ["Blame", "Origin", "blame"]

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


def blame(trail: Trail, path: Path, last: int | None, most: int | None = None) -> Blame:
    """Find who wrote a path, as it stands after step `last`.

    A write counts where it changed what stands there; what a step read counts by key.

    Args:
        trail: The past of the run.
        path: What to look at; it must be there.
        last: The number of the step; None for the initial state.
        most: Of the causes; None for all.
    """
    writer = _writer(trail, path, last)
    causes = _causes(trail, writer, most)
    told = _told(trail, [writer, *causes[:most]])
    return Blame(told[0], tuple(told[1:]), most is not None and len(causes) > most)


class _Writer(NamedTuple):
    path: Path
    kind: _Kind
    seq: int | None


def _writer(trail: Trail, path: Path, last: int | None) -> _Writer:
    """Who changed a path last, at the latest by step `last`."""
    for (now, mark), (before, old) in pairwise(trail.back(path, last)):
        if now is not None and mark != old and _differs(trail, path, before, now):
            wrote = path[0] in trail.record(now).writes
            return _Writer(path, "step" if wrote else "edit", now)
    return _Writer(path, "start", None)


def _differs(trail: Trail, path: Path, before: int | None, now: int) -> bool:
    one, other = trail.values(path, [before, now])
    return not same(one, other)


def _causes(trail: Trail, writer: _Writer, most: int | None) -> list[_Writer]:
    """What a step wrote came from, latest first; at least one more than `most`, if there are."""
    found: list[_Writer] = []
    seen: set[tuple[int, str]] = set()
    waiting: list[tuple[int, str, _Writer]] = []
    while most is None or len(found) <= most:
        for each in _read_by(trail, writer):
            mark = 1 if each.seq is None else -each.seq, write_path(each.path)
            if mark not in seen:
                seen.add(mark)
                heappush(waiting, (*mark, each))
        if not waiting:
            break
        writer = heappop(waiting)[2]
        found.append(writer)
    return found


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
