"""A recorded call in words: what was asked, what came back, what it took."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.calls.bodies import decoded
from notebook_agent.calls.events import parsed, read_events
from notebook_agent.calls.protocol import CallRecord, Usage
from notebook_agent.calls.providers import provider
from notebook_agent.calls.providers.base import Image, Message, ToolCall
from notebook_agent.calls.providers.loose import at, text

__all__ = ["CallSummary", "answer_of", "is_event_stream", "merged", "summarise"]


@dataclass(frozen=True, slots=True)
class CallSummary:
    """What a person wants to see of a call. `links` are addresses of images, which are never fetched."""

    model: str | None
    messages: tuple[Message, ...]
    text: str | None
    images: tuple[Image, ...]
    links: tuple[str, ...]
    tools: tuple[ToolCall, ...]
    usage: Usage | None
    error: str | None


def is_event_stream(content_type: str | None) -> bool:
    """Tell whether a body is a stream of server-sent events."""
    return (content_type or "").startswith("text/event-stream")


def answer_of(call: CallRecord) -> object:
    """Give the answer as plain JSON, a stream's events merged; None where there is none that can be read."""
    body = decoded(call)
    if body is None:
        return None
    if not is_event_stream(call.content_type):
        return parsed(body)
    return merged(call.endpoint, read_events(body))


def merged(endpoint: str, events: list[object]) -> object:
    """Give a stream's events the form of a plain answer; that of an error where one of them is."""
    reader = provider(endpoint)
    whole = reader.merged(events)
    error = next((event for event in events if reader.error(event)), None)
    return whole if error is None or at(whole, "error") else {"error": at(error, "error")}


def summarise(call: CallRecord) -> CallSummary:
    """Read a call; what cannot be read is left empty, and nothing raises."""
    answer, reader = answer_of(call), provider(call.endpoint)
    output = reader.output(answer)
    return CallSummary(
        model=text(at(answer, "model")) or call.model,
        messages=reader.messages(call.request),
        text=output.text,
        images=output.images,
        links=output.links,
        tools=output.tools,
        usage=reader.usage(answer) or call.usage,
        error=call.error or reader.error(answer),
    )
