"""A call in words, whatever the provider, and whatever nonsense it holds."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.calls import summarise
from notebook_agent.calls.keys import ENDPOINTS
from notebook_agent.calls.prices import price_of
from notebook_agent.calls.protocol import Usage
from tests.calls.conftest import CALL
from tests.servers import PNG, sse

ENCODED = base64.b64encode(PNG).decode()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "delta", "data", "usage", "error", "output", "type", "text",
                 "messages", "input", "tool_calls", "image_url", "url", "index", "function", "model"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)  # fmt: skip


def call(endpoint, request, answer, **changes):
    return replace(CALL, endpoint=endpoint, request=request, body=json.dumps(answer).encode(), **changes)


def test_chat_with_images_and_tools():
    """Messages keep their roles, texts, images and links; the answer its text and tool calls."""
    request = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is it?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{ENCODED}"}},
                    {"type": "image_url", "image_url": {"url": "https://example.org/pen.png"}},
                ],
            },
        ]
    }
    tool = {"function": {"name": "look", "arguments": "{}"}}
    answer = {
        "model": "m-1-2026",
        "choices": [{"message": {"content": "A pen.", "tool_calls": [tool]}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }
    told = summarise(call("chat/completions", request, answer))
    assert ("m-1-2026", "A pen.", Usage(7, 3)) == (told.model, told.text, told.usage)
    assert ["system", "user"] == [message.role for message in told.messages]
    assert ("What is it?", ("https://example.org/pen.png",)) == (
        told.messages[1].content,
        told.messages[1].links,
    )
    assert [("image/png", PNG)] == [(image.mime, image.data) for image in told.messages[1].images]
    assert [("look", "{}")] == [(tool.name, tool.arguments) for tool in told.tools]


def test_anthropic_plain_and_streamed():
    """Both forms read the same."""
    request = {
        "system": "Be brief.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    }
    plain = {
        "model": "c-1",
        "content": [{"type": "text", "text": "Hello"}, {"type": "tool_use", "name": "look", "input": {}}],
        "usage": {"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": 4},
    }
    events = [
        {
            "type": "message_start",
            "message": {"model": "c-1", "usage": {"input_tokens": 3, "cache_read_input_tokens": 4}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    stream = replace(
        call("messages", request, {}),
        body=b"".join(map(sse, events)),
        content_type="text/event-stream; charset=utf-8",
    )
    for told in (summarise(call("messages", request, plain)), summarise(stream)):
        assert ("c-1", "Hello", Usage(7, 2)) == (told.model, told.text, told.usage)
        assert [("system", "Be brief."), ("user", "Hi")] == [
            (each.role, each.content) for each in told.messages
        ]


def test_image_must_begin_as_one():
    """Base64 of anything else is not shown as an image; an address is a link."""
    script = base64.b64encode(b"<svg onload=alert(1)>").decode()
    answer = {"data": [{"b64_json": ENCODED}, {"b64_json": script}, {"url": "https://example.org/1.png"}]}
    told = summarise(call("images/generations", {"prompt": "a pen"}, answer))
    assert [PNG] == [image.data for image in told.images]
    assert ("https://example.org/1.png",) == told.links
    assert "a pen" == told.messages[0].content


def test_provider_error_is_read():
    """The provider's message is what a person needs to see."""
    told = summarise(call("responses", {"input": "hi"}, {"error": {"message": "No such model"}}, status=404))
    assert ("No such model", "hi") == (told.error, told.messages[0].content)


@given(st.sampled_from([end.removeprefix("/v1").strip("/") for end in ENDPOINTS] + ["other"]), JSON, JSON)
def test_no_json_breaks_a_summary(endpoint, request, answer):
    """Whatever shape request and answer have, reading them does not raise."""
    summarise(call(endpoint, request, answer))
    stream = replace(call(endpoint, request, answer), body=sse(answer) * 2, content_type="text/event-stream")
    summarise(stream)


@given(
    st.sampled_from(["chat/completions", "responses"]),
    st.binary(max_size=60),
    st.sampled_from(["", "gzip", "br", "x"]),
)
def test_no_bytes_break_a_summary(endpoint, body, encoding):
    """Broken JSON, broken compression, unknown compression: nothing raises."""
    headers = (("content-encoding", encoding),)
    for content_type in ("application/json", "text/event-stream", None):
        summarise(replace(CALL, endpoint=endpoint, body=body, headers=headers, content_type=content_type))


def test_deeply_nested_answer_reads_as_nothing():
    """A hostile answer cannot exhaust the stack."""
    assert None is summarise(replace(CALL, body=b"[" * 200_000)).text


HOST = "api.openai.com"


@pytest.mark.parametrize(
    ("host", "model", "answer", "cost"),
    [
        (HOST, "gpt-4o-mini", {}, 0.75),
        (HOST, "gpt-4o-mini-2024-07-18", {}, 0.75),
        (HOST, "gpt-4o-mini", {"usage": {"prompt_tokens_details": {"cached_tokens": 100_000}}}, 0.7425),
        (HOST, "gpt-4o-mini", {"service_tier": "default"}, 0.75),
        (HOST, "gpt-4o-mini", {"service_tier": "flex"}, None),
        (HOST, "gpt-4o-mini", {"usage": {"prompt_tokens_details": {"audio_tokens": 5}}}, None),
        (HOST, "gpt-4o-mini", {"output": [{"type": "web_search_call"}]}, None),
        (HOST, "gpt-4o-mini", {"output": [{"type": "function_call"}]}, 0.75),
        (HOST, "gpt-unheard-of", {}, None),
        (HOST, None, {}, None),
        ("127.0.0.1:4010", "gpt-4o-mini", {}, None),
        ("api.anthropic.com", "claude-haiku-4-5-20251001", {}, 6.2),
        ("api.anthropic.com", "claude-haiku-4-5", {"usage": {"cache_creation_input_tokens": 9}}, None),
    ],
)
def test_cost_is_known_or_unknown_and_never_guessed(host, model, answer, cost):
    """A price holds for its host, model, tier and kind of token; all else is unknown."""
    found = price_of(host, model, Usage(200_000, 1_200_000), answer)
    expected = None if cost is None else pytest.approx(cost)
    assert expected == found


def test_long_context_has_another_price():
    """Beyond the short context the table does not hold."""
    assert None is price_of(HOST, "gpt-5.5", Usage(300_000, 1), {})
