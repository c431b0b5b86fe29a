"""Secrets in answers, whole or in pieces, do not stay in what is written."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.calls import Recording, summarise
from notebook_agent.calls.scrub import scrubbed
from notebook_agent.redact import redact_pieces, redact_text
from tests.calls.conftest import CALL, streamed, words
from tests.servers import Answer, sse

KEY = "sk-" + "a1b2c3d4" * 5
PARTS = ["the key is ", KEY[:2], KEY[2:17], KEY[17:], " and ", KEY[:9], KEY[9:], "."]


def chat(text, **more):
    return {"choices": [{"index": 0, "delta": {"content": text, **more}}]}


def stream(*events):
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


def joined(text):
    events = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"]["content"] for event in events)


def test_a_key_in_pieces_is_redacted_where_it_began():
    """The pieces keep their number."""
    told = ["the key is ", "[openai-key]", "", "", " and ", "[openai-key]", "", "."]
    assert told == redact_pieces(PARTS)
    assert "the key is [openai-key] and [openai-key]." == joined(scrubbed(stream(*map(chat, PARTS))))


@given(st.lists(st.sampled_from(["a ", "sk-", "a1b2c3d4", "-", " ", "hf_", "\n", "é"]) | st.text(max_size=3)))
def test_pieces_joined_are_the_joined_text_redacted(pieces):
    """However a text is cut."""
    assert redact_text("".join(pieces)) == "".join(redact_pieces(pieces))


@pytest.mark.parametrize(
    "event",
    [
        lambda text: chat("", tool_calls=[{"index": 0, "function": {"arguments": text}}]),
        lambda text: {"type": "response.output_text.delta", "output_index": 0, "delta": text},
        lambda text: {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        lambda text: {"choices": [{"index": 0, "text": text}]},
    ],
)
def test_every_kind_of_piece_is_redacted(event):
    """Text, arguments of tools, of any provider."""
    told = scrubbed(stream(*map(event, PARTS)))
    assert [2, False] == [told.count("[openai-key]"), "a1b2c3d4" in told]


def test_answers_that_come_in_turns_are_told_apart():
    """Each is joined for itself."""
    events = [
        {"choices": [{"index": n, "delta": {"content": part}}]}
        for part in (KEY[:9], KEY[9:20], KEY[20:])
        for n in (0, 1)
    ]
    told = scrubbed(stream(*events))
    assert [2, False] == [told.count("[openai-key]"), KEY[20:] in told]


def test_what_holds_no_secret_is_kept_byte_by_byte():
    """Also where it is no JSON, or goes deep."""
    for text in (
        stream(*map(chat, "abc")),
        'data: {"a" : 1}\r\n\r\ndata: {\r\n',
        'data: {"a":' + "[" * 500 + "]" * 500 + "}\n\n" * 3,
    ):
        assert text == scrubbed(text)


def test_a_streamed_key_is_not_in_the_ledger(server, steps, client, tmp_path):
    """The file says what it was, and is served as a stream."""
    server.answer(Answer.stream(*(sse(chat(part)) for part in PARTS), sse("[DONE]")))
    with steps.open(0):
        assert "".join(PARTS) == "".join(words(streamed(client, "what is it?")))
    Recording.save(tmp_path / "ledger.json", steps.calls(0))
    recording = Recording.load(tmp_path / "ledger.json")
    assert "the key is [openai-key] and [openai-key]." == summarise(recording.calls[0]).text
    told = (tmp_path / "ledger.json").read_text()
    assert [] == [part for part in PARTS if len(part) > 5 and part.strip() in told and "the key" not in part]
    with steps.open(1, "strict", recording=recording):
        assert "the key is [openai-key] and [openai-key]." == "".join(words(streamed(client, "what is it?")))


def test_a_key_in_an_answer_that_is_no_utf8_is_redacted(tmp_path):
    """It stands in the file as base64, without the key."""
    Recording.save(tmp_path / "ledger.json", [replace(CALL, body=b"\xff " + KEY.encode())])
    [call] = json.loads((tmp_path / "ledger.json").read_text())["calls"]
    assert b"\xff [openai-key]" == base64.b64decode(call["body"]["base64"])
