"""Spans: numbered, timed, kept with their step, whatever happens in them."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from notebook_agent.action import action, streaming_action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls import in_span
from notebook_agent.errors import ActionError
from notebook_agent.lifecycle import PostEndSpanHook
from tests.servers import OpenAIServer


def building(function, **state):
    made = action(reads=[], writes=[])(function)
    return ApplicationBuilder().with_actions(go=made).with_entrypoint("go").with_state(**state)


def spans_of(function, *, awaited=False):
    """Run an action once and return its spans without their times."""
    app = building(function).build()
    asyncio.run(app.astep()) if awaited else app.step()
    return told(app)


def told(app, seq=0):
    return [(s.uid, s.name, s.status, dict(s.attributes)) for s in app.history.spans(seq)]


def test_spans_are_numbered_as_they_nest():
    """By the step, then by the place in each level, from 0."""

    def go(state, __tracer):
        with __tracer("a"), __tracer("b"):
            pass
        with __tracer("c"):
            with __tracer("d"):
                pass
            with __tracer("e"):
                pass
        return state

    assert [
        ("0:0", "a", "completed", {}),
        ("0:0.0", "b", "completed", {}),
        ("0:1", "c", "completed", {}),
        ("0:1.0", "d", "completed", {}),
        ("0:1.1", "e", "completed", {}),
    ] == spans_of(go)


def test_the_number_of_the_step_stands_first():
    """It is that of the step in its run."""

    def go(state, __tracer):
        with __tracer("a") as span:
            seen.append(span.uid)
        return state

    seen = []
    made = action(reads=[], writes=[])(go)
    app = (
        ApplicationBuilder()
        .with_actions(go=made)
        .with_transitions(("go", "go"))
        .with_entrypoint("go")
        .build()
    )
    app.step()
    app.step()
    assert ["0:0", "1:0"] == seen


def test_attributes_are_kept_with_their_span():
    """A key that is logged again takes its last value; outside of spans they are the step's."""

    def go(state, __tracer):
        __tracer.log_attribute("before", 1)
        with __tracer("a") as span:
            span.log_attributes(x=1, y=[1, {"z": None}])
            span.log_attribute("x", 2)
            __tracer.log_attributes(w=True)
        __tracer.log_attributes(before=2, after=3)
        return state

    app = building(go).build()
    app.step()
    assert [("0:0", "a", "completed", {"x": 2, "y": [1, {"z": None}], "w": True})] == told(app)
    assert {"before": 2, "after": 3} == app.history.attributes(0)


def test_a_span_says_what_it_needs():
    """Names or uids, as given."""

    def go(state, __tracer):
        with __tracer("b", span_dependencies=["a", "0:0"]):
            pass
        return state

    app = building(go).build()
    app.step()
    assert [("a", "0:0")] == [span.dependencies for span in app.history.spans(0)]


def test_spans_are_timed_from_the_start_of_their_step():
    """An inner span lies in its outer one, and all of them in the step."""

    def go(state, __tracer):
        with __tracer("outer"), __tracer("inner"):
            pass
        return state

    app = building(go).build()
    app.step()
    outer, inner = app.history.spans(0)
    step = app.history[0]
    assert 0 <= outer.start <= inner.start <= inner.end <= outer.end
    assert outer.end <= step.ended_at - step.started_at + 1e-6


def test_an_error_marks_every_span_that_it_leaves(driver):
    """And the action's error is the one that is raised."""

    def go(state, __tracer):
        with __tracer("outer"), __tracer("inner"):
            raise ValueError("no")

    app = ApplicationBuilder().with_actions(go=driver.action([], [])(go)).with_entrypoint("go").build()
    with pytest.raises(ValueError, match="no"):
        driver.step(app)
    assert [("0:0", "failed", "ValueError: no"), ("0:0.0", "failed", "ValueError: no")] == [
        (span.uid, span.status, span.error) for span in app.history.spans(0)
    ]


def test_a_stop_interrupts_the_span():
    """It did not fail."""

    def go(state, __tracer):
        with __tracer("a"):
            raise KeyboardInterrupt

    app = building(go).build()
    with pytest.raises(KeyboardInterrupt):
        app.step()
    assert [("interrupted", "KeyboardInterrupt")] == [(s.status, s.error) for s in app.history.spans(0)]


