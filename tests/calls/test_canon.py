"""A conversation that goes on is read quickly, and exactly as if it were new."""

import json

from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.calls.keys import key_of, read_request
from notebook_agent.redact import redact_json
from tests.calls.test_keys import VALUES

BODIES = st.fixed_dictionaries(
    {"model": st.text()},
    optional={
        "messages": st.lists(VALUES, max_size=4) | VALUES,
        "input": st.lists(VALUES, max_size=4),
        "zeta": VALUES,
        "Alpha": VALUES,
    },
)


def read(body):
    return read_request(
        "POST", "h", "/v1/chat/completions", content_type="application/json", body=json.dumps(body).encode()
    )


@given(BODIES)
def test_what_is_read_is_the_redacted_body(body):
    """And its key is the one that follows from it, as for a request that is read from a file."""
    for _ in range(2):
        asked = read(body)
        assert redact_json(body) == asked.request
        assert key_of("POST", "chat/completions", asked.request) == asked.key


def test_messages_of_a_conversation_are_the_same_objects():
    """So that a store that has written them writes only what is new."""
    said = [{"role": "user", "content": f"{n} " * 99} for n in range(3)]
    first, second = read({"messages": said[:2]}).request, read({"messages": said}).request
    assert all(a is b for a, b in zip(first["messages"], second["messages"], strict=False))
    assert said == second["messages"]


def test_secret_that_is_set_later_is_redacted_in_what_was_seen_before(monkeypatch):
    """What is known of a message holds for the environment in which it was read."""
    body = {"messages": [{"role": "user", "content": "the word is correct-horse"}]}
    assert body == read(body).request
    monkeypatch.setenv("WEATHER_TOKEN", "correct-horse")
    assert "the word is [env-secret]" == read(body).request["messages"][0]["content"]


def test_messages_that_differ_in_a_secret_have_one_key():
    """The key follows from what is kept."""
    keys = {
        read({"messages": [{"role": "user", "content": f"use sk-{secret * 5}"}]}).key
        for secret in ("a1b2c3d4", "z9y8x7w6")
    }
    assert 1 == len(keys)


def test_much_is_forgotten():
    """A long conversation of pictures does not stay in memory, and is read all the same."""
    for n in range(4):
        body = {"messages": [{"role": "user", "content": f"{n}" * 3_000_000}]}
        assert body == read(body).request


def test_body_that_is_nested_too_deeply_is_kept_by_its_hash():
    """It is sent as it is."""
    deep = b'{"messages": [' + b"[" * 900 + b"]" * 900 + b"]}"
    asked = read_request("POST", "h", "/v1/chat/completions", content_type="application/json", body=deep)
    assert {"sha256", "bytes"} == asked.request.keys()
