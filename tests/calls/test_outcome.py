"""Calls that did not come to their end: kept as what they were, shown so, served never."""

from __future__ import annotations

import asyncio

import httpx
import openai
import pytest

from notebook_agent.calls.outcome import end_of, outcome, status_of
from notebook_agent.history import Made
from notebook_agent.session.tables import calls_table
from tests.calls.conftest import streamed
from tests.servers import Answer, Hold, sse

DELTA = sse({"choices": [{"index": 0, "delta": {"content": "one"}, "finish_reason": None}]})


@pytest.fixture
def hold():
    made = Hold()
    yield made
    made.open()


def ends(steps, seq=0):
    """What became of a step's calls, how it is shown, and whether they could be served."""
    calls = steps.calls(seq)
    shown = [row[4] for row in calls_table([Made(call, seq) for call in calls]).rows]
    return [(outcome(call), cell, call.complete) for call, cell in zip(calls, shown, strict=True)]


async def _cancel(url):
    came = asyncio.Event()
    async with openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:

        async def read():
            async for _ in await client.chat.completions.create(model="m", messages=[], stream=True):
                came.set()

        task = asyncio.create_task(read())
        await came.wait()
        task.cancel()
        await task


def test_a_cancelled_call_is_kept_as_cancelled(server, steps, hold):
    """In the midst of its stream."""
    server.answer(Answer.stream(DELTA, hold))
    with pytest.raises(asyncio.CancelledError), steps.open(0):
        asyncio.run(_cancel(server.base_url))
    assert [("cancelled", "200, cancelled", False)] == ends(steps)
    assert steps.calls(0)[0].error.startswith("cancelled: CancelledError")


def test_a_stream_that_the_client_left_is_cut(server, steps, client, hold):
    """What came is kept."""
    server.answer(Answer.stream(DELTA, hold))
    with steps.open(0):
        stream = streamed(client, "count")
        next(iter(stream))
        stream.close()
    assert [("cut", "200, cut", False)] == ends(steps)
    assert "cut: the client read no further" == steps.calls(0)[0].error


def test_a_stream_that_the_server_ended_early_is_cut(server, steps, client):
    """With a proper end of the body, and no last event."""
    server.answer(Answer.stream(DELTA))
    with steps.open(0):
        list(streamed(client, "count"))
    assert [("cut", "200, cut", False)] == ends(steps)
    assert "cut: the stream ended before its last event" == steps.calls(0)[0].error


def test_a_call_that_timed_out_is_kept_as_such(server, steps, hold):
    """In the midst of its stream."""
    server.answer(Answer.stream(DELTA, hold))
    with httpx.Client(timeout=httpx.Timeout(20, read=0.3)) as client:
        with pytest.raises(httpx.ReadTimeout), steps.open(0):
            client.post(f"{server.base_url}/chat/completions", json={"model": "m", "stream": True})
        hold.open()
    assert [("timed out", "200, timed out", False)] == ends(steps)


@pytest.mark.parametrize(
    ("error", "began", "told"),
    [
        (httpx.ConnectTimeout("slow"), False, "timed out: ConnectTimeout: slow"),
        (httpx.ConnectError("refused"), False, "ConnectError: refused"),
        (httpx.ReadError(""), True, "cut: ReadError"),
        (KeyboardInterrupt(), False, "cancelled: KeyboardInterrupt"),
    ],
)
def test_an_end_is_told_in_a_word(error, began, told):
    """And in the words of what was raised."""
    assert told == end_of(error, began=began)


def test_what_was_cut_is_asked_again_and_says_why(server, steps, client, hold):
    """The call that goes live in its place tells that it was cut, and no HTTP status as the reason."""
    server.answer(Answer.stream(DELTA, hold))
    with steps.open(0):
        stream = streamed(client, "count")
        next(iter(stream))
        stream.close()
    with steps.open(1, partners=[0]):
        list(streamed(client, "count"))
    assert ["the same request was cut"] == [call.drift for call in steps.calls(1)]
    assert "HTTP 200, cut" == status_of(steps.calls(0)[0])
