"""What goes when a run is removed: its steps, and its ancestors that were only kept for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_agent.errors import RunConflictError, RunError
from notebook_agent.ids import RunKey
from notebook_agent.store.core import Core
from notebook_agent.store.lineage import Line, find_line, line_of, step_id
from notebook_agent.store.protocol import RunRecord

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Removal", "check_removable", "plan_removal", "remove"]

_CUT: Final = """SELECT max(coalesce(parent_seq, -1)), count(*) FROM run WHERE parent = ? AND id <> ?"""
_REMOVE: Final = (
    "DELETE FROM span WHERE step BETWEEN ? AND ?",
    "DELETE FROM call WHERE step BETWEEN ? AND ?",
    "DELETE FROM step WHERE id BETWEEN ? AND ?",
)


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes: ids of runs, stretches of steps (inclusive), and a run that only hides for its forks."""

    runs: tuple[int, ...] = ()
    steps: tuple[tuple[int, int], ...] = ()
    hidden: int | None = None


def plan_removal(connection: Connection, key: RunKey) -> Removal:
    """What removing a run takes away; a run with forks stays, unseen, up to its last fork point."""
    line = find_line(connection, key)
    cut, forks = _forks(connection, line, but=-1)
    if forks:
        return Removal(steps=(_steps_after(line, cut),), hidden=line.id)
    runs, steps = [line.id], [_steps_after(line, -1)]
    while (parent := _kept_for(connection, line)) is not None:
        cut, forks = _forks(connection, parent, but=line.id)
        steps.append(_steps_after(parent, cut))
        if forks:
            break
        runs.append(parent.id)
        line = parent
    return Removal(tuple(runs), tuple(steps))


def check_removable(record: RunRecord) -> None:
    """Refuse a run that is pinned or in the middle of a step."""
    key = record.key
    if record.pinned:
        raise RunError(f"The run {key} is pinned. Unpin it first.", run=key.app_id)
    if record.status == "running" and record.steps:
        raise RunConflictError(
            f"The run {key} is in the middle of step {record.head}. Wait until it is done.",
            run=key.app_id,
            seq=record.head,
        )


def remove(core: Core, connection: Connection, removal: Removal) -> None:
    """Take it away, within a transaction."""
    for bounds in removal.steps:
        for statement in _REMOVE:
            connection.execute(statement, bounds)
    connection.executemany("DELETE FROM run WHERE id = ?", [(run,) for run in removal.runs])
    if removal.hidden is not None:
        connection.execute("UPDATE run SET deleted_at = ? WHERE id = ?", (time.time(), removal.hidden))
    core.database.grow_older(connection)


def _kept_for(connection: Connection, line: Line) -> Line | None:
    """The parent of a run, if it is there for its forks alone."""
    if line.parent is None:
        return None
    (deleted,) = connection.execute("SELECT deleted_at FROM run WHERE id = ?", (line.parent,)).fetchone()
    return None if deleted is None else line_of(connection, line.parent)


def _forks(connection: Connection, line: Line, *, but: int) -> tuple[int, int]:
    """The last fork point of a run, -1 where there is none, and how many forks it has; one does not count."""
    cut, forks = connection.execute(_CUT, (line.id, but)).fetchone()
    return (-1 if cut is None else cut), forks


def _steps_after(line: Line, seq: int) -> tuple[int, int]:
    return step_id(line.id, max(line.first, seq + 1)), step_id(line.id + 1, 0) - 1
