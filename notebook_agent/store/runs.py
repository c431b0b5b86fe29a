"""Runs: made, listed, named and pinned."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.errors import RunExistsError
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.interrupts import held
from notebook_agent.redact import redact_json, redact_text
from notebook_agent.store.codec.types import thaw
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.head import check_ended
from notebook_agent.store.lineage import SEQ, find_line, line_of, no_step, owner_of, segments, step_id
from notebook_agent.store.protocol import NewRun, RunRecord, Stand, Status

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = [
    "check_free",
    "children_of",
    "create_run",
    "label_run",
    "list_runs",
    "make_way",
    "next_number",
    "one_run",
    "pin_run",
    "run_graph",
]

_INSERT: Final = """
INSERT INTO run (project, app_id, partition_key, label, created_at, updated_at, entrypoint, graph, state,
  parent, parent_seq, base, spawned_by, notebook, id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEXT: Final = (
    "SELECT max((SELECT coalesce(max(id), 0) FROM run), -(SELECT coalesce(min(id), 0) FROM run)) + 1"
)
_SELECT: Final = """
SELECT r.id, r.project, r.app_id, r.partition_key, r.label, r.created_at, r.updated_at, r.entrypoint,
  r.parent, r.parent_seq, r.base, r.spawned_by, r.notebook, r.pinned, r.deleted_at IS NOT NULL,
  (SELECT max(id) FROM step WHERE id >= r.id << 32 AND id < (r.id + 1) << 32)
FROM run r WHERE r.deleted_at IS NULL
"""
_SELECT_ALL: Final = _SELECT.replace("r.deleted_at IS NULL\n", "r.id > 0\n")
_HEAD: Final = "SELECT status, action, holder, coalesce(ended_at, started_at) FROM step WHERE id = ?"

_EDITS: Final = "SELECT count(*) FROM edit WHERE step = ?"


@at_any_age
def create_run(core: Core, new: NewRun) -> RunRecord:
    """See `Store.create_run`; an unedited fork is synced with its first step, for it holds nothing yet."""
    values = {} if new.state is None else new.state.plain().get_all()
    remade = new.parent is not None and new.state is None
    with core.write(durable=not remade, state=values) as (transaction, encoder):
        connection = transaction.connection
        check_free(connection, new.key)
        make_way(connection, new.key)
        parent, base, state = _origin(core, connection, new)
        if new.state is not None or state is None:
            state = encoder.root(values, {})[0]
        told = json.dumps(new.graph)
        graph = core.graphs.get(told) or encoder.whole_json(redact_json(new.graph))
        now = time.time()
        key = new.key
        row = (
            *(key.project, key.app_id, key.partition_key, _masked(new.label), now, now, new.entrypoint),
            *(graph, state, parent, new.parent and new.parent.seq, base),
            *(None if new.spawned_by is None else owner_of(connection, new.spawned_by), new.notebook),
        )
        number = next_number(connection)
        connection.execute(_INSERT, (*row, number))
        record = _one(core, connection, number)
    core.runs[new.key] = number
    core.graphs[told] = graph
    return record


def one_run(core: Core, connection: Connection, key: RunKey) -> RunRecord:
    """See `Store.run`."""
    return _one(core, connection, find_line(connection, key).id)


def list_runs(
    core: Core, connection: Connection, project: str | None, *, removed: bool = False
) -> list[RunRecord]:
    """See `Store.runs`."""
    chosen = _SELECT_ALL if removed else _SELECT
    sql = f"{chosen} AND (? IS NULL OR r.project = ?) ORDER BY r.created_at DESC, r.id DESC"
    return [_record(core, connection, row) for row in connection.execute(sql, (project, project)).fetchall()]


def children_of(core: Core, connection: Connection, key: RunKey, seq: int | None) -> list[RunRecord]:
    """See `Store.children`."""
    if seq is None:
        line = find_line(connection, key, deleted=True)
        bounds = [(each.low, each.high) for each in segments(connection, line)]
    else:
        bounds = [(owner_of(connection, StepRef(key, seq)),) * 2]
    sql = f"{_SELECT} AND r.spawned_by BETWEEN ? AND ? ORDER BY r.created_at, r.id"
    rows = [row for each in bounds for row in connection.execute(sql, each).fetchall()]
    return [_record(core, connection, row) for row in rows]


def run_graph(core: Core, connection: Connection, key: RunKey) -> Json:
    """See `Store.graph`."""
    line = find_line(connection, key)
    (node,) = connection.execute("SELECT graph FROM run WHERE id = ?", (line.id,)).fetchone()
    return cast("Json", thaw(core.decoder(connection).node(node)))


def label_run(core: Core, key: RunKey, label: str | None) -> None:
    """See `Store.label_run`."""
    with held(), core.database.write() as transaction:
        connection = transaction.connection
        line = find_line(connection, key)
        connection.execute("UPDATE run SET label = ? WHERE id = ?", (_masked(label), line.id))


def _masked(label: str | None) -> str | None:
    return None if label is None else redact_text(label)


def pin_run(core: Core, key: RunKey, *, pinned: bool) -> None:
    """See `Store.pin_run`."""
    with held(), core.database.write() as transaction:
        connection = transaction.connection
        line = find_line(connection, key)
        connection.execute("UPDATE run SET pinned = ? WHERE id = ?", (pinned, line.id))


def _origin(core: Core, connection: Connection, new: NewRun) -> tuple[int | None, int | None, str | None]:
    """The parent's number, the last step of the past that a fork of it has, and its state as JSON."""
    parent = new.parent
    if parent is None:
        return None, new.base, None
    line = find_line(connection, parent.run)
    if parent.seq is None:
        return line.id, line.base, line.state
    step = owner_of(connection, parent)
    row = connection.execute("SELECT state, status FROM step WHERE id = ?", (step,)).fetchone()
    if row is None:
        raise no_step(parent)
    if row[1] == "running":
        check_ended(core, connection, parent, step)
    return line.id, parent.seq, row[0]


def make_way(connection: Connection, key: RunKey) -> None:
    """Give removed runs of this key another, lest what forks have of them be taken for the new run's."""
    connection.execute(
        """UPDATE run SET app_id = app_id || '~' || abs(id) WHERE project = ? AND app_id = ?
        AND coalesce(partition_key, x'') = coalesce(?, x'') AND deleted_at IS NOT NULL""",
        (key.project, key.app_id, key.partition_key),
    )


def check_free(connection: Connection, key: RunKey) -> None:
    """Refuse a key that a listed run has."""
    sql = """SELECT 1 FROM run WHERE project = ? AND app_id = ?
        AND coalesce(partition_key, x'') = coalesce(?, x'') AND deleted_at IS NULL"""
    if connection.execute(sql, (key.project, key.app_id, key.partition_key)).fetchone() is not None:
        raise RunExistsError(
            f"The project {key.project!r} has a run {key.app_id!r} already. Resume it, or choose"
            " another app_id.",
            run=key.app_id,
        )


def next_number(connection: Connection) -> int:
    """A number for a new run: none that a removed one may come back under."""
    return cast("int", connection.execute(_NEXT).fetchone()[0])


def _one(core: Core, connection: Connection, number: int) -> RunRecord:
    return _record(core, connection, connection.execute(f"{_SELECT} AND r.id = ?", (number,)).fetchone())


def _record(core: Core, connection: Connection, row: tuple[object, ...]) -> RunRecord:
    number, project, app_id, partition, label, created, updated, entrypoint, *rest = cast(
        "tuple[str, ...]", row
    )
    parent, parent_seq, base, spawned_by, notebook, pinned, removed, own = rest
    key = RunKey(project, app_id, partition)
    head = cast("int | None", base) if own is None else cast("int", own) - (cast("int", number) << SEQ)
    before = -1 if base is None else cast("int", base)
    status, action, at = _standing(core, connection, key, head)
    return RunRecord(
        key=key,
        label=label,
        created_at=cast("float", created),
        updated_at=max(cast("float", updated), at if own is not None else 0.0),
        entrypoint=entrypoint,
        parent=_ref(connection, parent, parent_seq),
        spawned_by=_step_ref(connection, spawned_by),
        notebook=notebook,
        head=head,
        status=status,
        action=action,
        steps=0 if own is None or head is None else head - before,
        pinned=bool(pinned),
        removed=bool(removed),
        stand=None if removed else _stand(connection, cast("int", number), head, cast("float", created)),
    )


def _stand(connection: Connection, number: int, head: int | None, created: float) -> Stand:
    following = step_id(number, 0 if head is None else head + 1)
    edits: int = connection.execute(_EDITS, (following,)).fetchone()[0]
    return Stand(head, edits, number, created)


def _standing(
    core: Core, connection: Connection, key: RunKey, head: int | None
) -> tuple[Status | None, str | None, float]:
    if head is None:
        return None, None, 0.0
    step = owner_of(connection, StepRef(key, head))
    row = connection.execute(_HEAD, (step,)).fetchone()
    if row is None:
        return None, None, 0.0
    status, action, holder, at = row
    if status == "running" and not core.claims.alive(holder, step):
        status = "interrupted"
    return status, action, at


def _ref(connection: Connection, run: object, seq: object) -> StepRef | None:
    if run is None:
        return None
    return StepRef(line_of(connection, cast("int", run)).key, cast("int | None", seq))


def _step_ref(connection: Connection, step: object) -> StepRef | None:
    number = cast("int | None", step)
    if number is None or number < 0:
        return None
    row = connection.execute("SELECT 1 FROM run WHERE id = ?", (number >> SEQ,)).fetchone()
    if row is None:
        return None
    return StepRef(line_of(connection, number >> SEQ).key, number & ((1 << SEQ) - 1))
