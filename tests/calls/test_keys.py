"""What is a call to a model, and what makes two calls the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.calls.keys import endpoint_of, key_of, read_request

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v1/chat/completions", "chat/completions"),
        ("/chat/completions", "chat/completions"),
        ("/openai/deployments/gpt/chat/completions", "chat/completions"),
        ("/v1/responses", "responses"),
        ("/v1/images/generations", "images/generations"),
        ("/v1/images/edits/", "images/edits"),
        ("/proxy/v1/embeddings", "embeddings"),
        ("/anthropic/v1/messages", "messages"),
        ("/channels/7/messages", None),
        ("/v1/messages/count_tokens", None),
        ("/v1/images/upload", None),
        ("/v1/models", None),
        ("/my-chat/completions", None),
        ("/", None),
    ],
)
def test_endpoint_is_known_by_the_end_of_its_path(path, endpoint):
    """Whatever the base path is; other paths are no model calls."""
    assert endpoint == endpoint_of("POST", "example.org", path)


def test_only_a_post_is_a_call():
    """Fetching a stored response is none."""
    assert None is endpoint_of("GET", "example.org", "/v1/responses")


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_order_of_fields_does_not_count(body):
    """Two bodies with the same fields in another order are the same call."""
    turned = dict(reversed(list(body.items())))
    assert key_of("POST", "chat/completions", body) == key_of("POST", "chat/completions", turned)


@given(VALUES, VALUES)
def test_different_bodies_have_different_keys(one, other):
    """What differs as JSON has another key."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert same == (key_of("POST", "responses", one) == key_of("POST", "responses", other))


def test_body_that_is_no_json_is_kept_by_its_hash():
    """Its bytes are not in the record, and the same bytes are the same call."""
    asked = read_request("POST", "h", "/v1/chat/completions", content_type="text/plain", body=b"\xff\x00")
    assert {"sha256", "bytes"} == asked.request.keys()


@given(
    st.binary(max_size=300),
    st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data", "", "json"]),
)
def test_no_body_breaks_reading(body, content_type):
    """Whatever is sent to a model endpoint can be read."""
    read_request("POST", "h", "/v1/images/edits", content_type=content_type, body=body)