def test_a_span_that_is_left_open_is_closed_and_marked(driver):
    """The hooks are told of its end too, the innermost first; what comes later is not kept."""

    class Ends(PostEndSpanHook):
        def post_end_span(self, *, span, **event):
            ended.append((span.name, span.status))

    def go(state, __tracer):
        for name in ("a", "b"):
            span = __tracer(name)
            span.__enter__()
            late.append(span)
        return state

    ended, late = [], []
    builder = ApplicationBuilder().with_actions(go=driver.action([], [])(go)).with_entrypoint("go")
    app = builder.with_hooks(Ends()).build()
    driver.step(app)
    late[0].log_attributes(x=1)
    late[0].__exit__(None, None, None)
    assert [("b", "left open"), ("a", "left open")] == ended
    assert [("0:0", "a", "left open", {}), ("0:0.0", "b", "left open", {})] == told(app)


def test_a_span_must_be_entered_first():
    """The error says how."""

    def go(state, __tracer):
        __tracer("a").log_attributes(x=1)

    with pytest.raises(ActionError, match=r"'a' is not open\. Enter it first"):
        spans_of(go)


def test_async_spans_nest_in_each_task():
    """Tasks that go on side by side do not see each other's spans."""

    async def branch(tracer, name, turn, next_turn):
        async with tracer(name):
            await turn.wait()
            async with tracer(f"{name} inner"):
                next_turn.set()
                await asyncio.sleep(0)

    async def go(state, __tracer):
        first, second = asyncio.Event(), asyncio.Event()
        first.set()
        async with __tracer("outer"):
            await asyncio.gather(branch(__tracer, "a", second, first), branch(__tracer, "b", first, second))
        return state

    assert [
        ("0:0", "outer", "completed", {}),
        ("0:0.0", "a", "completed", {}),
        ("0:0.1", "b", "completed", {}),
        ("0:0.0.0", "a inner", "completed", {}),
        ("0:0.1.0", "b inner", "completed", {}),
    ] == sorted(spans_of(go, awaited=True), key=lambda told: (len(told[0]), told[0]))


def at_once(tracer, run_each):
    """Open four spans at the same time, each in a thread."""
    gate = threading.Barrier(4)

    def work(n):
        with tracer(f"{n}") as span:
            span.log_attributes(n=n)
            gate.wait()

    run_each(work)


def in_a_pool(work):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def in_threads(work):
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("run_each", "expected"), [(in_a_pool, "0:0.0 0:0.1 0:0.2 0:0.3"), (in_threads, "0:1 0:2 0:3 0:4")]
)
def test_threads_open_spans_of_their_own(run_each, expected):
    """In the open span where a pool hands them its context, beside it where a bare thread has none."""

    def go(state, __tracer):
        with __tracer("outer"):
            at_once(__tracer, run_each)
        return state

    (outer, *spans) = spans_of(go)
    assert ("0:0", "outer") == outer[:2]
    assert expected.split() == [uid for uid, *_ in spans]
    assert {(str(n), n) for n in range(4)} == {(name, told["n"]) for _, name, _, told in spans}


def test_spans_of_a_stream_are_kept_with_its_pieces():
    """In the order in which they came; between two pieces the consumer is in no span of the action."""

    @streaming_action(reads=[], writes=[])
    def go(state, __tracer):
        with __tracer("all"):
            yield {"n": 1}
            with __tracer("more"):
                yield {"n": 2}
        yield {"n": 3}, state

    app = ApplicationBuilder().with_actions(go).with_entrypoint("go").build()
    _, stream = app.stream_result(halt_after=["go"])
    assert [{"n": 1}, {"n": 2}] == list(stream)
    assert [("0:0", "all", "completed", {}), ("0:0.0", "more", "completed", {})] == told(app)
    assert ["span", "item", "span", "item"] == [next(iter(each)) for each in app.history.values(0).events]


def test_secrets_are_masked_and_other_values_are_named(monkeypatch):
    """As everything that is kept."""
    monkeypatch.setenv("MY_TEST_KEY", "a very secret value")

    def go(state, __tracer):
        with __tracer("with a very secret value") as span:
            span.log_attributes(password="hunter2hunter2", lock=threading.Lock(), said="a very secret value")
        return state

    assert [
        (
            "0:0",
            "with [env-secret]",
            "completed",
            {"password": "[assigned-secret]", "lock": "<lock>", "said": "[env-secret]"},
        )
    ] == spans_of(go)


