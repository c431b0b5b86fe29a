"""One recorded call as JSON, and back with every field checked."""

from __future__ import annotations

import base64
import json

from notebook_agent.calls.bodies import decoded, decoder, encoding, is_false, servable
from notebook_agent.calls.fields import Fields
from notebook_agent.calls.heard import Heard
from notebook_agent.calls.keys import key_of
from notebook_agent.calls.protocol import CallRecord, Task, Usage
from notebook_agent.calls.providers import is_known, provider
from notebook_agent.calls.scrub import STYLES, scrubbed
from notebook_agent.calls.summary import is_event_stream
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.redact import redact_json, redact_text

__all__ = ["call_from_json", "call_to_json"]


def call_to_json(call: CallRecord) -> dict[str, Json]:
    """Write a call, redacted; a body's content encoding is undone."""
    body, plain = _plain_body(call)
    headers = {name: value for name, value in call.headers if not (plain and name == "content-encoding")}
    changed = body != call.body
    told: dict[str, Json] = {
        "step": _step_to_json(call.step),
        "action": call.action,
        "method": call.method,
        "host": call.host,
        "endpoint": call.endpoint,
        "model": call.model,
        "request": redact_json(call.request),
        "streamed": call.streamed,
        "status": call.status,
        "content_type": call.content_type,
        "headers": redact_json(headers),
        "body": _body_to_json(body),
        "complete": call.complete,
        "error": redact_text(call.error) if call.error else None,
        "started_at": call.started_at,
        "first_at": call.first_at,
        "ended_at": call.ended_at,
        "chunks": [] if changed else [list(chunk) for chunk in call.chunks],
        "usage": {"input": call.usage.input, "output": call.usage.output} if call.usage else None,
        "cost": call.cost,
    }
    if call.branch:
        told["branch"] = [
            {"action": each.action, "occurrence": each.occurrence, "task": each.name} for each in call.branch
        ]
    return told | ({"superseded": True} if call.superseded else {})


def _step_to_json(step: StepRef | None) -> Json:
    if step is None:
        return None
    return {
        "project": step.run.project,
        "app_id": step.run.app_id,
        "partition_key": step.run.partition_key,
        "seq": step.seq,
    }


def _plain_body(call: CallRecord) -> tuple[bytes | None, bool]:
    """Give a body redacted, and whether its content encoding is undone; where it cannot be, as it is."""
    body = decoded(call)
    if body is None:
        return call.body, False
    try:
        return scrubbed(body.decode()).encode(errors="surrogatepass"), True
    except UnicodeDecodeError:
        return redact_text(body.decode("latin-1")).encode("latin-1"), True


def _body_to_json(body: bytes | None) -> Json:
    if body is None:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    return _as_json(text) or {"lines": text.split("\n")}


def _as_json(text: str) -> dict[str, Json] | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        value = json.loads(text)
        style = next((name for name, write in STYLES.items() if write(value) == text), None)
    except (ValueError, RecursionError):
        return None
    return {"json": value, "style": style} if style else None


def call_from_json(told: object) -> CallRecord:
    """Read a call.

    Raises:
        LedgerFormatError: a field is missing, of another type, or does not fit the others; `path` names it.
    """
    read = Fields(told, "")
    method, endpoint = _method(read), _endpoint(read)
    request = read.json("request")
    usage = read.part("usage")
    call = CallRecord(
        step=_step_from_json(read.part("step")),
        action=read.maybe_text("action"),
        span=None,
        key=_key(read, method, endpoint, request),
        method=method,
        host=read.text("host"),
        endpoint=endpoint,
        model=read.maybe_text("model"),
        request=request,
        streamed=read.flag("streamed"),
        status=read.maybe_whole("status", 100, 599),
        content_type=read.maybe_ascii("content_type"),
        body=_body_from_json(read.part("body")),
        complete=read.flag("complete"),
        error=read.maybe_text("error"),
        started_at=read.maybe_number("started_at") or 0.0,
        first_at=read.maybe_number("first_at"),
        ended_at=read.maybe_number("ended_at"),
        chunks=read.chunks("chunks"),
        usage=Usage(usage.whole("input"), usage.whole("output")) if usage else None,
        cost=read.maybe_number("cost"),
        headers=read.headers("headers"),
        branch=tuple(_task_from_json(part) for part in read.parts("branch")),
        superseded=read.has("superseded") and read.flag("superseded"),
    )
    _check(read, call)
    return call


def _method(read: Fields) -> str:
    method = read.text("method")
    if method != "POST":
        raise read.wrong("method", "'POST', as of every call to a model")
    return method


def _endpoint(read: Fields) -> str:
    endpoint = read.text("endpoint")
    if endpoint != endpoint.strip("/ ") or "://" in endpoint:
        raise read.wrong("endpoint", "a path below the API's base, such as 'chat/completions'")
    return endpoint


def _check(read: Fields, call: CallRecord) -> None:
    """See that what an edited record says of itself is true.

    Raises:
        LedgerFormatError: it is not.
    """
    if encoding(call.headers) and call.body is not None and is_false(call):
        raise read.wrong("headers", "those of the body, which has another content-encoding")
    if not read.has("status"):
        raise read.wrong("status", "an HTTP status or null")
    for name in ("status", "body") if call.complete else ():
        if getattr(call, name) is None:
            raise read.wrong(name, "there, for the record says that it is complete")
    if servable(call) and is_known(call.endpoint) and not isinstance(call.request, dict):
        raise read.wrong("request", "an object")
    if servable(call) and is_event_stream(call.content_type) and _is_cut(call):
        raise read.fault(
            "body",
            "is a stream without its end, though the record says that it is complete:"
            " put back the lines that were cut off, or set its 'complete' to false.",
        )


def _is_cut(call: CallRecord) -> bool:
    """Tell a stream whose protocol says that more must come."""
    undo = decoder(encoding(call.headers))
    if undo is None:
        return False
    heard = Heard(provider(call.endpoint), undo)
    heard.feed(call.body or b"")
    heard.flush()
    return not heard.whole


def _key(read: Fields, method: str, endpoint: str, request: Json) -> str:
    try:
        return key_of(method, endpoint, request)
    except (RecursionError, ValueError):
        raise read.wrong("request", "JSON that can be written") from None


def _task_from_json(told: Fields) -> Task:
    return Task(told.text("action"), told.whole("occurrence"), told.text("task"))


def _written(told: Fields) -> bytes:
    write = STYLES.get(told.maybe_text("style") or "compact")
    if write is None:
        raise told.wrong("style", f"one of {', '.join(STYLES)}")
    try:
        return write(told.json("json")).encode(errors="surrogatepass")
    except (RecursionError, ValueError):
        raise told.wrong("json", "JSON that can be written") from None


def _step_from_json(told: Fields | None) -> StepRef | None:
    if told is None:
        return None
    run = RunKey(told.text("project"), told.text("app_id"), told.maybe_text("partition_key"))
    return StepRef(run, told.maybe_whole("seq", last=2**32 - 1))


def _body_from_json(told: Fields | None) -> bytes | None:
    if told is None:
        return None
    if told.has("json"):
        return _written(told)
    if told.has("lines"):
        return "\n".join(told.texts("lines")).encode(errors="surrogatepass")
    try:
        return base64.b64decode(told.text("base64"), validate=True)
    except ValueError:
        raise told.wrong("base64", "base64 text") from None
