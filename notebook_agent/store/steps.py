"""Steps: begun with a claim, ended in one transaction, in which the one that follows may begin."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from notebook_agent.errors import RunConflictError, StoreError
from notebook_agent.ids import RunKey
from notebook_agent.redact import redact_json, redact_text
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.head import check_writer, find_head
from notebook_agent.store.lineage import SEQ, find_line, step_id
from notebook_agent.store.protocol import RunCall, Stand, StepBegin, StepEnd
from notebook_agent.store.records import call_text, decision_text, failure_text, names_text, reads_text

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["begin_step", "drop_step", "end_step"]

_BEGIN: Final = """
INSERT INTO step (id, action, status, started_at, state, code, decision, inputs, call, source, holder)
SELECT (r.id << 32) + ?, ?, 'running', ?,
  coalesce(
    (SELECT state FROM edit WHERE step = (r.id << 32) + ? ORDER BY n DESC LIMIT 1), s.state, r.state),
  ?, nullif(?, s.next), ?, ?, ?, ?
FROM run r LEFT JOIN step s ON s.id = (r.id << 32) + ?
WHERE r.id = ? AND r.deleted_at IS NULL AND (s.id IS NOT NULL OR r.base IS ?) AND s.status IS NOT 'running'
  AND NOT EXISTS (SELECT 1 FROM step WHERE id = (r.id << 32) + ?)
  AND (? IS NULL OR ? = r.id AND ? = r.created_at
    AND ? = (SELECT count(*) FROM edit WHERE step = (r.id << 32) + ?))
  AND (SELECT n FROM age) = ?
"""
_END: Final = """
UPDATE step SET status = ?, ended_at = ?, state = ?, next = ?, failure = ?, reads = ?, writes = ?,
  result = ?, holder = NULL
WHERE id = ? AND status = 'running' AND holder = ? AND (SELECT n FROM age) = ?
"""
_FOLLOW: Final = """
INSERT INTO step (id, state, action, status, started_at, code, decision, inputs, call, source, holder)
VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)
"""
_DROP: Final = """
DELETE FROM step WHERE id = ? AND status = 'running' AND holder = ? AND (SELECT n FROM age) = ?
  AND NOT EXISTS (SELECT 1 FROM run WHERE parent = step.id >> 32 AND parent_seq >= step.id & 4294967295)
  AND NOT EXISTS (SELECT 1 FROM run WHERE spawned_by = step.id)
