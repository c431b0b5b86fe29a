"""What a provider's calls are read into, and what is the same for all providers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from notebook_agent.calls.protocol import Usage
from notebook_agent.calls.providers.loose import at, number, text

__all__ = ["Image", "Message", "Output", "Provider", "ToolCall", "image", "image_from_url"]

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Image:
    """An image whose first bytes show that it is one."""

    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model asks for; `arguments` as the model wrote them."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request. `links` are addresses of images, which are never fetched."""

    role: str
    content: str
    images: tuple[Image, ...] = ()
    links: tuple[str, ...] = ()
    tools: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """What a model answered."""

    text: str | None = None
    images: tuple[Image, ...] = ()
    links: tuple[str, ...] = ()
    tools: tuple[ToolCall, ...] = ()


def image(encoded: object) -> Image | None:
    """Decode base64 into an image; None where it is none."""
    if not isinstance(encoded, str):
        return None
    try:
        data = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        return None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Image("image/webp", data)
    mime = next((mime for start, mime in _MAGIC if data.startswith(start)), None)
    return None if mime is None else Image(mime, data)


def image_from_url(url: object) -> tuple[Image | None, str | None]:
    """Read an image's address: the image where it is a `data:` URL, else a link to show."""
    if not isinstance(url, str):
        return None, None
    if url.startswith("data:"):
        return image(url.partition(",")[2]), None
    return None, url


class Provider:
    """Reads the calls of an endpoint that nothing is known of, and what all have in common."""

    def delta(self, event: object) -> str:  # noqa: ARG002 (what an unknown provider streams is not known)
        """Text that an event of a stream adds to the answer."""
        return ""

    def is_last(self, event: object) -> bool:  # noqa: ARG002 (as above)
        """Tell whether this event ends the stream, so that no client reads on for the answer's sake."""
        return False

    def is_finish(self, event: object) -> bool:  # noqa: ARG002 (as above)
        """Tell whether an answer may be whole with this event, though more may follow it."""
        return False

    def lacks(self, events: Iterable[object], request: object) -> bool:  # noqa: ARG002 (as above)
        """Tell whether a part of the answer that was asked for has not begun yet."""
        return False

    def is_whole(self, events: Iterable[object]) -> bool:  # noqa: ARG002 (as above)
        """Tell of a stream that came to its end without a last event whether nothing is missing."""
        return True

    def merged(self, events: list[object]) -> object:
        """Give the events of a stream the form of a plain answer."""
        return events[-1] if events else None

    def messages(self, request: object) -> tuple[Message, ...]:
        """The messages of a request."""
        prompt = text(at(request, "prompt")) or text(at(request, "input"))
        return (Message("user", prompt),) if prompt else ()

    def output(self, answer: object) -> Output:  # noqa: ARG002 (as above)
        """What a plain answer holds."""
        return Output()

    def usage(self, answer: object) -> Usage | None:
        """Tokens, as the provider counts them."""
        told = at(answer, "usage")
        taken = number(at(told, "prompt_tokens"), at(told, "input_tokens"))
        given = number(at(told, "completion_tokens"), at(told, "output_tokens"))
        if not isinstance(told, Mapping) or taken is None:
            return None
        return Usage(taken, given or 0)

    def error(self, answer: object) -> str | None:
        """The provider's message where an answer, or an event of a stream, is an error."""
        told = at(answer, "error")
        if isinstance(told, str):
            return told or None
        message = at(told, "message") or at(told, "code") or at(told, "type")
        return message if isinstance(message, str) else None
