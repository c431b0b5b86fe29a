"""What servers send when something is wrong: it passes, is kept as it is, and says what it was."""

from html import unescape

import openai
import pytest

from notebook_agent.builder import ApplicationBuilder
from tests.calls.conftest import asked, streamed, words
from tests.servers import Answer, sse

DELTA = sse({"choices": [{"index": 0, "delta": {"content": "one"}, "finish_reason": None}]})
DONE = sse("[DONE]")


def test_answer_that_is_no_json_is_not_served_again(server, steps, client):
    """The client raises on it; asked again the call is live."""
    server.answer(Answer(200, [b"<html>Bad gateway</html>"]))
    with pytest.raises(ValueError, match="Expecting value"), steps.open(0):
        asked(client, "a pen")
    with steps.open(1, partners=[0]):
        assert "Echo: a pen" == asked(client, "a pen")
    first, second = steps.calls(0, 1)
    assert (200, "the answer is no JSON", False) == (first.status, first.error, first.complete)
    assert "the same request had failed: HTTP 200, the answer is no JSON" == second.drift


def test_stream_with_a_broken_event_is_not_served_again(server, steps, client):
    """Though it came to its end."""
    server.answer(Answer.stream(DELTA, b"data: {broken\n\n", DONE))
    with pytest.raises(ValueError, match="Expecting property name"), steps.open(0):
        words(streamed(client, "count"))
    [call] = steps.calls(0)
    assert (False, "an event of the answer is no JSON") == (call.complete, call.error)


def test_large_answer_is_kept_and_served(server, steps, client):
    """Ten megabytes, byte by byte."""
    text = "0123456789" * 1_000_000
    server.answer(Answer.of({"choices": [{"message": {"content": text}}]}))
    for seq, mode, partners in ((0, "auto", []), (1, "strict", [0])):
        with steps.open(seq, mode, partners):
            assert text == asked(client, "much")
    assert 1 == len(server.journal)


def test_storm_of_refusals_is_listed_one_by_one(server, steps, client):
    """The client gives up; each attempt is there with the provider's message."""
    server.answer(*(Answer.error(429, "Slow down") for _ in range(5)))
    with pytest.raises(openai.RateLimitError, match="Slow down"), steps.open(0):
        asked(client.with_options(max_retries=4), "a pen")
    assert [(429, "Slow down")] * 5 == [(call.status, call.error) for call in steps.calls(0)]


def test_secret_in_a_prompt_is_exact_where_it_is_used_and_masked_where_it_is_shown(server, client):
    """Exact in the state and on the wire; in the stored request, the report and the list its rule's name."""
    secret = "sk-proj-" + "a1B2" * 12

    def failing(state):
        asked(client, f"use {state['secret']}")
        raise ValueError(f"bad {state['secret']}")

    from notebook_agent.action import action
    from notebook_agent.session import Agent
    from notebook_agent.session.screen import SilentScreen

    made = action(reads=["secret"], writes=[])(failing)
    builder = ApplicationBuilder().with_actions(fail=made).with_entrypoint("fail")
    app = builder.with_state(secret=secret).build()
    with pytest.raises(ValueError, match="bad") as caught:
        app.step()
    agent = Agent({}, SilentScreen()).use(app)
    shown = [
        *caught.value.__notes__,
        str(agent.calls("@0")),
        unescape(agent.calls("@0").html()),
        str(app.history.calls(0)[0].request),
    ]
    assert (secret, True) == (app.state["secret"], secret in server.journal[0].body.decode())
    assert [0] * 4 == [text.count(secret) for text in shown]
    assert all("[openai-key]" in text for text in shown)


def test_tokens_that_no_provider_counts_are_unknown(server, steps, ask):
    """A number of 400 digits breaks neither the price nor the store."""
    choices = [{"message": {"content": "hi"}}]
    server.answer(
        Answer.of({"choices": choices, "usage": {"prompt_tokens": 10**400, "completion_tokens": -1}})
    )
    with steps.open(0):
        assert "hi" == ask("a pen")
    assert [(True, None, None)] == [(call.complete, call.usage, call.cost) for call in steps.calls(0)]


def test_headers_that_are_no_ascii_do_not_break_a_replay(server, steps, ask):
    """They are not kept."""
    server.answer(Answer.of({"choices": [{"message": {"content": "hi"}}]}, x_request_id="r\xe9q"))
    with steps.open(0):
        ask("a pen")
    with steps.open(1, "strict", partners=[0]):
        assert "hi" == ask("a pen")
    assert [(), ()] == [call.headers for call in steps.calls(0, 1)]
