"""A small OpenAI-compatible server on 127.0.0.1 for tests: standard library only, with a journal.

    with OpenAIServer() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key="test")
        ...
        assert 1 == len(server.journal)

Answers follow from the request alone (`Echo: <last user text>`, one word a chunk when
streamed) unless the test queues its own with `server.answer(..)`. Nothing sleeps: a test
that needs the server to wait in the middle of a stream queues `Hold(..)` and opens it.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.answers import PNG, ROUTES, Answer, Hold, sse

__all__ = ["PNG", "Answer", "Hold", "OpenAIServer", "Received", "sse"]


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        """The body, which is JSON."""
        return json.loads(self.body)


class _Quiet(ThreadingHTTPServer):
    """A server for whom a client that hangs up is nothing to talk about."""

    daemon_threads = True
    request_queue_size = 128
    """As many clients may ask at once; with the five of the default the others are turned away."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say something only where the server itself is wrong."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class OpenAIServer:
    """The server; `with` starts and stops it."""

    def __init__(self) -> None:
        self.journal: list[Received] = []
        """What arrived, in order, also what is still being answered."""
        self._queued: deque[Answer] = deque()
        self._lock = threading.Lock()
        self._http = _Quiet(("127.0.0.1", 0), _Handler)
        self._http.owner = self  # type: ignore[attr-defined]  # the handler's way back
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        """For `OPENAI_BASE_URL`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def answer(self, *answers: Answer) -> None:
        """Queue answers: each serves one request, whatever it asks, before the usual ones."""
        self._queued.extend(answers)

    def receive(self, request: Received) -> Answer:
        """Note a request and find its answer."""
        with self._lock:
            self.journal.append(request)
            if self._queued:
                return self._queued.popleft()
        for path, make in ROUTES.items():
            if request.path.split("?")[0].endswith(path):
                return make(request.json if "json" in request.headers.get("content-type", "") else {})
        return Answer.of({"you": "sent", "to": request.path})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.command, self.path, headers, self.rfile.read(length))
        answer = self.server.owner.receive(request)  # type: ignore[attr-defined]  # set by OpenAIServer
        try:
            self._send(answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST  # noqa: N815 (the name that http.server looks for)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        size = sum(len(part) for part in answer.parts if isinstance(part, bytes))
        self.send_header(
            *(("transfer-encoding", "chunked") if answer.chunked else ("content-length", str(size)))
        )
        self.end_headers()
        for part in answer.parts:
            self._send_part(part, chunked=answer.chunked)
        if answer.cut:
            self.close_connection = True
        elif answer.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _send_part(self, part: bytes | Hold, *, chunked: bool) -> None:
        if isinstance(part, Hold):
            part.wait()
        elif chunked:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        else:
            self.wfile.write(part)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