"""
_INTERRUPT: Final = """
UPDATE step SET status = 'interrupted', ended_at = ?, holder = NULL
WHERE id = ? AND status = 'running' AND holder = ? AND (SELECT n FROM age) = ?
"""


@at_any_age
def begin_step(core: Core, key: RunKey, begin: StepBegin, after: int | Stand | None) -> None:
    """See `Store.begin_step`."""
    head, known = _known(after)
    if begin.seq != (0 if head is None else head + 1):
        raise ValueError(f"step {begin.seq} of {key} cannot follow {head}")
    owner = core.owner
    with core.write(durable=False, **_values(begin)) as (transaction, encoder):
        told = _told(core, encoder, begin)
        decision = decision_text(core, encoder, begin.decision)
        seq, run = begin.seq, core.runs.get(key)
        row = seq, begin.action, begin.started_at, seq, begin.code, decision, *told, head
        stood = head, seq, known[0], *known, seq
        if run is None or not transaction.last(_BEGIN, (*row, run, *stood)):
            run = _take_over(core, transaction.connection, key, after)
            transaction.last(_BEGIN, (*row, run, *stood))
    core.claims.take(step_id(run, begin.seq))
    if core.owner is owner:
        _remember(core, begin, told)


def end_step(core: Core, key: RunKey, end: StepEnd, then: StepBegin | None = None) -> None:
    """See `Store.end_step`."""
    if then is not None and then.seq != end.seq + 1:
        raise ValueError(f"step {then.seq} of {key} cannot follow {end.seq}")
    run = core.runs.get(key) or _number(core, key)
    step = step_id(run, end.seq)
    if not core.claims.held(step):
        core.database.check_there()
        raise _lost(key, end.seq)
    if then is not None:
        core.claims.take(step + 1)
    try:
        _write_end(core, key, step, end, then)
    except BaseException as error:
        core.claims.drop(step + 1)
        if isinstance(error, StoreError):
            core.claims.drop(step)
        raise
    core.claims.drop(step)


@at_any_age
def drop_step(core: Core, key: RunKey, seq: int) -> None:
    """See `Store.drop_step`."""
    step = step_id(core.runs.get(key) or _number(core, key), seq)
    core.claims.drop(step)
    with core.write(durable=False) as (transaction, _):
        mine = step, core.claims.holder()
        if not transaction.last(_DROP, mine) and not transaction.last(_INTERRUPT, (time.time(), *mine)):
            transaction.check_age()


@at_any_age
def _write_end(core: Core, key: RunKey, step: int, end: StepEnd, then: StepBegin | None) -> None:
    owner, run, told = core.owner, step >> SEQ, None
    state = end.state.plain().get_all()
    values = {"state": state, "result": end.result or {}, "step": {"events": end.events}, **_values(then)}
    with core.write(durable=True, **values) as (transaction, encoder):
        text, rooted = encoder.root(state, core.roots.get(run) or {})
        following = None if end.next is None else decision_text(core, encoder, end.next)
        row = end.status, end.ended_at, text, following, *_parts(encoder, end), step, core.claims.holder()
        if end.events:
            events = encoder.text(redact_json(end.events))
            transaction.connection.execute("INSERT INTO span VALUES (?, ?)", (step, events))
        if then is not None:
            told, connection = _told(core, encoder, then), transaction.hold()
        if not transaction.last(_END, row):
            transaction.check_age()
            raise _lost(key, end.seq)
        if then is not None and told is not None:
            decision = None if then.decision is end.next else decision_text(core, encoder, then.decision)
            begun = step + 1, text, then.action, then.started_at, then.code, decision, *told
            connection.execute(_FOLLOW, begun)
    if core.owner is not owner:
        return
    core.roots[run] = rooted
    if end.next is not None and following is not None and id(end.next) not in core.written:
        core.written[id(end.next)] = end.next, following
    if then is not None and told is not None:
        _remember(core, then, told)


def _parts(encoder: Encoder, end: StepEnd) -> tuple[str | None, ...]:
    """What is kept of a step's end beside its state: failure, reads, writes and result."""
    return (
        None if end.failure is None else failure_text(encoder, end.failure),
        reads_text(end.reads, end.grown),
        names_text(end.writes),
        None if end.result is None else encoder.fields(end.result),
    )


def _values(begin: StepBegin | None) -> dict[str, object]:
    """What of a step's begin is written, for the path of what has no codec."""
    if begin is None:
        return {}
    return {"inputs": begin.inputs, "call": {} if begin.call is None else begin.call.inputs}


def _told(core: Core, encoder: Encoder, begin: StepBegin) -> tuple[str, int | None, int | None, str]:
    """What is kept of a step's begin: its inputs, the nodes of its call and source, and who holds it."""
    inputs = encoder.fields(begin.inputs)
    call = None if begin.call is None else _call_node(core, encoder, begin.call)
    return inputs, call, _source_node(core, encoder, begin), core.claims.holder()


def _remember(core: Core, begin: StepBegin, told: tuple[str, int | None, int | None, str]) -> None:
    """Note the nodes that were written with a step's begin."""
    _, call, source, _ = told
    if begin.call is not None and call is not None and id(begin.call) not in core.calls:
        core.calls[id(begin.call)] = begin.call, call
    if begin.code is not None and source is not None and begin.code not in core.sources:
        core.sources[begin.code] = source


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


def _known(after: int | Stand | None) -> tuple[int | None, tuple[object, ...]]:
    """The head that a writer knows, and the run, its making and its edits as far as it knows them."""
    if isinstance(after, Stand):
        return after.head, (after.number, after.created_at, after.edits)
    return after, (None, None, None)


def _take_over(core: Core, connection: Connection, key: RunKey, after: int | Stand | None) -> int:
    """The number of a run that this writer may move on; a dead one's step is marked on the way."""
    head = find_head(core, connection, key)
    check_writer(core, connection, key, head, after)
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
