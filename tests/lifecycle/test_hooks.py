"""Every hook: told the same, with the same arguments, in both forms; what it raises loses nothing."""

from __future__ import annotations

import asyncio

import pytest

from notebook_agent.action import action, streaming_action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.condition import on_error
from notebook_agent.errors import RunError
from notebook_agent.lifecycle import EventHook, PostRunStepHook, StepEnded, StepStarted
from tests.driving import Async, Sync, brief
from tests.lifecycle.recorders import EVENTS, recorder


def plain_actions():
    """One that works and tells of it, one that streams, one that fails."""

    @action(reads=["n"], writes=["n"])
    def work(state, prompt, __tracer):
        __tracer.log_attributes(prompt=prompt)
        with __tracer("outer", span_dependencies=["x"]) as span:
            span.log_attribute("a", 1)
            with __tracer("inner"):
                span.log_attribute("b", 2)
        return {"did": prompt}, state.increment(n=1)

    @streaming_action(reads=["n"], writes=["said"])
    def say(state, __tracer):
        with __tracer("all") as span:
            span.log_attributes(first=True)
            yield {"word": "one"}
            span.log_attributes(first=False)
            yield {"word": "two"}
        yield {"words": 2}, state.update(said="one two")

    @action(reads=[], writes=[])
    def fail(state, __tracer):
        with __tracer("doomed"):
            raise ValueError("no")

    return work, say, fail


def awaited_actions():
    """The same, awaited."""

    @action(reads=["n"], writes=["n"])
    async def work(state, prompt, __tracer):
        __tracer.log_attributes(prompt=prompt)
        async with __tracer("outer", span_dependencies=["x"]) as span:
            span.log_attribute("a", 1)
            async with __tracer("inner"):
                span.log_attribute("b", 2)
        return {"did": prompt}, state.increment(n=1)

    @streaming_action(reads=["n"], writes=["said"])
    async def say(state, __tracer):
        async with __tracer("all") as span:
            span.log_attributes(first=True)
            yield {"word": "one"}
            span.log_attributes(first=False)
            yield {"word": "two"}
        yield {"words": 2}, state.update(said="one two")

    @action(reads=[], writes=[])
    async def fail(state, __tracer):
        with __tracer("doomed"):
            raise ValueError("no")

    return work, say, fail


def story(actions, hook):
    """Build work -> say -> fail with a hook."""
    work, say, fail = actions
    return (
        ApplicationBuilder()
        .with_actions(work, say, fail)
        .with_transitions(("work", "say"), ("say", "fail"))
        .with_entrypoint("work")
        .with_state(n=0)
        .with_identifiers(app_id="a", partition_key="p")
        .with_hooks(hook)
    )


def told_plainly(*events):
    seen = []
    app = story(plain_actions(), recorder(seen, *events)).build()
    _, stream = app.stream_result(halt_after=["say"], inputs={"prompt": "hi"})
    stream.get()
    with pytest.raises(ValueError, match="no"):
        app.run()
    return seen


def told_awaiting(*events, awaited=True):
    async def whole():
        hook = recorder(seen, *events, awaited=awaited)
        app = await story(awaited_actions(), hook).abuild()
        _, stream = await app.astream_result(halt_after=["say"], inputs={"prompt": "hi"})
        await stream.get()
        with pytest.raises(ValueError, match="no"):
            await app.arun()

    seen = []
    asyncio.run(whole())
    return seen


RUN = {"app_id": "a", "partition_key": "p"}
FAILED = (ValueError, "no")


def span(action_, uid, name, attributes, *, needs=(), error=None):
    event = {"action": action_, "action_sequence_id": int(uid[0]), **RUN, "span_dependencies": needs}
    return {**event, "span": (uid, name, attributes, error)}


def logged(seq, action_, attributes, of=None):
    event = {"action": action_, "action_sequence_id": seq, **RUN, "attributes": attributes}
    return {**event, "span": of, "tags": {}}


def step(seq, action_, state, **more):
    return {**RUN, "sequence_id": seq, "state": state, "action": action_, **more}


def stream_item(word, index):
    times = {"stream_initialize_time": float, "first_stream_item_start_time": float}
    return {"action": "say", "sequence_id": 1, **RUN, "item": {"word": word}, "item_index": index, **times}


