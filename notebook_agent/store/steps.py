"""Steps: begun with a claim, ended in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_agent.errors import RunConflictError, StoreError
from notebook_agent.ids import RunKey
from notebook_agent.redact import redact_json, redact_text
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.head import check_free, check_head, find_head
from notebook_agent.store.lineage import find_line, step_id
from notebook_agent.store.protocol import RunCall, StepBegin, StepEnd
from notebook_agent.store.records import call_text, decision_text, failure_text, names_text, reads_text

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["begin_step", "end_step"]

_BEGIN: Final = """
INSERT INTO step (id, action, status, started_at, state, code, decision, inputs, call, source, holder)
SELECT (r.id << 32) + ?2, ?3, 'running', ?4,
  coalesce(
    (SELECT state FROM edit WHERE step = (r.id << 32) + ?2 ORDER BY n DESC LIMIT 1), s.state, r.state),
  ?6, nullif(?7, s.next), ?8, ?9, ?10, ?11
FROM run r LEFT JOIN step s ON s.id = (r.id << 32) + ?5
WHERE r.id = ?1 AND r.deleted_at IS NULL AND (s.id IS NOT NULL OR r.base IS ?5) AND s.status IS NOT 'running'
  AND NOT EXISTS (SELECT 1 FROM step WHERE id = (r.id << 32) + ?2)
  AND (SELECT n FROM age) = ?12
"""
_END: Final = """
UPDATE step SET status = ?, ended_at = ?, state = ?, next = ?, failure = ?, reads = ?, writes = ?,
  result = ?, holder = NULL
WHERE id = ? AND status = 'running' AND holder = ? AND (SELECT n FROM age) = ?
"""


@at_any_age
def begin_step(core: Core, key: RunKey, begin: StepBegin, after: int | None) -> None:
    """See `Store.begin_step`."""
    if begin.seq != (0 if after is None else after + 1):
        raise ValueError(f"step {begin.seq} of {key} cannot follow {after}")
    owner, call = core.owner, begin.call
    inputs = {} if call is None else call.inputs
    with core.write(durable=False, inputs=begin.inputs, call=inputs) as (transaction, encoder):
        call_node = None if call is None else _call_node(core, encoder, call)
        source = _source_node(core, encoder, begin)
        row = (
            begin.seq,
            begin.action,
            begin.started_at,
            after,
            begin.code,
            decision_text(core, encoder, begin.decision),
            encoder.fields(begin.inputs),
            call_node,
            source,
            core.claims.holder(),
        )
        run = core.runs.get(key)
        if run is None or not transaction.last(_BEGIN, (run, *row)):
            run = _take_over(core, transaction.connection, key, after)
            transaction.last(_BEGIN, (run, *row))
    core.claims.take(step_id(run, begin.seq))
    if core.owner is not owner:
        return
    if call is not None and call_node is not None and id(call) not in core.calls:
        core.calls[id(call)] = call, call_node
    if begin.code is not None and source is not None and begin.code not in core.sources:
        core.sources[begin.code] = source


def end_step(core: Core, key: RunKey, end: StepEnd) -> None:
    """See `Store.end_step`."""
    run = core.runs.get(key) or _number(core, key)
    if not core.claims.held(step_id(run, end.seq)):
        raise _lost(key, end.seq)
    try:
        _write_end(core, key, run, end)
    except StoreError:
        core.claims.drop(step_id(run, end.seq))
        raise
    core.claims.drop(step_id(run, end.seq))


@at_any_age
def _write_end(core: Core, key: RunKey, run: int, end: StepEnd) -> None:
    owner, step, following = core.owner, step_id(run, end.seq), None
    state, result = end.state.plain().get_all(), end.result
    with core.write(state=state, result=result or {}, step={"events": end.events}) as (transaction, encoder):
        text, rooted = encoder.root(state, core.roots.get(run) or {})
        if end.next is not None:
            following = decision_text(core, encoder, end.next)
        row = (
            end.status,
            end.ended_at,
            text,
            following,
            None if end.failure is None else failure_text(encoder, end.failure),
            reads_text(end.reads, end.grown),
            names_text(end.writes),
            None if result is None else encoder.fields(result),
            step,
            core.claims.holder(),
        )
        if end.events:
            events = encoder.text(redact_json(end.events))
            transaction.connection.execute("INSERT INTO span VALUES (?, ?)", (step, events))
        if not transaction.last(_END, row):
            transaction.check_age()
            raise _lost(key, end.seq)
    if core.owner is not owner:
        return
    core.roots[run] = rooted
    if end.next is not None and following is not None and id(end.next) not in core.written:
        core.written[id(end.next)] = end.next, following


def _number(core: Core, key: RunKey) -> int:
    with core.database.read() as connection:
        return find_line(connection, key).id


def _lost(key: RunKey, seq: int) -> RunConflictError:
    return RunConflictError(
        f"Step {seq} of the run {key} is no longer this process's to end: it was not begun here, its end"
        " could not be written before, or another process took it for dead. Resume the run, or fork it.",
        run=key.app_id,
        seq=seq,
    )


def _take_over(core: Core, connection: Connection, key: RunKey, after: int | None) -> int:
    """The number of a run that this writer may move on; a dead one's step is marked on the way."""
    head = find_head(core, connection, key)
    check_free(core, connection, key, head)
    check_head(key, head, after)
    return head.run


def _call_node(core: Core, encoder: Encoder, call: RunCall) -> int:
    known = core.calls.get(id(call))
    if known is not None and known[0] is call:
        return known[1]
    return encoder.node(call_text(encoder, call))


def _source_node(core: Core, encoder: Encoder, begin: StepBegin) -> int | None:
    if begin.source is None:
        return None
    known = None if begin.code is None else core.sources.get(begin.code)
    return encoder.whole(redact_text(begin.source)) if known is None else known
