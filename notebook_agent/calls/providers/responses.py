"""`responses`, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from notebook_agent.calls.providers.base import (
    Image,
    Message,
    Output,
    Provider,
    ToolCall,
    image,
    image_from_url,
)
from notebook_agent.calls.providers.loose import at, items, text

__all__ = ["Responses"]

_LAST = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})


class Responses(Provider):
    """Reads the Responses API."""

    def delta(self, event: object) -> str:
        """Text of an output part."""
        return text(at(event, "delta")) if at(event, "type") == "response.output_text.delta" else ""

    def is_last(self, event: object) -> bool:
        """The event that carries the whole response."""
        return text(at(event, "type")) in _LAST

    def is_whole(self, events: Iterable[object]) -> bool:
        """One event carried the whole response."""
        return any(self.is_last(event) for event in events)

    def merged(self, events: list[object]) -> object:
        """Give the whole response, or what of it had come."""
        for event in reversed(events):
            if self.is_last(event):
                whole = at(event, "response")
                return whole if whole is not None else {"error": at(event, "error") or event}
        said = "".join(map(self.delta, events))
        return {"output": [{"type": "message", "content": [{"type": "output_text", "text": said}]}]}

    def messages(self, request: object) -> tuple[Message, ...]:
        """The instructions and the input."""
        instructions, given = text(at(request, "instructions")), at(request, "input")
        head = (Message("system", instructions),) if instructions else ()
        if isinstance(given, str):
            return (*head, Message("user", given))
        return (*head, *(_message(item) for item in items(given)))

    def output(self, answer: object) -> Output:
        """The messages, images and tool calls of the output."""
        made = items(at(answer, "output"))
        parts = [part for item in made for part in items(at(item, "content"))]
        told = "".join(text(at(part, "text")) or text(at(part, "refusal")) for part in parts)
        drawn = (image(at(item, "result")) for item in made if at(item, "type") == "image_generation_call")
        return Output(told or None, tuple(filter(None, drawn)), (), _tools(made))


def _tools(made: Iterable[object]) -> tuple[ToolCall, ...]:
    asked = (item for item in made if text(at(item, "type")) in {"function_call", "custom_tool_call"})
    return tuple(
        ToolCall(text(at(item, "name")), text(at(item, "arguments")) or text(at(item, "input")))
        for item in asked
    )


def _message(item: object) -> Message:
    kind = at(item, "type")
    if kind == "function_call":
        return Message("assistant", "", tools=_tools([item]))
    if kind == "function_call_output":
        return Message("tool", text(at(item, "output")))
    said, images, links = _content(at(item, "content"))
    return Message(text(at(item, "role")) or text(kind), said, images, links)


def _content(value: object) -> tuple[str, tuple[Image, ...], tuple[str, ...]]:
    if isinstance(value, str):
        return value, (), ()
    parts = [part for part in items(value) if isinstance(part, Mapping)]
    pictures = [image_from_url(part.get("image_url")) for part in parts]
    return (
        "\n".join(filter(None, (text(part.get("text")) for part in parts))),
        tuple(found for found, _ in pictures if found),
        tuple(link for _, link in pictures if link),
    )
