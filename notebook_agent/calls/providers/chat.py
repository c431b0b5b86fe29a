"""`chat/completions`, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from notebook_agent.calls.providers.base import Image, Message, Output, Provider, ToolCall, image_from_url
from notebook_agent.calls.providers.loose import at, items, number, text

__all__ = ["Chat", "content", "tool_calls"]


def content(value: object) -> tuple[str, tuple[Image, ...], tuple[str, ...]]:
    """Read a message's content: its text, its images, its links."""
    if isinstance(value, str):
        return value, (), ()
    texts, images, links = [], [], []
    for part in items(value):
        texts.append(text(at(part, "text")))
        url = at(part, "image_url")
        image, link = image_from_url(at(url, "url") if isinstance(url, Mapping) else url)
        images += [image] if image else []
        links += [link] if link else []
    return "\n".join(filter(None, texts)), tuple(images), tuple(links)


def tool_calls(value: object) -> tuple[ToolCall, ...]:
    """Read the tools that a message asks for."""
    asked = ((at(call, "function", "name"), at(call, "function", "arguments")) for call in items(value))
    return tuple(ToolCall(name, text(arguments)) for name, arguments in asked if isinstance(name, str))


def _choices(events: Iterable[object]) -> Mapping[object, bool]:
    """Tell of each choice that was begun whether it has a finish reason; some servers send an empty one."""
    begun: dict[object, bool] = {}
    for choice in (choice for event in events for choice in items(at(event, "choices"))):
        index = number(at(choice, "index"))
        begun[index] = begun.get(index, False) or bool(at(choice, "finish_reason"))
    return begun


class Chat(Provider):
    """Reads chat completions."""

    def delta(self, event: object) -> str:
        """Text that the first choice grows by."""
        return text(at(event, "choices", 0, "delta", "content"))

    def is_finish(self, event: object) -> bool:
        """A choice has its finish reason; what it took, and `[DONE]`, may follow."""
        return any(at(choice, "finish_reason") for choice in items(at(event, "choices")))

    def lacks(self, events: Iterable[object], request: object) -> bool:
        """Fewer choices have begun than the request's `n`."""
        return len(_choices(events)) < (number(at(request, "n")) or 1)

    def is_whole(self, events: Iterable[object]) -> bool:
        """Every choice that was begun has a finish reason."""
        begun = _choices(events)
        return bool(begun) and all(begun.values())

    def merged(self, events: list[object]) -> object:
        """Join the deltas of the first choice."""
        deltas = [at(event, "choices", 0, "delta") for event in events]
        usage = next((told for event in reversed(events) if (told := at(event, "usage"))), None)
        error = next((told for event in events if (told := at(event, "error"))), None)
        message = {
            "role": "assistant",
            "content": "".join(text(at(delta, "content")) for delta in deltas),
            "tool_calls": _joined(deltas),
        }
        model = next((told for event in events if (told := at(event, "model"))), None)
        return {"model": model, "choices": [{"message": message}], "usage": usage, "error": error}

    def messages(self, request: object) -> tuple[Message, ...]:
        """The conversation so far."""
        return tuple(_message(message) for message in items(at(request, "messages")))

    def output(self, answer: object) -> Output:
        """The first choice's message."""
        message = at(answer, "choices", 0, "message")
        told, images, links = content(at(message, "content"))
        return Output(
            told or text(at(message, "refusal")) or None, images, links, tool_calls(at(message, "tool_calls"))
        )


def _message(message: object) -> Message:
    return Message(
        text(at(message, "role")), *content(at(message, "content")), tool_calls(at(message, "tool_calls"))
    )


def _joined(deltas: Iterable[object]) -> list[object]:
    calls: dict[object, dict[str, str]] = {}
    for piece in (piece for delta in deltas for piece in items(at(delta, "tool_calls"))):
        call = calls.setdefault(number(at(piece, "index")), {"name": "", "arguments": ""})
        for field in call:
            call[field] += text(at(piece, "function", field))
    return [{"function": call} for call in calls.values()]
