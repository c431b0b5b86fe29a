"""What the test server answers: errors and streams on demand, else an echo of the request."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

__all__ = ["PNG", "ROUTES", "Answer", "Hold", "sse"]


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _png_chunk(b"IDAT", zlib.compress(b"\0\x30\x60\x90"))
    + _png_chunk(b"IEND", b"")
)
"""A picture of one pixel."""


class Hold:
    """A place in an answer where the server waits until the test opens it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        """Set when everything before this place has been sent."""
        self.opened = threading.Event()

    def open(self) -> None:
        """Let the server go on."""
        self.opened.set()

    def wait(self) -> None:
        """Wait in the server's thread; give up after a minute, so that no test hangs."""
        self.reached.set()
        self.opened.wait(60)


@dataclass
class Answer:
    """One response. `parts` are sent one by one, each flushed; a Hold waits, `cut` drops the connection."""

    status: int = 200
    parts: list[bytes | Hold] = field(default_factory=list)
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False
    cut: bool = False

    @classmethod
    def of(cls, body: object, *, status: int = 200, **headers: str) -> Self:
        """Answer with JSON."""
        return cls(
            status, [json.dumps(body).encode()], headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    @classmethod
    def error(cls, status: int, message: str, **headers: str) -> Self:
        """Answer with an error as OpenAI words it; retries are told to come at once."""
        told = {"retry_after_ms": "1"} | headers
        return cls.of({"error": {"message": message, "type": "error", "code": None}}, status=status, **told)

    @classmethod
    def stream(cls, *parts: bytes | Hold, cut: bool = False) -> Self:
        """Answer with server-sent events: `sse(..)` makes each."""
        return cls(200, list(parts), "text/event-stream", chunked=True, cut=cut)

    def gzipped(self) -> Answer:
        """Compress the body as one."""
        body = gzip.compress(b"".join(part for part in self.parts if isinstance(part, bytes)), mtime=0)
        headers = self.headers | {"content-encoding": "gzip"}
        return Answer(self.status, [body], self.content_type, headers, self.chunked, self.cut)


def sse(data: object, event: str | None = None) -> bytes:
    """Make one server-sent event; text is sent as it is, all else as JSON."""
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def _last_text(body: dict) -> str:
    messages = body.get("messages") or body.get("input") or ""
    content = messages[-1]["content"] if isinstance(messages, list) else messages
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return content


def _chat(body: dict) -> Answer:
    text, model = f"Echo: {_last_text(body)}", body.get("model", "")
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": len(text.split()),
        "total_tokens": 9 + len(text.split()),
    }
    base = {"id": "chatcmpl-1", "created": 1, "model": model}
    if not body.get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return Answer.of(base | {"object": "chat.completion", "choices": [choice], "usage": usage})
    return Answer.stream(*_chat_events(base | {"object": "chat.completion.chunk"}, text, usage, body))


def _chat_events(base: dict, text: str, usage: dict, body: dict) -> Iterator[bytes]:
    for n, word in enumerate(text.split(" ")):
        delta = {"content": word if n == 0 else f" {word}"} | ({"role": "assistant"} if n == 0 else {})
        yield sse(base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield sse(base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield sse(base | {"choices": [], "usage": usage})
    yield sse("[DONE]")


def _response(body: dict) -> Answer:
    text = f"Echo: {_last_text(body)}"
    content = {"type": "output_text", "text": text, "annotations": []}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [content],
    }
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": len(text.split()),
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 9 + len(text.split()),
    }
    base = {"id": "resp_1", "object": "response", "created_at": 1, "model": body.get("model"), "error": None}
    rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "metadata": {}}
    done = base | rest | {"status": "completed", "output": [message], "usage": usage}
    if not body.get("stream"):
        return Answer.of(done)
    return Answer.stream(*_response_events(text, done))


def _response_events(text: str, done: dict) -> Iterator[bytes]:
    begun = done | {"status": "in_progress", "output": [], "usage": None}
    yield sse({"type": "response.created", "response": begun, "sequence_number": 0}, "response.created")
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    for n, word in enumerate(text.split(" ")):
        delta = {"delta": word if n == 0 else f" {word}", "sequence_number": n + 1, "logprobs": []}
        kind = "response.output_text.delta"
        yield sse({"type": kind} | place | delta, kind)
    yield sse({"type": "response.completed", "response": done, "sequence_number": 99}, "response.completed")


def _image(_body: dict) -> Answer:
    usage = {"input_tokens": 5, "output_tokens": 100, "total_tokens": 105}
    return Answer.of({"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}], "usage": usage})


def _embedding(body: dict) -> Answer:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    vectors = [struct.pack("<3f", len(text), 0.5, -1.0) for text in texts]
    as_text = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": n,
            "embedding": base64.b64encode(v).decode() if as_text else list(struct.unpack("<3f", v)),
        }
        for n, v in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 2 * len(texts), "total_tokens": 2 * len(texts)}
    return Answer.of({"object": "list", "data": data, "model": body.get("model"), "usage": usage})


def _message(body: dict) -> Answer:
    content = [{"type": "text", "text": f"Echo: {_last_text(body)}"}]
    rest = {"stop_reason": "end_turn", "usage": {"input_tokens": 9, "output_tokens": 3}}
    return Answer.of({"id": "msg_1", "type": "message", "role": "assistant", "content": content} | rest)


ROUTES = {
    "/chat/completions": _chat,
    "/responses": _response,
    "/images/generations": _image,
    "/images/edits": _image,
    "/embeddings": _embedding,
    "/v1/messages": _message,
}
