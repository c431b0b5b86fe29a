"""What goes when a run is removed: its steps, and its ancestors that were only kept for it."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from notebook_agent.errors import RunConflictError, RunError
from notebook_agent.ids import RunKey
from notebook_agent.store.core import Core
from notebook_agent.store.lineage import Line, find_line, line_of, step_id
from notebook_agent.store.protocol import RunRecord
from notebook_agent.store.restoring import set_aside, set_steps_aside

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Removal", "check_removable", "plan_removal", "remove"]

_CUT: Final = """SELECT max(coalesce(parent_seq, -1)), count(*) FROM run
WHERE parent = ? AND id <> ? AND id > 0"""
_CHILDREN: Final = """
SELECT r.id, r.label, r.pinned,
  EXISTS (SELECT 1 FROM step WHERE id >= r.id << 32 AND id < (r.id + 1) << 32 AND status = 'running')
FROM run r WHERE r.spawned_by BETWEEN ? AND ? AND r.deleted_at IS NULL
"""
_SPARE: Final = "UPDATE run SET spawned_by = -spawned_by WHERE id = ?"
_OWN_FORKS: Final = "SELECT id FROM run WHERE parent = ? AND id > 0"

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes: ids of runs, stretches of steps (inclusive), and a run that only hides for its forks."""

    runs: tuple[int, ...] = ()
    steps: tuple[Bounds, ...] = ()
    hidden: int | None = None
    branches: tuple[int, ...] = ()
    """Runs that the removed steps had started, and go with them; their steps are among `all_steps`."""
    spared: tuple[int, ...] = ()
    """Such runs that stay."""

    @property
    def all_steps(self) -> tuple[Bounds, ...]:
        """Those of the branches too."""
        return (*self.steps, *map(_all_of, self.branches))


def plan_removal(connection: Connection, key: RunKey) -> Removal:
    """What removing a run takes away; a run with forks stays, unseen, up to its last fork point.

    A branch that was forked stays too, unless all its forks go.
    """
    found = _own_removal(connection, find_line(connection, key))
    forked: set[int] = set()
    while True:
        branches, spared = _started(connection, found.steps, forked)
        gone = {*found.runs, *branches}
        more = {run for run in branches if not gone.issuperset(_forks_of(connection, run))}
        if not more:
            return replace(found, branches=tuple(branches), spared=tuple(spared))
        forked |= more


def _started(
    connection: Connection, steps: Iterable[Bounds], forked: Container[int]
) -> tuple[list[int], list[int]]:
    """The runs that steps had started, and those that these had, which may go; and those that stay."""
    branches: list[int] = []
    spared: list[int] = []
    left = list(steps)
    while left:
        for run, label, pinned, busy in connection.execute(_CHILDREN, left.pop()).fetchall():
            if pinned or busy or run in forked or _is_persons(label):
                spared.append(run)
            else:
                branches.append(run)
                left.append(_all_of(run))
    return branches, spared


def _forks_of(connection: Connection, run: int) -> Iterator[int]:
    return (fork for (fork,) in connection.execute(_OWN_FORKS, (run,)))


def _own_removal(connection: Connection, line: Line) -> Removal:
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
    key, name = record.key, record.label or record.key.short
    if record.pinned:
        raise RunError(f"The run {name} is pinned. Unpin it first.", run=key.app_id)
    if record.status == "running" and record.steps:
        raise RunConflictError(
            f"The run {name} is in the middle of step {record.head}. Wait until it is done.",
            run=key.app_id,
            seq=record.head,
        )


def remove(core: Core, connection: Connection, removal: Removal) -> None:
    """Set it aside, within a transaction, until it is restored or garbage is collected."""
    at = time.time()
    for low, high in removal.all_steps:
        set_steps_aside(connection, low, high)
    connection.executemany(_SPARE, [(run,) for run in removal.spared])
    for run in (*removal.runs, *removal.branches):
        set_aside(connection, run, at)
    if removal.hidden is not None:
        connection.execute("UPDATE run SET deleted_at = ? WHERE id = ?", (at, removal.hidden))
    core.database.grow_older(connection)


def _is_persons(label: str | None) -> bool:
    """Whether a person gave a label: those of branches, such as `ask_all 0-1`, have a blank in them."""
    return label is not None and " " not in label


def _all_of(run: int) -> Bounds:
    """The ids of all steps of a run."""
    return step_id(run, 0), step_id(run + 1, 0) - 1


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


def _steps_after(line: Line, seq: int) -> Bounds:
    return step_id(line.id, max(line.first, seq + 1)), step_id(line.id + 1, 0) - 1
