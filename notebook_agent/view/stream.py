"""How a streamed answer came: its text by the time at which each piece arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.calls.summary import summarise

__all__ = ["stream_times"]

_MOST = 48
"""More places in time are too close to each other to be seen."""


def stream_times(call: CallRecord) -> list[tuple[float, int]]:
    """List after how many milliseconds the answer's text had how many characters; empty for no stream.

    A body is read anew up to each of at most 48 of its pieces.
    """
    if not call.streamed or call.body is None or len(call.chunks) < 2:  # noqa: PLR2004 - one piece is no stream
        return []
    return list(_growing(call))


def _growing(call: CallRecord) -> Iterator[tuple[float, int]]:
    known = -1
    for seconds, end in _thinned(call.chunks):
        text = summarise(replace(call, body=(call.body or b"")[:end])).text or ""
        if len(text) > known:
            known = len(text)
            yield round(seconds * 1000, 1), known


def _thinned(chunks: tuple[tuple[float, int], ...]) -> list[tuple[float, int]]:
    if len(chunks) <= _MOST:
        return list(chunks)
    return [chunks[round(i * (len(chunks) - 1) / (_MOST - 1))] for i in range(_MOST)]
