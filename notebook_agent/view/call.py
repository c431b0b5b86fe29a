"""An LLM call as the page shows it."""

from __future__ import annotations

from collections.abc import Iterable

from notebook_agent.calls import CallSummary, summarise
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.redact import redact_text
from notebook_agent.view.images import image_in
from notebook_agent.view.spoken import Spoken, Tool
from notebook_agent.view.stream import stream_times
from notebook_agent.view.values import Limits, state_wire
from notebook_agent.view.wire import CallWire, MessageWire, ValueWire

__all__ = ["call_wire", "streamed_call"]

_LIMITS = Limits(text=20_000, total=100_000)
_MOST_MESSAGES = 60


def call_wire(call: CallRecord) -> CallWire:
    """Show a call: what was asked, what came back, what it took; of a long chat the newest messages."""
    summary = summarise(call)
    usage = summary.usage
    first = None if call.first_at is None else _ms(call.started_at, call.first_at)
    return CallWire(
        id=int(call.id or 0),
        endpoint=call.endpoint,
        host=call.host,
        model=summary.model,
        messages=_messages(summary),
        output=_content(summary.text, summary),
        status=call.status,
        error=None if summary.error is None else redact_text(summary.error),
        ms=None if call.ended_at is None else _ms(call.started_at, call.ended_at),
        firstMs=first,
        tokensIn=None if usage is None else usage.input,
        tokensOut=None if usage is None else usage.output,
        cost=call.cost,
        replayed=call.replayed,
        streamed=call.streamed,
    )


def streamed_call(call: CallRecord) -> CallWire:
    """Show a call, and where it was streamed how its answer came."""
    wire, stream = call_wire(call), stream_times(call)
    return {**wire, "stream": stream} if stream else wire


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)


def _messages(summary: CallSummary) -> list[MessageWire]:
    return [
        MessageWire(role=message.role, content=_content(message.content, message))
        for message in summary.messages[-_MOST_MESSAGES:]
    ]


def _content(text: str | None, spoken: Spoken) -> ValueWire:
    """A text alone stands for itself; with pictures, links or tools it is a list of all."""
    parts: list[object] = [] if not text else [text]
    parts += [image.data for image in spoken.images if image_in(image.data)]
    parts += [f"image at {link}" for link in spoken.links]
    parts += _tools(spoken.tools)
    return state_wire(parts[0] if len(parts) == 1 else parts or None, _LIMITS)


def _tools(tools: Iterable[Tool]) -> list[object]:
    return [{"tool": tool.name, "arguments": tool.arguments} for tool in tools]
