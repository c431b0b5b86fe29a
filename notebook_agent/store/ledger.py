"""Recorded calls as rows; a request shares its messages with the one before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.calls.protocol import CallId, CallRecord, Usage
from notebook_agent.errors import UnknownRunError, UnknownStepError
from notebook_agent.ids import Json, StepRef
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.codec.types import thaw
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.lineage import owner_of

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["amend_call", "insert_call", "list_calls", "list_strays", "record_call"]

_COLUMNS: Final = """step, action, span, key, method, host, endpoint, model, status, request, body,
  content_type, streamed, complete, error, started_at, first_at, ended_at, chunks, input_tokens,
  output_tokens, cost, replayed_from, replayed, headers, drift"""
_NAMES: Final = [name.strip() for name in _COLUMNS.split(",")]
_INSERT: Final = f"INSERT INTO call ({_COLUMNS}) VALUES ({', '.join('?' * len(_NAMES))})"  # noqa: S608 (constants)
_UPDATE: Final = f"UPDATE call SET ({_COLUMNS}) = ({', '.join('?' * len(_NAMES))}) WHERE id = ?"  # noqa: S608 (constants)
_SELECT: Final = f"""SELECT id, {_COLUMNS} FROM call
WHERE step IN (SELECT value FROM json_each(?)) ORDER BY started_at, id"""  # noqa: S608 (constants)
_STRAYS: Final = f"""SELECT id, {_COLUMNS} FROM call
WHERE step IS NULL AND started_at BETWEEN ? AND ? ORDER BY started_at, id"""  # noqa: S608 (constants)


@at_any_age
def record_call(core: Core, call: CallRecord) -> CallId:
    """See `CallLog.record_call`."""
    with core.write(durable=False, request={"request": call.request}) as (transaction, encoder):
        connection = transaction.connection
        return insert_call(connection, encoder, call, _step(connection, call.step))


@at_any_age
def amend_call(core: Core, call: CallRecord) -> None:
    """See `CallLog.amend_call`."""
    with core.write(durable=False, request={"request": call.request}) as (transaction, encoder):
        connection = transaction.connection
        row = _row(encoder, call, _step(connection, call.step))
        connection.execute(_UPDATE, (*row, call.id))


def insert_call(connection: Connection, encoder: Encoder, call: CallRecord, step: int | None) -> CallId:
    """Write a call of the step with this id."""
    return CallId(cast("int", connection.execute(_INSERT, _row(encoder, call, step)).lastrowid))


def list_calls(core: Core, connection: Connection, steps: Sequence[StepRef]) -> list[CallRecord]:
    """See `CallLog.calls`."""
    refs: dict[int, StepRef] = {}
    for ref in steps:
        if ref.seq is not None:
            refs.setdefault(owner_of(connection, ref), ref)
    return _read(core, connection, refs, _SELECT, (json.dumps(list(refs)),))


def list_strays(core: Core, connection: Connection, first: float, last: float) -> list[CallRecord]:
    """See `Store.strays`."""
    return _read(core, connection, {}, _STRAYS, (first, last))


def _read(
    core: Core, connection: Connection, refs: Mapping[int, StepRef], sql: str, values: tuple[object, ...]
) -> list[CallRecord]:
    rows = connection.execute(sql, values).fetchall()
    decoder = core.decoder(connection)
    return [_record(decoder, refs, row) for row in rows]


def _row(encoder: Encoder, call: CallRecord, step: int | None) -> tuple[object, ...]:
    usage = call.usage or Usage(None, None)  # type: ignore[arg-type]  # two columns that stay empty
    return (
        step,
        *(call.action, call.span, call.key, call.method, call.host, call.endpoint, call.model, call.status),
        encoder.text(call.request),
        None if call.body is None else encoder.whole(call.body),
        *(call.content_type, call.streamed, call.complete, _plain(call.error)),
        *(call.started_at, call.first_at, call.ended_at),
        json.dumps(call.chunks, separators=(",", ":")) if call.chunks else None,
        *(usage.input, usage.output, call.cost, call.replayed_from, call.replayed),
        json.dumps(call.headers) if call.headers else None,
        _plain(call.drift),
    )


def _plain(text: str | None) -> str | None:
    """Text as a column can hold it."""
    return text if text is None or text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _step(connection: Connection, ref: StepRef | None) -> int | None:
    if ref is None:
        return None
    try:
        return owner_of(connection, ref)
    except (UnknownRunError, UnknownStepError):
        return None


def _record(decoder: Decoder, refs: Mapping[int, StepRef], row: tuple[object, ...]) -> CallRecord:
    number, *values = row
    found = cast("dict[str, str]", dict(zip(_NAMES, values, strict=True)))
    tokens = cast("tuple[int | None, int | None]", (found["input_tokens"], found["output_tokens"]))
    return CallRecord(
        step=refs.get(cast("int", values[0])),
        action=found["action"],
        span=found["span"],
        key=found["key"],
        method=found["method"],
        host=found["host"],
        endpoint=found["endpoint"],
        model=found["model"],
        request=cast("Json", thaw(decoder.text(found["request"]))),
        streamed=bool(found["streamed"]),
        status=cast("int | None", found["status"]),
        content_type=found["content_type"],
        body=None if found["body"] is None else cast("bytes", decoder.node(cast("int", values[10]))),
        complete=bool(found["complete"]),
        error=found["error"],
        started_at=cast("float", values[15]),
        first_at=cast("float | None", values[16]),
        ended_at=cast("float | None", values[17]),
        chunks=tuple((at, size) for at, size in json.loads(found["chunks"] or "[]")),
        usage=None if tokens[0] is None or tokens[1] is None else Usage(tokens[0], tokens[1]),
        cost=cast("float | None", values[21]),
        replayed_from=cast("CallId | None", values[22]),
        replayed=bool(found["replayed"]),
        id=CallId(cast("int", number)),
        headers=tuple((name, value) for name, value in json.loads(found["headers"] or "[]")),
        drift=found["drift"],
    )
