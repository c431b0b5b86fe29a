"""Another SDK, which knows nothing of us: recorded, told as it streams, and served again.

`.ci/other-clients` installs it beside the other major version of openai and runs these tests.
"""

import asyncio

import pytest

from notebook_agent import calls
from notebook_agent.calls.protocol import Usage
from notebook_agent.errors import LedgerMissError
from tests.servers import Answer, sse

anthropic = pytest.importorskip("anthropic", reason="run by .ci/other-clients")

ASKED = {"model": "c-1", "max_tokens": 50, "messages": [{"role": "user", "content": "a pen"}]}


@pytest.fixture
def client(server):
    with anthropic.Anthropic(base_url=server.base_url.removesuffix("/v1"), api_key="k") as made:
        yield made


def events():
    """Stream `one two` as Anthropic words it."""
    message = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "c-1",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    told = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
            for text in ("one", " two")
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 2},
        },
        {"type": "message_stop"},
    ]
    return Answer.stream(*(sse(each, each["type"]) for each in told))


def test_plain_answer_is_kept_and_served(server, steps, client):
    """The same object comes back, and nothing is sent."""
    found = []
    for seq, mode, partners in ((0, "auto", []), (1, "strict", [0])):
        with steps.open(seq, mode, partners):
            found.append(client.messages.create(**ASKED))
    assert found[0] == found[1]
    assert 1 == len(server.journal)
    summary = calls.summarise(steps.calls(1)[0])
    assert ("Echo: a pen", Usage(9, 3)) == (summary.text, summary.usage)


def test_stream_is_kept_told_and_served(server, steps, client):
    """Its words come one by one, live and replayed."""
    found = []
    for seq, mode, partners in ((0, "auto", []), (1, "strict", [0])):
        server.answer(*([events()] if seq == 0 else []))
        with steps.open(seq, mode, partners), client.messages.stream(**ASKED) as stream:
            found.append(list(stream.text_stream))
    assert [["one", " two"]] * 2 == found
    assert ["one", " two"] * 2 == steps.texts()
    assert [(True, False), (True, True)] == [(call.complete, call.replayed) for call in steps.calls(0, 1)]
    assert Usage(9, 2) == steps.calls(0)[0].usage


def test_async_client_is_served_too(server, steps, client):
    """Both of its clients are."""

    async def ask():
        async with anthropic.AsyncAnthropic(base_url=str(client.base_url), api_key="k") as made:
            return await made.messages.create(**ASKED)

    with steps.open(0):
        first = asyncio.run(ask())
    with steps.open(1, "strict", [0]):
        assert first == asyncio.run(ask())
    assert 1 == len(server.journal)


def test_call_without_a_record_leaves_past_its_handlers(server, steps, client):
    """In strict nothing is sent."""
    with pytest.raises(LedgerMissError), steps.open(0, "strict"):
        client.messages.create(**ASKED)
    assert [] == server.journal
