"""The report of a step that failed."""

from __future__ import annotations

import json
from dataclasses import replace

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import Failure, StepRecord
from notebook_agent.view import failure_report

REF = StepRef(RunKey("agent-demo", "chat-7f3a"), 10)
CHAT = [{"role": "user", "content": "hi"}, {"role": "user", "content": "draw a pen"}]


def step(message: str = "Demo error") -> StepRecord:
    failure = Failure("ValueError", message, "Traceback ..")
    return StepRecord(
        REF,
        "generate_image",
        "failed",
        started_at=1.0,
        ended_at=2.0,
        code="c0de",
        decision=None,
        next=None,
        failure=failure,
        reads=(),
        writes=(),
    )


def call(status: int | None, error: str | None = None, *, key: str = "k") -> CallRecord:
    return CallRecord(
        step=REF,
        action="generate_image",
        span=None,
        key=key,
        method="POST",
        host="api.example.org",
        endpoint="images/generations",
        model="paint-1",
        request={"model": "paint-1", "prompt": "draw a pen"},
        streamed=False,
        status=status,
        content_type="application/json",
        body=b"{}",
        complete=status is not None,
        error=error,
        started_at=1.0,
        first_at=None,
        ended_at=2.5,
    )


def test_it_says_what_failed_on_what_and_what_to_do():
    """Action, exception, state, inputs and the way on, in a few lines."""
    report = failure_report(
        step(), State({"chat": CHAT, "mode": "generate_image"}), {"prompt": "draw a pen"}, []
    )
    expected = """\
generate_image failed at step @10 of run chat-7f3a
  ValueError: Demo error

  state
    chat  2 items, the last: {'role': 'user', 'content': 'draw a pen'}
    mode  'generate_image'

  inputs
    prompt  'draw a pen'

The state is as it was before this step; generate_image is still next.
Fix the cell and run it, then: %agent retry  (in Python: app.retry())"""
    assert report == expected


def test_the_call_that_failed_is_named():
    """Among several calls it is the failed one."""
    report = failure_report(step(), {}, {}, [call(400, "no such size"), call(200, key="other")])
    assert (
        "  the LLM call that failed\n"
        "    images/generations · paint-1 · HTTP 400 · 1.5 s: no such size\n"
        "    asked: draw a pen\n"
        "    %agent calls @10 shows all of it\n"
    ) in report


def test_attempts_of_the_client_are_counted():
    """One that was answered in the end did not fail."""
    storm = [call(429, "Slow down"), call(429, "Slow down"), call(429, "Slow down")]
    assert "HTTP 429 · 3 attempts in 1.5 s: Slow down" in failure_report(step(), {}, {}, storm)
    answered = failure_report(step(), {}, {}, [*storm, call(200)])
    assert ("HTTP 200 · 1.5 s" in answered, "429" in answered) == (True, False)


def test_a_call_that_was_not_sent_says_so():
    """It took no time."""
    refused = replace(call(None, "not sent: The budget of 1 call is spent."), ended_at=None)
    report = failure_report(step(), {}, {}, [refused])
    assert "    images/generations · paint-1: not sent: The budget of 1 call is spent.\n" in report


def test_the_answer_that_a_step_failed_on_is_quoted():
    """On one line, secrets masked."""
    body = {"choices": [{"message": {"content": "seven\nsk-proj-" + "a1B2" * 12}}]}
    answered = replace(call(200), endpoint="chat/completions", body=json.dumps(body).encode())
    assert "    answered: seven [openai-key]\n" in failure_report(step(), {}, {}, [answered])


def test_a_call_that_succeeded_is_the_last_one():
    """Where no call failed, the last one is a hint."""
    assert "  its last LLM call\n    images/generations · paint-1 · HTTP 200 · 1.5 s" in failure_report(
        step(), {}, {}, [call(200)]
    )


def test_secrets_are_masked():
    """Not in the state, the inputs, the exception or a call's error."""
    secret = "sk-proj-" + "a1B2" * 12
    report = failure_report(step(f"key {secret}"), {"a": secret}, {"b": secret}, [call(401, f"bad {secret}")])
    assert [report.count(secret), report.count("[openai-key]")] == [0, 4]


def test_long_values_are_cut():
    """A report stays readable whatever the state holds."""
    report = failure_report(step("m" * 9_000), {f"k{n}": "x" * 9_000 for n in range(99)}, {}, [])
    assert len(report) < 4_000
    assert "    and 79 more keys" in report.splitlines()
