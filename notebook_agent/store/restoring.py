"""Removed runs: set aside under negative numbers, which nobody asks for, until `gc` or a restoration.

What is removed together bears one time. What is kept for its forks keeps its number, and the steps that
they need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_agent.errors import UnknownRunError
from notebook_agent.ids import RunKey
from notebook_agent.store.core import Core
from notebook_agent.store.lineage import Line, line_of, step_id
from notebook_agent.store.protocol import RunRecord
from notebook_agent.store.runs import check_free, one_run

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["empty", "list_removed", "restore_run", "set_aside", "set_steps_aside"]

_OWNED: Final = {"span": "step", "call": "step", "edit": "step", "step": "id"}
"""By table, the column with the step that a row belongs to."""
_NEGATE: Final = tuple(
    f"UPDATE {table} SET {column} = -{column} WHERE {column} BETWEEN ? AND ?"  # noqa: S608 (constants)
    for table, column in _OWNED.items()
)
_SET_ASIDE: Final = "UPDATE run SET id = -id, deleted_at = coalesce(deleted_at, ?) WHERE id = ?"
_BRING_BACK: Final = "UPDATE run SET id = abs(id), deleted_at = NULL WHERE id IN (?, ?)"
_LINK: Final = """
UPDATE run SET spawned_by = CASE WHEN EXISTS (SELECT 1 FROM step WHERE id = spawned_by) THEN spawned_by
  WHEN EXISTS (SELECT 1 FROM step WHERE id = -spawned_by) THEN -spawned_by END
WHERE id = ? AND spawned_by > 0
"""
_LINK_BACK: Final = "UPDATE run SET spawned_by = -spawned_by WHERE spawned_by BETWEEN ? AND ?"
_EMPTY: Final = (
    *(f"DELETE FROM {table} WHERE {column} < 0" for table, column in _OWNED.items()),  # noqa: S608 (constants)
    "DELETE FROM run WHERE id < 0",
    "UPDATE run SET spawned_by = NULL WHERE spawned_by < 0",
    "UPDATE run SET deleted_at = 0 WHERE deleted_at > 0",
)
_FIND: Final = """
SELECT abs(r.id), r.deleted_at, r.project, r.app_id, r.partition_key, r.label, r.created_at, r.entrypoint,
  r.notebook, (
    SELECT count(*) FROM step WHERE id BETWEEN abs(r.id) << 32 AND (abs(r.id) + 1 << 32) - 1
    OR id BETWEEN 1 - (abs(r.id) + 1 << 32) AND -(abs(r.id) << 32))
FROM run r WHERE r.deleted_at > 0 AND NOT EXISTS (
  SELECT 1 FROM run p WHERE p.deleted_at = r.deleted_at AND p.id <> r.id AND abs(p.id) = r.spawned_by >> 32)
"""
"""Removed runs, but for those that went with the step which had started them."""


def set_aside(connection: Connection, run: int, at: float) -> None:
    """Take a run away, but for its steps; `at` (Unix seconds) is one for all that are removed together."""
    connection.execute(_SET_ASIDE, (at, run))


def set_steps_aside(connection: Connection, low: int, high: int) -> None:
    """Take steps away, from one id to another, with all that belongs to them."""
    for statement in _NEGATE:
        connection.execute(statement, (low, high))


def empty(connection: Connection) -> None:
    """Forget what was set aside; what is kept for forks cannot be restored from then on."""
    for statement in _EMPTY:
        connection.execute(statement)


def list_removed(connection: Connection, project: str | None) -> list[RunRecord]:
    """See `Store.removed`."""
    sql = f"{_FIND} AND (? IS NULL OR r.project = ?) ORDER BY r.deleted_at DESC, r.id DESC"
    return [_record(*row[1:]) for row in connection.execute(sql, (project, project))]


def restore_run(core: Core, key: RunKey) -> RunRecord:
    """See `Store.restore_run`."""
    with core.database.write() as transaction:
        connection = transaction.connection
        check_free(connection, key)
        at = _removed_at(connection, key)
        found = connection.execute("SELECT abs(id) FROM run WHERE deleted_at = ?", (at,)).fetchall()
        for row in found:
            connection.execute(_BRING_BACK, (row[0], -row[0]))
            _bring_steps(connection, step_id(row[0], 0), step_id(row[0] + 1, 0) - 1)
        for row in found:
            _bring_past(connection, line_of(connection, row[0]))
            connection.execute(_LINK, row)
        return one_run(core, connection, key)


def _removed_at(connection: Connection, key: RunKey) -> float:
    asked = key.project, key.app_id, key.partition_key
    sql = f"{_FIND} AND r.project = ? AND r.app_id = ? AND r.partition_key IS ? ORDER BY r.deleted_at DESC"
    row = connection.execute(sql, asked).fetchone()
    if row is None:
        raise UnknownRunError(
            f"There is no removed run {key}: it was not removed, or gc has given its space back.",
            run=key.app_id,
        )
    return float(row[1])


def _bring_steps(connection: Connection, low: int, high: int) -> None:
    bounds = -high, -low
    set_steps_aside(connection, *bounds)
    connection.execute(_LINK_BACK, bounds)


def _bring_past(connection: Connection, line: Line) -> None:
    """Bring back what a fork has of its ancestors; those that are removed stay so."""
    seq = line.base
    while line.parent is not None:
        connection.execute("UPDATE run SET id = abs(id) WHERE id = -?", (line.parent,))
        line = line_of(connection, line.parent)
        if seq is not None:
            _bring_steps(connection, step_id(line.id, line.first), step_id(line.id, seq))
            seq = None if line.base is None else min(seq, line.base)


def _record(  # noqa: PLR0913, PLR0917 (the columns)
    at: float,
    project: str,
    app_id: str,
    partition: str | None,
    label: str | None,
    made: float,
    entrypoint: str,
    notebook: str | None,
    steps: int,
) -> RunRecord:
    return RunRecord(
        key=RunKey(project, app_id, partition),
        label=label,
        created_at=made,
        updated_at=at,
        entrypoint=entrypoint,
        parent=None,
        spawned_by=None,
        notebook=notebook,
        head=None,
        status=None,
        action=None,
        steps=steps,
        removed=True,
    )
