"""Where a run stands, and who may move it on."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from notebook_agent.errors import RunConflictError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.core import Core
from notebook_agent.store.lineage import SEQ, find_line, open_step
from notebook_agent.store.protocol import Stand, Status

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Head", "check_ended", "check_writer", "find_head"]

_log: Final = logging.getLogger(__name__)
_HEAD: Final = """
SELECT r.id, r.base, r.state, s.id, s.status, s.holder, s.state, s.action, (
  SELECT state FROM edit
  WHERE edit.step = coalesce(s.id, (r.id << 32) + coalesce(r.base, -1)) + 1 ORDER BY edit.n DESC LIMIT 1
), (
  SELECT count(*) FROM edit WHERE edit.step = coalesce(s.id, (r.id << 32) + coalesce(r.base, -1)) + 1
), r.created_at
FROM run r LEFT JOIN step s ON s.id = (
  SELECT max(id) FROM step WHERE id >= r.id << 32 AND id < (r.id + 1) << 32
)
WHERE r.id = ? AND r.deleted_at IS NULL
"""
_INTERRUPT = "UPDATE step SET status = 'interrupted', ended_at = ?, holder = NULL WHERE id = ?"


class Head(NamedTuple):
    """Where a run stands: its row and its own last step, if it has made one."""

    run: int
    base: int | None
    first_state: str
    step: int | None
    status: Status | None
    holder: str | None
    last_state: str | None
    action: str | None
    edited: str | None
    edits: int
    created_at: float

    @property
    def seq(self) -> int | None:
        """The number of the last step, an inherited one included."""
        return self.base if self.step is None else self.step - (self.run << SEQ)

    @property
    def state(self) -> str:
        """The JSON of the state that the next step starts from."""
        return self.edited or self.last_state or self.first_state

    @property
    def stand(self) -> Stand:
        """What a writer that goes on from here hands over."""
        return Stand(self.seq, self.edits, self.run, self.created_at)


def find_head(core: Core, connection: Connection, key: RunKey) -> Head:
    """Where a run stands; UnknownRunError if there is no such run."""
    number = core.runs.get(key)
    row = None if number is None else connection.execute(_HEAD, (number,)).fetchone()
    if row is None:
        number = core.runs[key] = find_line(connection, key).id
        row = connection.execute(_HEAD, (number,)).fetchone()
    return Head(*row)


def _called(connection: Connection, head: Head, key: RunKey) -> str:
    """What a person knows the run by: its label, or the beginning of its id."""
    (label,) = connection.execute("SELECT label FROM run WHERE id = ?", (head.run,)).fetchone()
    return label or key.short


def check_writer(
    core: Core, connection: Connection, key: RunKey, head: Head, after: int | Stand | None
) -> None:
    """Refuse a writer that is not alone, or knows another run, head or state; take over from the dead."""
    known = after if isinstance(after, Stand) else None
    if known is not None and (known.number, known.created_at) != (head.run, head.created_at):
        raise RunConflictError(
            f"The run {key.short} that you began with was removed, and another one has its name now."
            f" {_resume(key)}; or take another app_id.",
            run=key.app_id,
            seq=head.seq,
        )
    _check_free(core, connection, key, head)
    _check_head(key, head, known.head if known is not None else cast("int | None", after))
    if known is not None and known.edits != head.edits:
        raise RunConflictError(
            f"Somebody else has edited the state of the run {key.short} {_at(head.seq)}, which you have not"
            f" seen. {_resume(key)}; or fork it where you are: app.fork({head.seq}).",
            run=key.app_id,
            seq=head.seq,
        )


def _resume(key: RunKey) -> str:
    return f"Resume it to go on from there: initialize_from(..) and with_identifiers(app_id={key.app_id!r})"


def _at(seq: int | None) -> str:
    return "before its first step" if seq is None else f"at step {seq}"


def _check_free(core: Core, connection: Connection, key: RunKey, head: Head) -> None:
    """Refuse a run in which somebody is in the middle of a step; take over from the dead."""
    if head.status != "running" or head.step is None:
        return
    if core.claims.alive(head.holder, head.step):
        called = _called(connection, head, key)
        raise RunConflictError(
            f"The run {called} is in the middle of step {head.seq} ({head.action}), in another notebook,"
            " process or application. Wait until it is done, or fork the run.",
            run=key.app_id,
            seq=head.seq,
            action=head.action,
        )
    _log.warning(
        "Step %s (%s) of the run %s was begun by a process that died: it counts as interrupted, and the run"
        " goes on from the state before it.",
        *(head.seq, head.action, _called(connection, head, key)),
    )
    connection.execute(_INTERRUPT, (time.time(), head.step))
    core.claims.sweep(head.holder)


def _check_head(key: RunKey, head: Head, after: int | None) -> None:
    """Refuse a writer that knows another head than there is."""
    if head.seq != after:
        raise RunConflictError(
            f"Somebody else has moved the run {key.short}: it is {_at(head.seq)} now, and not where you left"
            f" it ({'the start' if after is None else f'step {after}'}). {_resume(key)}; or fork it where you"
            f" are: app.fork({after}).",
            run=key.app_id,
            seq=head.seq,
        )


def check_ended(core: Core, connection: Connection, ref: StepRef, step: int) -> None:
    """Refuse to point at a step that may still change; one that nobody can end any more is interrupted."""
    action, holder = connection.execute("SELECT action, holder FROM step WHERE id = ?", (step,)).fetchone()
    if core.claims.alive(holder, step):
        raise open_step(ref, action)
    connection.execute(_INTERRUPT, (time.time(), step))
