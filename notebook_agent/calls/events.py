"""Server-sent events, read piece by piece as they arrive.

The format is the WHATWG HTML standard's, section 9.2.6; only `data` fields are read,
because every provider names the kind of an event in its JSON too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from notebook_agent.calls.bodies import Decoder

__all__ = ["EventReader", "parsed", "read_events", "readable_events"]

_GAP = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
_LINE = re.compile(rb"\r\n|\n|\r")


class EventReader:
    """Take bytes, give the data of each event that they complete."""

    def __init__(self, undo: Decoder) -> None:
        self._undo = undo
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """Read one piece."""
        known = len(self._rest)
        self._rest += self._undo(data)
        return list(self._complete(max(0, known - 3)))

    def flush(self) -> list[str]:
        """Read what is left as one event, for a server that forgets the last blank line."""
        data = _data(bytes(self._rest))
        self._rest.clear()
        return [] if data is None else [data]

    def _complete(self, search_from: int) -> Iterator[str]:
        start = 0
        while gap := _GAP.search(self._rest, max(start, search_from)):
            data = _data(bytes(self._rest[start : gap.start()]))
            start = gap.end()
            if data is not None:
                yield data
        del self._rest[:start]


def _data(event: bytes) -> str | None:
    lines = [line[5:].removeprefix(b" ") for line in _LINE.split(event) if line.startswith(b"data:")]
    return b"\n".join(lines).decode(errors="replace") if lines else None


def read_events(body: bytes) -> list[object]:
    """Read the JSON of each event of a whole body; what is no JSON is left out."""
    reader = EventReader(bytes)
    return [value for text in (*reader.feed(body), *reader.flush()) if (value := parsed(text)) is not None]


def readable_events(body: bytes) -> bool:
    """Tell whether each event of a body that came whole is JSON, but for the `[DONE]` at the end."""
    said = EventReader(bytes).feed(body)
    return all(text.startswith("[DONE]") or parsed(text) is not None for text in said if text)


def parsed(text: str | bytes) -> object:
    """Parse JSON; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
