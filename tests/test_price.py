"""What running steps again takes is said before, and true."""

from __future__ import annotations

import asyncio
import random

import openai
import pytest

from notebook_agent import calls
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls import Forecast
from notebook_agent.calls.prices import PRICES
from notebook_agent.errors import LedgerMissError
from tests.generated import Program, calls_of
from tests.servers import Answer, OpenAIServer


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def ask(server):
    """Ask the model one thing."""
    http = openai.DefaultHttpxClient(verify=False)
    with openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=0, http_client=http) as client:

        def one(text):
            messages = [{"role": "user", "content": text}]
            return client.chat.completions.create(model="m-1", messages=messages).choices[0].message.content

        yield one


def chain(driver, ask, *, edited=False):
    """Three steps, each of which asks about what the one before has written."""

    @driver.action(reads=["topic"], writes=["plan"])
    def plan(state):
        return state.update(plan=ask(f"plan {state['topic']}"))

    @driver.action(reads=["plan"], writes=["text"])
    def write(state):
        return state.update(text=ask(f"write {state['plan']}"))

    @driver.action(reads=[], writes=["sign"])
    def sign(state):
        return state.update(sign=ask("sign"))

    @driver.action(reads=["plan"], writes=["text"])
    def rewrite(state):
        return state.update(text=ask(f"write better {state['plan']}"))

    builder = ApplicationBuilder().with_actions(plan=plan, write=rewrite if edited else write, sign=sign)
    builder.with_transitions(("plan", "write"), ("write", "sign"))
    return builder.with_entrypoint("plan").with_state(topic="a pen")


def made(app, after=-1):
    """How many calls were served, and how many left, those of branches counted."""
    found = calls_of(app, after)
    return sum(call.replayed for call in found), sum(not call.replayed for call in found)


def go(program, app, steps):
    """Run some steps of a program."""
    if program.awaited:

        async def run():
            for _ in range(steps):
                await app.astep()

        asyncio.run(run())
    else:
        for _ in range(steps):
            app.step()


@pytest.mark.parametrize("seed", range(16))
def test_unchanged_code_makes_the_calls_that_were_foretold(seed):
    """From every step of a generated run, some of whose calls the client had to repeat."""
    program, chance = Program.of(seed), random.Random(seed)
    with OpenAIServer() as server:
        app = program.builder(server.base_url).build()
        for _ in range(program.steps):
            server.answer(*([Answer.error(429, "Slow down")] if chance.random() < 0.3 else []))
            go(program, app, 1)
        for seq in (None, *range(program.steps)):
            rest = program.steps - (0 if seq is None else seq + 1)
            told, fork = app.price(seq), app.fork(seq)
            assert told == fork.price()
            go(program, fork, rest)
            assert (rest, *made(fork, -1 if seq is None else seq)) == (told.steps, told.served, told.live)


def test_a_step_whose_second_call_failed_pays_for_one(driver, server, ask):
    """The retry is served the first, and makes the second."""

    @driver.action(reads=[], writes=["said"])
    def work(state):
        return state.update(said=[ask("one"), ask("two")])

    app = ApplicationBuilder().with_actions(work=work).with_entrypoint("work").build()
    server.answer(Answer.of({"choices": [{"message": {"content": "1"}}]}), Answer.error(500, "Oops"))
    with pytest.raises(openai.InternalServerError):
        driver.step(app)
    told = app.price()
    driver.retry(app)
    assert Forecast(1, 1, 1, None, unfinished=True) == told
    assert (1, 1) == made(app, 0)
    assert "1 step runs again; 1 call replayed, up to 1 call to the model (price not known)" == str(told)


def test_a_step_that_failed_on_good_answers_pays_for_all(driver, ask):
    """With unchanged code they are not served again."""

    @driver.action(reads=[], writes=["n"])
    def work(state):
        return state.update(n=int(ask("one")))

    app = ApplicationBuilder().with_actions(work=work).with_entrypoint("work").build()
    with pytest.raises(ValueError, match="invalid literal"):
        driver.step(app)
    assert (0, 1) == (app.price().served, app.price().live)


def test_an_answer_that_came_at_the_second_try_is_not_served_to_the_code_that_fails_on_it(driver, server):
    """That the client had to repeat its request makes the answer no better."""
    client = openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=1)

    @driver.action(reads=[], writes=["n"])
    def work(state):
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "one"}])
        return state.update(n=int(answer.choices[0].message.content))

    app = ApplicationBuilder().with_actions(work=work).with_entrypoint("work").build()
    server.answer(Answer.error(429, "Slow down"))
    for again in (driver.step, driver.retry):
        with pytest.raises(ValueError, match="invalid literal"):
            again(app)
    client.close()
    assert 3 == len(server.journal)


def test_code_that_has_changed_may_ask_something_else(driver, server, ask):
    """And so may what reads what it writes; the rest is served. The price is what it was."""
    host = server.base_url.split("/")[2]
    calls.register_price("m-1", host=host, input=1000.0, output=1000.0)
    app = chain(driver, ask).build()
    driver.run(app)
    edited = chain(driver, ask, edited=True).build().graph.get_action("write")
    told = app.price(None, actions={"write": edited})
    assert (3, 2, 1) == (told.steps, told.served, told.live)
    asked = "2 calls replayed, 1 more replayed if asking the same, else sent to the model (about $0.015)"
    assert f"3 steps run again; {asked}" == str(told)
    del PRICES[host]


def test_a_changed_value_is_followed_through_the_state(driver, ask):
    """What is planned differs, so what is written does; the signature is served."""
    app = chain(driver, ask).build()
    driver.run(app)
    told = app.price(None, {"topic": "a hat"})
    fork = app.fork(None, {"topic": "a hat"})
    assert told == fork.price()
    driver.run(fork)
    assert (1, 2) == (told.served, told.live) == made(fork)


def test_the_mode_counts(driver, ask):
    """In fresh all leave, in strict none can."""
    app = chain(driver, ask).build()
    driver.run(app)
    app.ledger = "fresh"
    assert (0, 3) == (app.price(None).served, app.price(None).live)
    app.ledger = "strict"
    assert (3, 0) == (app.price(None).served, app.price(None).live)


def test_what_strict_has_refused_has_no_record(driver, ask):
    """A retry would be refused again, and says so before."""
    app = chain(driver, ask).with_ledger("strict").build()
    with pytest.raises(LedgerMissError):
        driver.step(app)
    told = app.price()
    assert (0, 0, 1) == (told.served, told.live, told.missing)
    assert "1 step runs again; 1 call has no record" == str(told)


def test_steps_without_calls_say_so(driver):
    """There is nothing to pay."""

    @driver.action(reads=[], writes=[])
    def rest(state):
        return state

    app = ApplicationBuilder().with_actions(rest=rest).with_entrypoint("rest").build()
    driver.step(app)
    assert "1 step runs again; no LLM calls are recorded for it" == str(app.price(None))
