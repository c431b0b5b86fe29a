"""What reaches a server that none of us wrote, by its own journal: nothing is paid twice."""

from __future__ import annotations

import httpx
import openai
import pytest

from notebook_agent.builder import ApplicationBuilder
from tests.openai_server.server import PROGRAM, arrived, local_server
from tests.servers import OpenAIServer

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="the local server is not installed: make test")
ANSWERS = {
    "draw a pen": "a pen",
    "draw a hat": "a hat",
    "colour a pen": "a red pen",
    "colour a hat": "a grey hat",
    "frame it": "framed",
    "once bad": "good now",
    "count": "7",
}
FAILS = {"error": {"message": "Oops", "type": "server_error"}, "status": 500}


def says(text):
    return {"match": {"userMessage": text}, "response": {"content": ANSWERS[text]}}


@pytest.fixture
def url(tmp_path):
    fails = {"match": {"userMessage": "once bad", "sequenceIndex": 0}, "response": FAILS}
    odd = {"match": {"userMessage": "count", "sequenceIndex": 0}, "response": {"content": "seven"}}
    with local_server(tmp_path, [fails, odd, *map(says, ANSWERS)]) as url:
        yield url


@pytest.fixture
def ask(url):
    """Ask the server one thing; a client that tries again is none of these tests' concern."""
    with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:

        def one(text):
            answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
            return answer.choices[0].message.content

        yield one


def painting(driver, ask):
    """Four steps: three calls, of which the second asks what the first answered."""

    @driver.action(reads=["thing"], writes=["drawn"])
    def draw(state):
        return state.update(drawn=ask(f"draw {state['thing']}"))

    @driver.action(reads=["drawn"], writes=["coloured"])
    def colour(state):
        return state.update(coloured=ask(f"colour {state['drawn']}"))

    @driver.action(reads=[], writes=["framed"])
    def frame(state):
        return state.update(framed=ask("frame it"))

    builder = ApplicationBuilder().with_actions(draw=draw, colour=colour, frame=frame)
    builder.with_transitions(("draw", "colour"), ("colour", "frame"))
    return builder.with_entrypoint("draw").with_state(thing="a pen")


def test_retry_sends_exactly_the_calls_that_had_not_succeeded(driver, url, ask):
    """The first of three is served; the second, which failed, and the third arrive."""

    @driver.action(reads=[], writes=["said"])
    def work(state):
        return state.update(said=[ask("draw a pen"), ask("once bad"), ask("frame it")])

    app = ApplicationBuilder().with_actions(work=work).with_entrypoint("work").build()
    with pytest.raises(openai.InternalServerError):
        driver.step(app)
    assert 2 == len(arrived(url))
    driver.retry(app)
    assert ["a pen", "good now", "framed"] == app.state["said"]
    assert 4 == len(arrived(url))


def test_retry_after_a_malformed_answer_is_live_and_says_so(driver, url, ask):
    """With unchanged code the same answer would fail it again."""

    @driver.action(reads=[], writes=["n"])
    def work(state):
        return state.update(n=int(ask("count")))

    app = ApplicationBuilder().with_actions(work=work).with_entrypoint("work").build()
    with pytest.raises(ValueError, match="invalid literal"):
        driver.step(app)
    driver.retry(app)
    assert (7, 2) == (app.state["n"], len(arrived(url)))
    said = "work failed although its call had succeeded, and its code is unchanged: the model is called again"
    assert [{"note": said}] == app.history.values(1).events


def test_unchanged_fork_sends_nothing(driver, url, ask):
    """Neither from the start nor from a step in the middle."""
    app = painting(driver, ask).build()
    driver.run(app)
    for where in (None, 0, 1):
        fork = app.fork(where)
        driver.run(fork)
        assert app.state == fork.state
    assert 3 == len(arrived(url))


def test_fork_with_an_edited_prompt_sends_what_differs_and_what_follows(driver, url, ask):
    """The third call is the same as before and is served."""
    app = painting(driver, ask).build()
    driver.run(app)
    fork = app.fork(None, {"thing": "a hat"})
    driver.run(fork)
    assert ("a grey hat", "framed") == (fork.state["coloured"], fork.state["framed"])
    assert 5 == len(arrived(url))
    assert [False, False, True] == [call.replayed for call in fork.history.calls()]


def test_a_tools_post_is_sent_each_time(driver, url, ask):
    """Beside a call that is served, also in strict."""
    with OpenAIServer() as shop:

        @driver.action(reads=[], writes=["said"])
        def work(state):
            httpx.post(f"{shop.base_url}/orders", json={"model": "bike"})
            return state.update(said=ask("draw a pen"))

        app = ApplicationBuilder().with_actions(work=work).with_entrypoint("work").build()
        driver.step(app)
        fork = app.fork(None)
        fork.ledger = "strict"
        driver.step(fork)
    assert (2, 1) == (len(shop.journal), len(arrived(url)))
