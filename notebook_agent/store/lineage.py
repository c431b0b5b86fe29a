"""Which run made which step of a run's past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_agent.errors import ForkError, UnknownRunError, UnknownStepError
from notebook_agent.ids import RunKey, StepRef

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = [
    "SEQ",
    "Line",
    "Segment",
    "find_line",
    "line_of",
    "no_step",
    "open_step",
    "owner_of",
    "segments",
    "step_id",
]

SEQ: Final = 32
"""Bits of a step's number within its id."""
_LAST: Final = (1 << SEQ) - 1

_COLUMNS = "id, project, app_id, partition_key, parent, base, state"
_BY_KEY = f"""SELECT {_COLUMNS} FROM run
WHERE project = ? AND app_id = ? AND coalesce(partition_key, x'') = coalesce(?, x'') AND deleted_at IS NULL"""  # noqa: S608 (constants)
_HIDDEN = _BY_KEY.replace("IS NULL", "IS NOT NULL AND id > 0 ORDER BY deleted_at DESC LIMIT 1")
_BY_ID = f"SELECT {_COLUMNS} FROM run WHERE id = ?"  # noqa: S608 (constants)


@dataclass(frozen=True, slots=True)
class Line:
    """A run's row, as far as its past goes."""

    id: int
    key: RunKey
    parent: int | None
    base: int | None
    state: str

    @property
    def first(self) -> int:
        """The number of its own first step."""
        return 0 if self.base is None else self.base + 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of steps that one run made; the ids are inclusive."""

    key: RunKey
    low: int
    high: int


def step_id(run: int, seq: int) -> int:
    """The id of a step."""
    return run << SEQ | seq


def find_line(connection: Connection, key: RunKey, *, deleted: bool = False) -> Line:
    """The run of this key.

    Args:
        connection: Where to look.
        key: The run's key.
        deleted: Find one that is kept only for its forks too.

    Raises:
        UnknownRunError: there is none.
    """
    if not isinstance(key, RunKey):
        raise UnknownRunError(f"{key!r} names no run: its key does, as tracker.runs() lists it.")
    asked = key.project, key.app_id, key.partition_key
    row = connection.execute(_BY_KEY, asked).fetchone()
    if row is None and deleted:
        row = connection.execute(_HIDDEN, asked).fetchone()
    if row is None:
        partition = "" if key.partition_key is None else f" (partition {key.partition_key!r})"
        raise UnknownRunError(
            f"The project {key.project!r} has no run {key.app_id!r}{partition}.", run=key.app_id
        )
    return _line(row)


def line_of(connection: Connection, number: int) -> Line:
    """The run of this number."""
    return _line(connection.execute(_BY_ID, (number,)).fetchone())


def segments(connection: Connection, line: Line, seq: int | None = None) -> list[Segment]:
    """What a run and its ancestors made of its past up to `seq`, oldest first."""
    found = list(_backwards(connection, line, _LAST if seq is None else seq))
    return found[::-1]


def owner_of(connection: Connection, ref: StepRef) -> int:
    """The id of a step that lies in a run's past; the step need not be there.

    Raises:
        UnknownRunError: there is no such run.
        UnknownStepError: no run can have a step of this number.
    """
    if not isinstance(ref, StepRef):
        raise UnknownStepError(f"{ref!r} names no step: its run's key and its number do.")
    if not isinstance(ref.seq, int) or not 0 <= ref.seq <= _LAST:
        raise no_step(ref)
    line = find_line(connection, ref.run, deleted=True)
    while line.base is not None and ref.seq <= line.base and line.parent is not None:
        line = line_of(connection, line.parent)
    return step_id(line.id, ref.seq)


def no_step(ref: StepRef) -> UnknownStepError:
    """The error for a step that is not there."""
    return UnknownStepError(f"The run {ref.run} has no step {ref.seq!r}.", run=ref.run.app_id, seq=ref.seq)


def open_step(ref: StepRef, action: str) -> ForkError:
    """The error for a fork after a step that has not ended."""
    before = f"app.fork({ref.seq - 1 if ref.seq else None})"
    return ForkError(
        f"Step {ref.seq} ({action}) of the run {ref.run.short} still runs, so nothing can be forked after it"
        f" yet. Wait until it has ended, or fork before it: {before}.",
        run=ref.run.app_id,
        seq=ref.seq,
        action=action,
    )


def _backwards(connection: Connection, line: Line, seq: int) -> Iterator[Segment]:
    while True:
        if line.first <= seq:
            yield Segment(line.key, step_id(line.id, line.first), step_id(line.id, seq))
        if line.parent is None or line.base is None:
            return
        seq = min(seq, line.base)
        line = line_of(connection, line.parent)


def _line(row: tuple[int, str, str, str | None, int | None, int | None, str]) -> Line:
    number, project, app_id, partition, parent, base, state = row
    return Line(number, RunKey(project, app_id, partition), parent, base, state)
