"""One recorded call as JSON, and back with every field checked."""

from __future__ import annotations

import base64
import json
from types import NoneType

from notebook_agent.calls.bodies import decoded
from notebook_agent.calls.keys import key_of
from notebook_agent.calls.protocol import CallRecord, Task, Usage
from notebook_agent.calls.scrub import STYLES, scrubbed
from notebook_agent.errors import LedgerFormatError
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
        LedgerFormatError: a field is missing or of another type; `path` names it.
    """
    read = _Fields(told, "")
    method, endpoint = read.text("method"), read.text("endpoint")
    request = read.json("request")
    usage = read.part("usage")
    return CallRecord(
        step=_step_from_json(read.part("step")),
        action=read.maybe_text("action"),
        span=None,
        key=key_of(method, endpoint, request),
        method=method,
        host=read.text("host"),
        endpoint=endpoint,
        model=read.maybe_text("model"),
        request=request,
        streamed=read.flag("streamed"),
        status=read.maybe_whole("status"),
        content_type=read.maybe_text("content_type"),
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


def _task_from_json(told: _Fields) -> Task:
    return Task(told.text("action"), told.whole("occurrence"), told.text("task"))


def _step_from_json(told: _Fields | None) -> StepRef | None:
    if told is None:
        return None
    run = RunKey(told.text("project"), told.text("app_id"), told.maybe_text("partition_key"))
    return StepRef(run, told.maybe_whole("seq"))


def _body_from_json(told: _Fields | None) -> bytes | None:
    if told is None:
        return None
    if told.has("json"):
        write = STYLES.get(told.maybe_text("style") or "compact", STYLES["compact"])
        return write(told.json("json")).encode(errors="surrogatepass")
    if told.has("lines"):
        return "\n".join(told.texts("lines")).encode(errors="surrogatepass")
    try:
        return base64.b64decode(told.text("base64"), validate=True)
    except ValueError:
        raise told.wrong("base64", "base64 text") from None


class _Fields:
    """A JSON object of which each field is asked for by its type."""

    def __init__(self, told: object, path: str) -> None:
        self._path = path
        if not isinstance(told, dict):
            raise LedgerFormatError(f"{path} is not an object.", path=path)
        self._told: dict[str, Json] = told

    def wrong(self, name: str, wanted: str) -> LedgerFormatError:
        """Make the error for a field that is not as wanted."""
        found = "missing" if name not in self._told else f"{self._told[name]!r:.60}"
        path = f"{self._path}.{name}"
        return LedgerFormatError(f"{path} must be {wanted}, and is {found}.", path=path)

    def has(self, name: str) -> bool:
        """Tell whether the field is there."""
        return name in self._told

    def _get(self, name: str, wanted: str, *kinds: type) -> Json:
        value = self._told.get(name)
        if type(value) not in kinds:
            raise self.wrong(name, wanted)
        return value

    def json(self, name: str) -> Json:
        """Any JSON, but it must be there."""
        if name not in self._told:
            raise self.wrong(name, "there")
        return self._told[name]

    def text(self, name: str) -> str:
        """A text."""
        return str(self._get(name, "a text", str))

    def maybe_text(self, name: str) -> str | None:
        """A text or null."""
        value = self._get(name, "a text or null", str, NoneType)
        return None if value is None else str(value)

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._get(name, "true or false", bool))

    def whole(self, name: str) -> int:
        """A whole number."""
        value = self._get(name, "a whole number", int)
        assert isinstance(value, int)
        return value

    def maybe_whole(self, name: str) -> int | None:
        """A whole number or null."""
        return None if self._told.get(name) is None else self.whole(name)

    def maybe_number(self, name: str) -> float | None:
        """A number or null."""
        value = self._get(name, "a number or null", int, float, NoneType)
        return float(value) if isinstance(value, int | float) else None

    def part(self, name: str) -> _Fields | None:
        """An object or null."""
        value = self._told.get(name)
        return None if value is None else _Fields(value, f"{self._path}.{name}")

    def _list(self, name: str, wanted: str) -> list[Json]:
        value = self._told.get(name, [])
        if not isinstance(value, list):
            raise self.wrong(name, wanted)
        return value

    def parts(self, name: str) -> list[_Fields]:
        """A list of objects; empty where it is missing."""
        listed = self._list(name, "a list of objects")
        return [_Fields(each, f"{self._path}.{name}[{n}]") for n, each in enumerate(listed)]

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        found = [each for each in self._list(name, "a list of texts") if isinstance(each, str)]
        if len(found) != len(self._list(name, "")):
            raise self.wrong(name, "a list of texts")
        return found

    def chunks(self, name: str) -> tuple[tuple[float, int], ...]:
        """A list of [seconds, bytes]."""
        found: list[tuple[float, int]] = []
        for each in self._list(name, "a list"):
            match each:
                case [int() | float() as at, int() as size]:
                    found.append((float(at), size))
                case _:
                    raise self.wrong(name, "a list of [seconds, bytes]")
        return tuple(found)

    def headers(self, name: str) -> tuple[tuple[str, str], ...]:
        """An object of texts; none where it is missing."""
        value = self._told.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise self.wrong(name, "an object of texts")
        return tuple((header, str(each)) for header, each in value.items())
