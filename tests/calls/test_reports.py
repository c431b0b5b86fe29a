"""Why a step failed: its report names the call, its status, the provider's message and the attempts."""

import json
import re

import httpx
import openai
import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import LedgerMissError
from tests.servers import Answer, Hold, sse

ONE = sse({"choices": [{"index": 0, "delta": {"content": "one"}, "finish_reason": None}]})
DONE = sse("[DONE]")
MILLIONS = Answer.of({"choices": [{"message": {"content": "0123456789" * 1_000_000}}]})
CUT = "cut: RemoteProtocolError: peer closed connection without sending complete message body"


def ask(url, *, stream=False, **options):
    """Ask with the real client; read the answer as JSON, which it is not."""
    with openai.OpenAI(base_url=url, api_key="k", **options) as client:
        made = client.chat.completions.create(
            model="m-1", messages=[{"role": "user", "content": "a pen"}], stream=stream
        )
        if stream:
            return "".join(chunk.choices[0].delta.content or "" for chunk in made)
        return json.loads(made.choices[0].message.content)


def report(work, ledger="auto"):
    """Run one step that does this; return what the report says of the call, times left out."""

    @action(reads=[], writes=["answer"])
    def asking(state):
        return state.update(answer=work())

    builder = ApplicationBuilder().with_actions(asking=asking).with_entrypoint("asking")
    app = builder.with_ledger(ledger).build()
    try:
        app.step()
    except Exception as error:  # noqa: BLE001 (whatever the client raises: its report is read)
        told = "\n".join(error.__notes__)
        found = re.search(r"  (the LLM call that failed|its last LLM call)\n(.*)    %agent", told, re.DOTALL)
        lines = found[2].splitlines() if found else []
        return type(error), [re.sub(r"[\d.]+ (ms|s)\b", "N s", line.strip()) for line in lines]
    raise AssertionError("nothing failed")


ASKED = "asked: a pen"
HEAD = "chat/completions · m-1 · "
CASES = {
    "storm of refusals": (
        [Answer.error(429, "Slow down")] * 4,
        {"max_retries": 3},
        openai.RateLimitError,
        [f"{HEAD}HTTP 429 · 4 attempts in N s: Slow down", ASKED],
    ),
    "server's error that no retry mended": (
        [Answer.error(500, "Oops")] * 2,
        {"max_retries": 1},
        openai.InternalServerError,
        [f"{HEAD}HTTP 500 · 2 attempts in N s: Oops", ASKED],
    ),
    "refusal": (
        [Answer.error(400, "Unknown model m-1")],
        {},
        openai.BadRequestError,
        [f"{HEAD}HTTP 400 · N s: Unknown model m-1", ASKED],
    ),
    "broken event": (
        [Answer.stream(ONE, b"data: {broken\n\n", DONE)],
        {"stream": True},
        json.JSONDecodeError,
        [f"{HEAD}HTTP 200 · N s: an event of the answer is no JSON", ASKED, "what came: one"],
    ),
    "error within a stream": (
        [Answer.stream(ONE, sse({"error": {"message": "Overloaded"}}), DONE)],
        {"stream": True},
        openai.APIError,
        [f"{HEAD}HTTP 200 · N s: Overloaded", ASKED, "what came: one"],
    ),
    "answer that is no JSON": (
        [Answer(200, [b"<html>Bad gateway</html>"])],
        {},
        json.JSONDecodeError,
        [f"{HEAD}HTTP 200 · N s: the answer is no JSON", ASKED, "what came: <html>Bad gateway</html>"],
    ),
    "large answer that the action could not use": (
        [MILLIONS],
        {},
        json.JSONDecodeError,
        [f"{HEAD}HTTP 200 · N s", ASKED, f"answered: {'0123456789' * 20}"[:209] + "…"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_report_names_the_call(server, case):
    """With what the provider said and what came."""
    answers, options, error, lines = CASES[case]
    server.answer(*answers)
    assert (error, lines) == report(lambda: ask(server.base_url, **options))


def test_report_of_a_dropped_stream(server):
    """With what had come."""
    server.answer(Answer.stream(ONE, cut=True))
    _, lines = report(lambda: ask(server.base_url, stream=True))
    assert [f"{HEAD}HTTP 200 · N s: {CUT}", ASKED, "what came: one"] == [
        line.removesuffix(" (incomplete chunked read)") for line in lines
    ]


@pytest.mark.parametrize("stream", [False, True])
def test_report_of_a_timeout(server, stream):
    """Each attempt is counted; what had come of a stream, where openai 2 raises httpx's error, is quoted."""
    holds = [Hold(), Hold()]
    make = Answer.stream if stream else lambda hold: Answer(200, [hold, b"{}"])
    server.answer(*(make(*([ONE] if stream else []), hold) for hold in holds))
    error, lines = report(lambda: ask(server.base_url, stream=stream, timeout=0.2, max_retries=1))
    for hold in holds:
        hold.open()
    took, came = ("N s", ["what came: one"]) if stream else ("2 attempts in N s", [])
    assert error in {openai.APITimeoutError, httpx.ReadTimeout}
    assert [f"{HEAD}HTTP 200 · {took}: timed out: ReadTimeout: timed out", ASKED, *came] == lines


def test_report_where_nobody_answers():
    """There is no status."""
    error, [line, *_] = report(lambda: ask("http://127.0.0.1:9/v1", max_retries=1))
    assert openai.APIConnectionError is error
    assert line.startswith(f"{HEAD}no answer · 2 attempts in N s: ConnectError: ")


def test_report_without_a_key_and_without_a_record(server, monkeypatch):
    """In strict replay the call that has no record is named; else the client itself says what is missing."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def work():
        messages = [{"role": "user", "content": "a pen"}]
        openai.OpenAI(base_url=server.base_url).chat.completions.create(model="m-1", messages=messages)

    missed = ["chat/completions · m-1: not sent: no record in strict replay", ASKED]
    assert (LedgerMissError, missed) == report(work, "strict")
    assert (openai.OpenAIError, []) == report(work)
    assert [] == server.journal
