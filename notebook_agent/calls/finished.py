"""A finished call read: what its answer says of itself, and whether it may be served again."""

from __future__ import annotations

from dataclasses import replace

from notebook_agent.calls.bodies import decoded
from notebook_agent.calls.events import parsed, readable_events
from notebook_agent.calls.heard import Heard
from notebook_agent.calls.outcome import LEFT, UNENDED
from notebook_agent.calls.prices import price_of
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.calls.providers import is_known, provider
from notebook_agent.calls.providers.loose import at, text
from notebook_agent.calls.summary import answer_of, is_event_stream, merged
from notebook_agent.redact import redact_text

__all__ = ["finished"]

_OK = range(200, 300)


def finished(call: CallRecord, heard: Heard | None) -> CallRecord:
    """Add what the answer says of itself; one that is an error, or cannot be read, is served no more.

    `heard` are the events of a stream, so far as they could be followed.
    """
    if call.status is None:
        return call
    ok = call.status in _OK
    call = call if ok else _without_secrets(call)
    answer, trouble = _stream(call, heard) if is_event_stream(call.content_type) else _plain(call)
    reader = provider(call.endpoint)
    usage, said = reader.usage(answer), reader.error(answer) or trouble
    raised = None if call.error in {LEFT, UNENDED} else call.error
    said = said or (None if ok or raised else f"HTTP {call.status}")
    model = text(at(answer, "model")) or call.model
    return replace(
        call,
        complete=call.complete and (said is None or not ok),
        error=raised or (redact_text(said) if said else call.error),
        usage=usage,
        cost=0.0 if call.replayed else price_of(call.host, model, usage, answer),
    )


def _plain(call: CallRecord) -> tuple[object, str | None]:
    body = decoded(call)
    answer = None if body is None else parsed(body)
    broken = call.complete and body is not None and answer is None
    return answer, "the answer is no JSON" if broken and _speaks_json(call) else None


def _stream(call: CallRecord, heard: Heard | None) -> tuple[object, str | None]:
    if heard is not None:
        answer, broken = merged(call.endpoint, heard.events), heard.broken
    else:
        answer, broken = answer_of(call), not readable_events(decoded(call) or b"")
    return answer, "an event of the answer is no JSON" if broken and _speaks_json(call) else None


def _speaks_json(call: CallRecord) -> bool:
    return is_known(call.endpoint) and call.status in _OK


def _without_secrets(call: CallRecord) -> CallRecord:
    """Redact a body that is never served; where it cannot be read it is not kept."""
    body = decoded(call)
    headers = tuple(pair for pair in call.headers if pair[0] != "content-encoding")
    plain = None if body is None else redact_text(body.decode(errors="replace")).encode()
    return replace(call, body=plain, headers=headers)