WORKED, SAID = {"n": 1}, {"n": 1, "said": "one two"}
TOLD = {
    "pre_run_step": [
        step(0, "work", {"n": 0}, inputs={"prompt": "hi"}),
        step(1, "say", WORKED, inputs={}),
        step(2, "fail", SAID, inputs={}),
    ],
    "post_run_step": [
        step(0, "work", WORKED, result={"did": "hi"}, exception=None),
        step(1, "say", SAID, result={"words": 2}, exception=None),
        step(2, "fail", SAID, result=None, exception=FAILED),
    ],
    "post_application_create": [
        {
            **RUN,
            "state": {"n": 0},
            "application_graph": ("work", "say", "fail"),
            "parent_pointer": None,
            "spawning_parent_pointer": None,
        }
    ],
    "pre_run_execute_call": [
        {**RUN, "state": {"n": 0}, "method": "stream_result"},
        {**RUN, "state": SAID, "method": "run"},
    ],
    "post_run_execute_call": [
        {**RUN, "state": SAID, "method": "stream_result", "exception": None},
        {**RUN, "state": SAID, "method": "run", "exception": FAILED},
    ],
    "pre_start_span": [
        span("work", "0:0", "outer", {}, needs=("x",)),
        span("work", "0:0.0", "inner", {}),
        span("say", "1:0", "all", {}),
        span("fail", "2:0", "doomed", {}),
    ],
    "post_end_span": [
        span("work", "0:0.0", "inner", {}),
        span("work", "0:0", "outer", {"a": 1, "b": 2}, needs=("x",)),
        span("say", "1:0", "all", {"first": False}),
        span("fail", "2:0", "doomed", {}, error="ValueError: no"),
    ],
    "do_log_attributes": [
        logged(0, "work", {"prompt": "hi"}),
        logged(0, "work", {"a": 1}, ("0:0", "outer", {"a": 1}, None)),
        logged(0, "work", {"b": 2}, ("0:0", "outer", {"a": 1, "b": 2}, None)),
        logged(1, "say", {"first": True}, ("1:0", "all", {"first": True}, None)),
        logged(1, "say", {"first": False}, ("1:0", "all", {"first": False}, None)),
    ],
    "pre_start_stream": [{"action": "say", "sequence_id": 1, **RUN}],
    "post_stream_item": [stream_item("one", 0), stream_item("two", 1)],
    "post_end_stream": [{"action": "say", "sequence_id": 1, **RUN}],
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("form", ["plain", "awaited", "plain hooks awaiting"])
def test_each_hook_is_told_the_same_in_both_forms(event, form):
    """The same events with the same arguments, the exception among them."""
    seen = told_plainly(event) if form == "plain" else told_awaiting(event, awaited=form == "awaited")
    assert [(event, told) for told in TOLD[event]] == seen


def test_all_events_come_in_the_same_order_in_both_forms():
    """A hook that is told of everything sees one story."""
    plainly, awaiting = told_plainly(*EVENTS), told_awaiting(*EVENTS)
    assert [event for event, _ in plainly] == [event for event, _ in awaiting]
    assert plainly == awaiting


def test_a_run_that_is_not_awaited_leaves_async_hooks_out():
    """Whatever they hook into, building it included."""
    seen = []
    app = story(plain_actions(), recorder(seen, *EVENTS, awaited=True)).build()
    app.run(halt_after=["say"], inputs={"prompt": "hi"})
    assert [] == seen


def test_async_hooks_of_a_plain_with_are_awaited_later():
    """At the end of the action, in the order of what happened."""

    @action(reads=[], writes=[])
    async def go(state, __tracer):
        with __tracer("a"):
            __tracer.log_attributes(x=1)
        seen.append(("the action", None))
        return state

    seen = []
    events = ["pre_start_span", "do_log_attributes", "post_end_span", "post_run_step"]
    hook = recorder(seen, *events, awaited=True)
    app = ApplicationBuilder().with_actions(go).with_entrypoint("go").with_hooks(hook).build()
    asyncio.run(app.astep())
    assert ["the action", *events] == [event for event, _ in seen]


DURING = [
    *("pre_start_span", "post_end_span", "do_log_attributes"),
    *("pre_start_stream", "post_stream_item", "post_end_stream", "post_run_step"),
]


def one_action(driver, hooks):
    """Build an action that streams in spans, once to its end and then failing, with hooks."""

    def steps(state, __tracer):
        with __tracer("a") as span:
            span.log_attributes(x=1)
            yield {"word": "one"}
            if state["n"]:
                raise ValueError("the action's own")
        yield {"words": 1}, state.update(n=1)

    async def awaited(state, __tracer):
        for item in steps(state, __tracer):
            yield item

    function = steps if isinstance(driver, Sync) else awaited
    made = streaming_action(reads=["n"], writes=["n"])(function)
    builder = ApplicationBuilder().with_actions(go=made).with_transitions(("go", "go"))
    return builder.with_entrypoint("go").with_state(n=0).with_hooks(*hooks).build()


def drivers():
    return [(Sync(), False), (Async(), False), (Async(), True)]


@pytest.mark.parametrize("event", DURING)
@pytest.mark.parametrize(("driver", "awaited"), drivers())
def test_a_hook_that_raises_in_a_step_leaves_it_complete(driver, awaited, event):
    """Its error reaches the caller, once; the step, its state and its spans are kept, the others are told."""
    others = []
    first = recorder([], event, awaited=awaited, raises=RuntimeError("the hook's"))
    app = one_action(driver, [first, recorder(others, *DURING, awaited=awaited)])
    with pytest.raises(RuntimeError, match="the hook's"):
        driver.step(app)
    assert ([(0, "go", "completed")], {"n": 1}) == (brief(app), app.state)
    assert app.state == app.history.at(0)
    assert [("0:0", "completed")] == [(span.uid, span.status) for span in app.history.spans(0)]
    assert set(DURING) == {event for event, _ in others}


@pytest.mark.parametrize("event", DURING)
@pytest.mark.parametrize(("driver", "awaited"), drivers())
def test_a_hook_that_raises_never_hides_what_the_action_raised(driver, awaited, event):
    """Its error is noted on the action's."""
    seen = []
    app = one_action(driver, [recorder(seen, event, awaited=awaited)])
    driver.step(app)
    failing = recorder(seen, event, awaited=awaited, raises=RuntimeError("the hook's"))
    again = one_action(driver, [failing]).fork(None, {"n": 1})
    with pytest.raises(ValueError, match="the action's own") as caught:
        driver.step(again)
    assert "After this a hook raised RuntimeError: the hook's" in caught.value.__notes__
    assert [(0, "go", "failed")] == brief(again)


@pytest.mark.parametrize("event", ["pre_run_execute_call", "pre_run_step"])
@pytest.mark.parametrize(("driver", "awaited"), drivers())
def test_a_hook_that_raises_before_a_step_prevents_it(driver, awaited, event):
    """Nothing is saved."""
    app = one_action(driver, [recorder([], event, awaited=awaited, raises=RuntimeError("the hook's"))])
    with pytest.raises(RuntimeError, match="the hook's"):
        driver.step(app)
    assert ([], None) == (brief(app), app.sequence_id)


@pytest.mark.parametrize(("driver", "awaited"), drivers())
def test_a_hook_that_raises_after_a_call_leaves_its_steps(driver, awaited):
    """Its error reaches the caller; or is noted on the action's."""
    hook = recorder([], "post_run_execute_call", awaited=awaited, raises=RuntimeError("the hook's"))
    app = one_action(driver, [hook])
    with pytest.raises(RuntimeError, match="the hook's"):
        driver.step(app)
    with pytest.raises(ValueError, match="the action's own") as caught:
        driver.step(app)
    assert "After this a hook raised RuntimeError: the hook's" in caught.value.__notes__
    assert [(0, "go", "completed"), (1, "go", "failed")] == brief(app)


def test_a_hook_that_raises_stops_a_run_whose_error_is_caught(driver):
    """It is not lost with the error that an edge caught; the run can go on from there."""

    def fails(state):
        raise ValueError("the action's own")

    made, sorry = driver.action([], [])(fails), driver.action([], [])(lambda state: state)
    hook = recorder([], "post_run_step", raises=RuntimeError("the hook's"))
    app = (
        ApplicationBuilder()
        .with_actions(go=made, sorry=sorry)
        .with_transitions(("go", "sorry", on_error(ValueError)))
        .with_entrypoint("go")
        .with_hooks(hook)
        .build()
    )
    with pytest.raises(RuntimeError, match="the hook's") as caught:
        driver.run(app)
    assert ("ValueError", "sorry") == (type(caught.value.__cause__).__name__, app.get_next_action().name)
    assert [(0, "go", "failed")] == brief(app)


def test_the_second_hook_that_raises_is_noted_on_the_first(driver):
    """None is lost, and none is repeated."""
    hooks = [recorder([], "post_run_step", raises=RuntimeError(text)) for text in ("one", "two", "two")]
    app = one_action(driver, hooks)
    with pytest.raises(RuntimeError, match="one") as caught:
        driver.step(app)
    assert ["After this a hook raised RuntimeError: two"] == caught.value.__notes__


def test_a_fork_is_an_application_of_its_own():
    """The hooks are told of its creation, with its parent."""
    seen = []
    app = story(plain_actions(), recorder(seen, "post_application_create")).build()
    app.step({"prompt": "hi"})
    app.fork(0, app_id="b")
    assert [("a", None), ("b", ("a", "p", 0))] == [
        (told["app_id"], told["parent_pointer"] and _pointed(told["parent_pointer"])) for _, told in seen
    ]


def _pointed(pointer):
    return pointer.app_id, pointer.partition_key, pointer.sequence_id


def test_an_event_hook_is_told_what_listeners_are_told(driver):
    """From the application's first step on, in forks too."""

    class Watching(EventHook):
        def on_event(self, event):
            seen.append(type(event))

    seen = []
    app = one_action(driver, [Watching()])
    driver.step(app)
    assert [StepStarted, StepEnded] == [kind for kind in seen if kind in {StepStarted, StepEnded}]


@pytest.mark.parametrize(
    ("given", "named"), [(PostRunStepHook, "the class PostRunStepHook"), (print, "a builtin_function")]
)
def test_what_is_no_hook_is_refused(given, named):
    """The error says what to give."""
    with pytest.raises(RunError, match=f"takes objects of hook classes.*not {named}"):
        ApplicationBuilder().with_hooks(given)


@pytest.mark.parametrize("event", [*DURING, "pre_run_step", "pre_run_execute_call"])
def test_a_hook_that_raises_stop_iteration_is_told(driver, event):
    """It would end the run loop without a word; of an awaited one Python says so itself."""
    app = one_action(driver, [recorder([], event, awaited=False, raises=StopIteration())])
    with pytest.raises(RunError, match="A hook raised StopIteration"):
        driver.step(app)
