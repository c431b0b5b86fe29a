"""Forks whose first steps make no call: what serves a later one is what would have served it anyway."""

from __future__ import annotations

import threading

import openai
import pytest

from notebook_agent import action
from notebook_agent.builder import ApplicationBuilder
from tests.servers import OpenAIServer


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def ask(server):
    with openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=0) as client:

        def one(text):
            answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
            return answer.choices[0].message.content

        yield one


def thinking(driver, ask):
    """Two steps that make no call, and one that does."""

    @driver.action(reads=["n"], writes=["n"])
    def think(state, by):
        return state.update(n=state["n"] + by)

    @driver.action(reads=[], writes=["n"])
    def rest(state):
        return state.update(n=0)

    @driver.action(reads=[], writes=["said"])
    def answer(state):
        return state.update(said=ask("hi"))

    builder = ApplicationBuilder().with_actions(think=think, rest=rest, answer=answer)
    return (
        builder
        .with_transitions(("think", "rest"), ("rest", "answer"))
        .with_entrypoint("think")
        .with_state(n=0)
    )


@pytest.mark.parametrize(("by", "sent"), [(1, 1), (2, 2)])
def test_an_input_of_a_step_without_calls_counts(driver, server, ask, by, sent):
    """Where it differs from the recorded one, the later call is made anew."""
    app = thinking(driver, ask).build()
    driver.run(app, inputs={"by": 1})
    driver.run(app.fork(None), inputs={"by": by})
    assert sent == len(server.journal)


def test_a_fork_that_is_gone_on_with_by_another_application_is_served_too(driver, server, ask):
    """It knows of its own steps from the store alone."""
    app = thinking(driver, ask).build()
    driver.run(app, inputs={"by": 1})
    fork = app.fork(None)
    driver.step(fork, inputs={"by": 1})
    driver.run(fork.reopen(), inputs={"by": 1})
    assert 1 == len(server.journal)


def test_a_call_of_a_thread_that_outlives_its_step_is_served_as_the_step_s(server, ask):
    """The fork has gone on to the next step when it asks."""
    threads = []
    may_ask = threading.Event()

    def late():
        may_ask.wait(10)
        ask("late")

    def begin(state):
        threads.append(threading.Thread(target=late))
        threads[-1].start()
        return state.update(n=1)

    def go(state):
        may_ask.set()
        threads[-1].join()
        may_ask.clear()
        return state.update(n=2)

    builder = ApplicationBuilder().with_actions(
        begin=action(reads=[], writes=["n"])(begin), go=action(reads=[], writes=["n"])(go)
    )
    app = builder.with_transitions(("begin", "go")).with_entrypoint("begin").build()
    app.run()
    app.fork(None).run()
    assert 1 == len(server.journal)