def test_the_message_of_an_error_is_masked(monkeypatch):
    """It may hold what was sent."""
    monkeypatch.setenv("MY_TEST_KEY", "a very secret value")

    def go(state, __tracer):
        with __tracer("a"):
            raise ValueError("a very secret value")

    app = building(go).build()
    with pytest.raises(ValueError):
        app.step()
    assert "ValueError: [env-secret]" == app.history.spans(0)[0].error


def test_values_that_are_no_json_cost_no_step():
    """What contains itself, numbers of numpy, members of enums, a whole State."""
    import enum

    import numpy as np

    class Colour(enum.StrEnum):
        red = "red"

    def go(state, __tracer):
        loop = []
        loop.append(loop)
        __tracer.log_attributes(n=np.float64(0.5), colour=Colour.red, state=state, loop=loop, keys={1: 2})
        return state

    app = building(go, x=1).build()
    app.step()
    kept = app.history.attributes(0)
    assert {"n": 0.5, "colour": "red", "state": "<State>", "keys": {"1": 2}} == {
        key: value for key, value in kept.items() if key != "loop"
    }


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def ask(server):
    with openai.OpenAI(base_url=server.base_url, api_key="test", max_retries=0) as client:
        client.chat.completions.create(model="small", messages=[{"role": "user", "content": "hello"}])


def test_a_call_carries_the_uid_of_its_span(server):
    """The innermost that is open; None outside of spans."""

    def go(state, __tracer):
        ask(server)
        with __tracer("a"):
            ask(server)
            with __tracer("b"):
                ask(server)
        return state

    app = building(go).build()
    app.step()
    assert [None, "0:0", "0:0.0"] == [call.span for call in app.history.calls(0)]


def test_a_call_of_an_inner_application_is_in_no_span_of_the_outer_one(server):
    """A uid names a span of its own run only."""

    def inner_go(state):
        ask(server)
        return state

    def go(state, __tracer):
        with __tracer("a"):
            inner.step()
            ask(server)
        return state

    inner = building(inner_go).build()
    app = building(go).build()
    app.step()
    assert ([None], ["0:0"]) == (
        [call.span for call in inner.history.calls(0)],
        [call.span for call in app.history.calls(0)],
    )


def test_spans_of_an_inner_application_are_its_own():
    """They do not nest in those of the action that runs it."""

    def inner_go(state, __tracer):
        with __tracer("inner"):
            return state

    def go(state, __tracer):
        with __tracer("outer"):
            inner.step()
            with __tracer("after"):
                return state

    inner = building(inner_go).build()
    app = building(go).build()
    app.step()
    assert [("0:0", "inner", "completed", {})] == told(inner)
    assert ["0:0", "0:0.0"] == [uid for uid, *_ in told(app)]


def test_without_a_store_spans_cost_nothing_and_harm_nothing():
    """There is nowhere to keep them."""

    def go(state, __tracer):
        with __tracer("a") as span:
            span.log_attributes(x=1)
        return state

    app = building(go, n=1).with_store(None).build()
    app.step()
    assert {"n": 1} == app.state


def test_a_stop_while_spans_are_closed_leaves_no_secret(monkeypatch):
    """They are masked again when the step that was stopped is kept."""
    monkeypatch.setenv("MY_TEST_KEY", "a very secret value")

    class Stops(PostEndSpanHook):
        def post_end_span(self, *, span, **event):
            if span.status == "left open":
                raise KeyboardInterrupt

    def go(state, __tracer):
        __tracer("a very secret value").__enter__()
        return state

    app = building(go).with_hooks(Stops()).build()
    with pytest.raises(KeyboardInterrupt):
        app.step()
    assert [("interrupted", ["[env-secret]"])] == [
        (step.status, [span.name for span in app.history.spans(step.seq)]) for step in app.history
    ]


def test_a_span_that_is_open_outside_is_no_span_of_the_step(server):
    """As one that a stream left open which was dropped elsewhere."""
    app = building(lambda state: ask(server) or state).build()
    with in_span("7:0"):
        app.step()
    assert [None] == [call.span for call in app.history.calls(0)]
