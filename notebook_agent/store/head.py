"""Where a run stands, and who may move it on."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_agent.errors import RunConflictError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.core import Core
from notebook_agent.store.lineage import SEQ, find_line, open_step
from notebook_agent.store.protocol import Status

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Head", "check_ended", "check_free", "check_head", "find_head"]

_log: Final = logging.getLogger(__name__)
_HEAD: Final = """
SELECT r.id, r.base, r.state, s.id, s.status, s.holder, s.state, s.action, (
  SELECT state FROM edit
  WHERE edit.step = coalesce(s.id, (r.id << 32) + coalesce(r.base, -1)) + 1 ORDER BY edit.n DESC LIMIT 1
)
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

    @property
    def seq(self) -> int | None:
        """The number of the last step, an inherited one included."""
        return self.base if self.step is None else self.step - (self.run << SEQ)

    @property
    def state(self) -> str:
        """The JSON of the state that the next step starts from."""
        return self.edited or self.last_state or self.first_state


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


def check_free(core: Core, connection: Connection, key: RunKey, head: Head) -> None:
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


def check_ended(core: Core, connection: Connection, ref: StepRef, step: int) -> None:
    """Refuse to point at a step that may still change; one that nobody can end any more is interrupted."""
    action, holder = connection.execute("SELECT action, holder FROM step WHERE id = ?", (step,)).fetchone()
    if core.claims.alive(holder, step):
        raise open_step(ref, action)
    connection.execute(_INTERRUPT, (time.time(), step))


def check_head(key: RunKey, head: Head, after: int | None) -> None:
    """Refuse a writer that knows another head than there is."""
    if head.seq != after:
        now = "before its first step" if head.seq is None else f"at step {head.seq}"
        raise RunConflictError(
            f"Somebody else has moved the run {key.short}: it is {now} now, and not where you left it"
            f" ({'the start' if after is None else f'step {after}'}). Resume it to go on from there:"
            f" initialize_from(..) and with_identifiers(app_id={key.app_id!r}); or fork it where you are:"
            f" app.fork({after}).",
            run=key.app_id,
            seq=head.seq,
        )
