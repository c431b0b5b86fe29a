"""An agent to fork many times: functions that can be imported in other processes."""

from __future__ import annotations

import os
import signal

import openai

from notebook_agent import ApplicationBuilder
from notebook_agent.action import action
from notebook_agent.condition import default, when


@action(reads=[], writes=["question"])
def ask(state, question):
    return state.update(question=question)


@action(reads=["level"], writes=["score"])
def judge(state):
    if state["level"] == 13:
        raise ValueError("thirteen brings bad luck")
    return state.update(score=state["level"] * 2)


@action(reads=["level"], writes=["score"])
def judge_kindly(state):
    return state.update(score=100)


@action(reads=["score", "question"], writes=["answer"])
def answer(state):
    return state.update(answer=f"{state['question']} {state['score']}")


@action(reads=["score"], writes=["answer"])
async def answer_later(state):
    import asyncio

    await asyncio.sleep(0)
    return state.update(answer=f"later {state['score']}")


@action(reads=["level"], writes=["score"])
def judge_and_die(state):
    if state["level"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return state.update(score=1)


@action(reads=["model"], writes=["answer"])
def call(state):
    with openai.OpenAI(max_retries=0) as client:
        asked = [{"role": "user", "content": f"level {state['level']}"}]
        reply = client.chat.completions.create(model=state["model"], messages=asked)
    return state.update(answer=reply.choices[0].message.content)


@action(reads=["score"], writes=["sent"], effect="irreversible")
def send(state):
    return state.update(sent=state["score"])


def quiz(**actions):
    """A loop of ask, judge and answer that was run for two turns."""
    given = {"ask": ask, "judge": judge, "answer": answer, **actions}
    builder = ApplicationBuilder().with_actions(**given)
    builder.with_transitions(("ask", "judge"), ("judge", "answer"), ("answer", "ask"))
    return builder.with_entrypoint("ask")


def run_twice(builder):
    """Two turns at level 1."""
    app = builder.with_state(level=1).build()
    for question in ("first", "second"):
        app.run(halt_after=["answer"], inputs={"question": question})
    return app


def sending(*, sent):
    """An agent that sends what it judges; with `sent` it has done so."""
    builder = ApplicationBuilder().with_actions(ask=ask, judge=judge, send=send, rest=judge_kindly)
    builder.with_transitions(
        ("ask", "judge"), ("judge", "send", when(level__lt=5)), ("judge", "rest", default)
    )
    app = builder.with_entrypoint("ask").with_state(level=1).build()
    app.run(halt_after=["send" if sent else "judge"], inputs={"question": "to whom"})
    return app
