"""Blame: which step, or whose hand, put a value into the state, from what, and so on back to the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple

from notebook_agent.errors import CommandError
from notebook_agent.history.compare import last_key, same
from notebook_agent.history.paths import ABSENT, Path, write_path
from notebook_agent.history.trail import Moment, Trail
from notebook_agent.redact import mask_field, masked_repr
from notebook_agent.store.protocol import Edit, StepRecord

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
        step: The step that wrote it, or the first one after the edit; None for the start, and for an
            edit after which no step has begun.
        value: What was put there; None where it was taken away.
        edit: When and where it was edited, or the fork made that began with it.
        before: What an edit took the place of; None for nothing.
        new: Whether that was nothing, for the edit put it there first.
    """

    path: str
    kind: _Kind
    step: StepRecord | None
    value: object
    edit: Edit | None = None
    before: object = None
    new: bool = False

    def __repr__(self) -> str:
        """Mask secrets, also what stands under a key such as `password`."""
        key = last_key(self.path) or ""
        value, before = mask_field(key, self.value), mask_field(key, self.before)
        return masked_repr(replace(self, value=value, before=before))


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


def blame(trail: Trail, path: Path, at: Moment, most: int | None = NEAREST) -> Blame:
    """Find who wrote a path, as it stands at a moment.

    A write counts where it changed what stands there; what a step read counts by key. An action that
    adds to a key and then sets it anew counts as having read it: what it set may be made from that.
    An edit that left a part of a list or mapping as it was leads on to who wrote that.

    Args:
        trail: The past of the run.
        path: What to look at; it must be there.
        at: When.
        most: Of the causes, the latest; None for all.

    Raises:
        CommandError: `most` is no number.
    """
    if most is not None and not (isinstance(most, int) and most >= 0):
        raise CommandError(f"blame tells of so many causes, or of all for None; not of {most!r}", key="most")
    writer = _writer(trail, path, at)
    causes, left = _causes(trail, writer, most)
    told = _told(trail, [writer, *causes])
    return Blame(told[0], tuple(told[1:]), left)


class _Writer(NamedTuple):
    path: Path
    kind: _Kind
    at: Moment
    before: Moment | None = None

    @property
    def age(self) -> tuple[int, int, str]:
        """What comes first for the latest."""
        return 1 if self.at.seq is None else -self.at.seq, -self.at.edits, write_path(self.path)


def _writer(trail: Trail, path: Path, last: Moment) -> _Writer:
    """Who changed a path last, at the latest at a moment."""
    for now, before, sure in trail.turns(path, last):
        if sure or trail.differ(path, before, now):
            wrote = not now.edits and now.seq is not None and path[0] in trail.record(now.seq).writes
            return _Writer(path, "step" if wrote else "edit", now, before)
    return _Writer(path, "start", Moment(None))


def _causes(trail: Trail, writer: _Writer, most: int | None) -> tuple[list[_Writer], int]:
    """What was written came from, latest first, and how many more are known of than these."""
    found: list[_Writer] = []
    seen: set[tuple[int, int, str]] = set()
    waiting: list[tuple[tuple[int, int, str], _Writer]] = []
    while True:
        for each in _read_by(trail, writer):
            if each.age not in seen:
                seen.add(each.age)
                heappush(waiting, (each.age, each))
        if not waiting or len(found) == most:
            return found, len(waiting)
        writer = heappop(waiting)[1]
        found.append(writer)


def _read_by(trail: Trail, writer: _Writer) -> Iterator[_Writer]:
    """Who wrote what a writer went on with.

    These are the keys that a step had read; those it only added to are in the past of themselves alone.
    """
    if writer.kind == "edit" and writer.before is not None:
        was, now = trail.values(writer.path, [writer.before, writer.at])
        if _partly(was, now):
            yield _writer(trail, writer.path, writer.before)
    if writer.kind != "step" or writer.at.seq is None:
        return
    begun = trail.begun(writer.at.seq)
    step = trail.record(writer.at.seq)
    for key in step.reads:
        if key not in step.grown or writer.path == (key,):
            yield _writer(trail, (key,), begun)


def _partly(was: object, now: object) -> bool:
    """Tell whether something in a list or mapping was left as it was."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return any(_kept(was[key], now[key]) for key in was if key in now)
    if isinstance(was, list | tuple) and isinstance(now, list | tuple):
        pairs = [*zip(was, now, strict=False), *zip(reversed(was), reversed(now), strict=False)]
        return any(_kept(one, other) for one, other in pairs)
    return False


def _kept(was: object, now: object) -> bool:
    return same(was, now) or _partly(was, now)


def _told(trail: Trail, writers: list[_Writer]) -> list[Origin]:
    """The same with their values, those of one path read together."""
    asked: defaultdict[Path, list[Moment]] = defaultdict(list)
    for each in writers:
        asked[each.path] += [each.at] if each.before is None else [each.at, each.before]
    values = {
        (path, moment): value
        for path, moments in asked.items()
        for moment, value in zip(moments, trail.values(path, moments), strict=True)
    }
    return [_origin(trail, each, values) for each in writers]


def _origin(trail: Trail, writer: _Writer, values: Mapping[tuple[Path, Moment], object]) -> Origin:
    path, kind, at, before = writer
    was = values[path, before] if kind == "edit" and before is not None else None
    seq = trail.after(at.seq) if at.edits else at.seq
    return Origin(
        write_path(path),
        kind,
        None if seq is None else trail.record(seq),
        _shown(values[path, at]),
        trail.edit(at, path[0]),
        _shown(was),
        was is ABSENT,
    )


def _shown(value: object) -> object:
    return None if value is ABSENT else value
