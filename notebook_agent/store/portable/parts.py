"""The parts of a step from JSON: values, decisions, failures and calls."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TypeVar, cast

from notebook_agent.calls.protocol import CallId, CallRecord, Usage
from notebook_agent.condition import Check, Decision
from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import Json, StepRef
from notebook_agent.store.codec.types import thaw
from notebook_agent.store.portable.fields import Fields
from notebook_agent.store.portable.values import read_value
from notebook_agent.store.protocol import Failure, RunCall

__all__ = [
    "read_decision",
    "read_failure",
    "read_llm_call",
    "read_plain",
    "read_run_call",
    "read_values",
]

T = TypeVar("T", str, float)


def read_values(part: Fields, name: str) -> Mapping[str, object]:
    """Values by name, none where the field is left out."""
    if not part.has(name):
        return {}
    within = part.part(name)
    found = cast("Mapping[str, Json]", part.json(name))
    return {key: read_value(value, within.at(key)) for key, value in found.items()}


def read_plain(part: Fields, name: str) -> Json:
    """What holds no values of types of their own; an empty mapping where the field is left out."""
    return cast("Json", thaw(read_value(part.json(name), part.at(name)))) if part.has(name) else {}


def read_decision(part: Fields, name: str) -> Decision | None:
    """A decision, None where the field is left out."""
    if not part.has(name):
        return None
    found = part.part(name)
    checks = tuple(_check(each) for each in found.parts("checks"))
    decision = Decision(found.text("source"), found.maybe("text", "target"), checks)
    found.end()
    return decision


def _check(part: Fields) -> Check:
    result = part.flag("result") if part.has("result") else None
    check = Check(part.text("target"), part.text("condition"), read_values(part, "operands"), result)
    part.end()
    return check


def read_failure(part: Fields) -> Failure | None:
    """The exception of a failed step, or None."""
    if not part.has("failure"):
        return None
    found = part.part("failure")
    failure = Failure(found.text("type"), found.text("message"), found.text("traceback"))
    found.end()
    return failure


def read_run_call(part: Fields) -> RunCall | None:
    """The call that a step was part of, or None."""
    if not part.has("call"):
        return None
    found = part.part("call")
    call = RunCall(
        found.text("method"),
        read_values(found, "inputs"),
        found.texts("halt_before"),
        found.texts("halt_after"),
        found.maybe("whole", "max_steps"),
    )
    found.end()
    return call


def read_llm_call(part: Fields, ref: StepRef) -> CallRecord:
    """A recorded call of a step."""
    number, served = part.maybe("whole", "id"), part.maybe("whole", "replayed_from")
    call = CallRecord(
        step=ref,
        action=part.maybe("text", "action"),
        span=part.maybe("text", "span"),
        key=part.text("key"),
        method=part.text("method"),
        host=part.text("host"),
        endpoint=part.text("endpoint"),
        model=part.maybe("text", "model"),
        request=read_plain(part, "request") if part.has("request") else None,
        streamed=part.flag("streamed"),
        status=part.maybe("whole", "status"),
        content_type=part.maybe("text", "content_type"),
        body=_body(part),
        complete=part.flag("complete"),
        error=part.maybe("text", "error"),
        started_at=part.number("started_at"),
        first_at=part.maybe("number", "first_at"),
        ended_at=part.maybe("number", "ended_at"),
        chunks=tuple((at, round(size)) for at, size in _rows(part, "chunks", float)),
        usage=_usage(part),
        cost=part.maybe("number", "cost"),
        replayed_from=None if served is None else CallId(served),
        replayed=part.flag("replayed"),
        id=None if number is None else CallId(number),
        headers=tuple((name, value) for name, value in _rows(part, "headers", str)),
        drift=part.maybe("text", "drift"),
    )
    part.end()
    return call


def _usage(part: Fields) -> Usage | None:
    if not part.has("usage"):
        return None
    found = part.part("usage")
    usage = Usage(found.whole("input"), found.whole("output"))
    found.end()
    return usage


def _body(part: Fields) -> bytes | None:
    if not part.has("body"):
        return None
    found = part.part("body")
    text, packed = found.maybe("text", "text"), found.maybe("text", "base64")
    found.end()
    try:
        return (text or "").encode() if packed is None else base64.b64decode(packed, validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise StoreFormatError(f"{found.place} cannot be read ({error}).", path=found.place) from error


def _rows(part: Fields, name: str, kind: type[T]) -> list[tuple[T, T]]:
    """Pairs of one kind of thing; numbers may be whole."""
    if not part.has(name):
        return []
    rows = part.json(name)
    kinds = (int, float) if kind is float else (kind,)
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == 2 and all(type(item) in kinds for item in row)  # noqa: PLR2004
        for row in rows
    ):
        raise StoreFormatError(f"{part.at(name)} must be a list of pairs.", path=part.at(name))
    return [(row[0], row[1]) for row in cast("list[list[T]]", rows)]
