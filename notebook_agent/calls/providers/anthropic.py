"""Anthropic's `messages`, plain and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterable

from notebook_agent.calls.protocol import Usage
from notebook_agent.calls.providers.base import Image, Message, Output, Provider, ToolCall, image
from notebook_agent.calls.providers.loose import at, items, number, text

__all__ = ["Messages"]


class Messages(Provider):
    """Reads Anthropic's Messages API."""

    def delta(self, event: object) -> str:
        """Text of a content block."""
        return text(at(event, "delta", "text")) if at(event, "type") == "content_block_delta" else ""

    def is_last(self, event: object) -> bool:
        """The stream says so itself."""
        return text(at(event, "type")) in {"message_stop", "error"}

    def is_whole(self, events: Iterable[object]) -> bool:
        """The message was stopped."""
        return any(self.is_last(event) for event in events)

    def merged(self, events: list[object]) -> object:
        """Fill the blocks of the begun message with their deltas."""
        begun = next((at(event, "message") for event in events if at(event, "type") == "message_start"), None)
        end = next((event for event in events if at(event, "type") == "message_delta"), None)
        error = next((told for event in events if (told := at(event, "error"))), None)
        usage: dict[str, object] = {}
        for told in (at(begun, "usage"), at(end, "usage")):
            usage |= told if isinstance(told, dict) else {}
        return {"model": at(begun, "model"), "content": _blocks(events), "usage": usage, "error": error}

    def messages(self, request: object) -> tuple[Message, ...]:
        """The system text and the conversation so far."""
        system = at(request, "system")
        said = _text(system)
        head = (Message("system", said),) if said else ()
        return (*head, *(_message(message) for message in items(at(request, "messages"))))

    def output(self, answer: object) -> Output:
        """The answer's text and tool calls."""
        blocks = at(answer, "content")
        return Output(_text(blocks) or None, (), (), _tools(blocks))

    def usage(self, answer: object) -> Usage | None:
        """Tokens, with those that went through the cache counted as input."""
        told = at(answer, "usage")
        plain = number(at(told, "input_tokens"))
        cached = [number(at(told, f"cache_{kind}_input_tokens")) or 0 for kind in ("creation", "read")]
        return None if plain is None else Usage(plain + sum(cached), number(at(told, "output_tokens")) or 0)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(filter(None, (text(at(block, "text")) for block in items(content))))


def _tools(blocks: object) -> tuple[ToolCall, ...]:
    asked = (block for block in items(blocks) if at(block, "type") == "tool_use")
    return tuple(
        ToolCall(text(at(block, "name")), json.dumps(at(block, "input"), default=str)) for block in asked
    )


def _message(message: object) -> Message:
    content = at(message, "content")
    return Message(text(at(message, "role")), _text(content), _images(content), (), _tools(content))


def _images(content: object) -> tuple[Image, ...]:
    found = (image(at(block, "source", "data")) for block in items(content) if at(block, "type") == "image")
    return tuple(filter(None, found))


def _blocks(events: Iterable[object]) -> list[object]:
    blocks: dict[object, dict[str, object]] = {}
    for event in events:
        index = number(at(event, "index"))
        if at(event, "type") == "content_block_start":
            begun = at(event, "content_block")
            blocks[index] = dict(begun) if isinstance(begun, dict) else {}
        elif at(event, "type") == "content_block_delta":
            block = blocks.setdefault(index, {"type": "text"})
            said = text(at(event, "delta", "text"))
            block["text"] = text(block.get("text")) + said
            block["input"] = text(block.get("input")) + text(at(event, "delta", "partial_json"))
    return list(blocks.values())
