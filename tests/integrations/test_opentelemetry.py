"""The OpenTelemetry bridge, seen by the real SDK and its exporter in memory."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import openai
import pytest
from opentelemetry import context as contexts
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from notebook_agent.action import action, streaming_action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.condition import on_error
from notebook_agent.integrations.opentelemetry import OpenTelemetryBridge
from notebook_agent.parallelism import MapStates
from notebook_agent.visibility import trace
from tests.answers import Answer
from tests.servers import OpenAIServer


class Exported:
    """The spans that the SDK exported, found by name."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("tests")

    def bridge(self, **options):
        return OpenTelemetryBridge(self.provider, **options)

    def spans(self):
        return self.exporter.get_finished_spans()

    def named(self, name):
        (found,) = [span for span in self.spans() if span.name == name]
        return found

    def parents(self):
        """Return (span, its parent) by name, in order of their starts."""
        names = {span.context.span_id: span.name for span in self.spans()}
        ordered = sorted(self.spans(), key=lambda span: (span.start_time, span.context.span_id))
        return [(span.name, names.get(span.parent.span_id) if span.parent else None) for span in ordered]


@pytest.fixture
def exported():
    before = contexts.get_current()
    yield Exported()
    assert before == contexts.get_current()


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def building(hook, *functions, **state):
    """Build a line of actions."""
    made = [action(reads=[], writes=[])(each) for each in functions]
    names = [each.__name__ for each in functions]
    builder = ApplicationBuilder().with_actions(*made).with_transitions(*itertools.pairwise(names))
    builder.with_entrypoint(names[0]).with_state(**state).with_identifiers(app_id="a", partition_key="p")
    return builder.with_hooks(hook)


def ask(server, text="hello there", **options):
    with openai.OpenAI(base_url=server.base_url, api_key="test", max_retries=0) as client:
        messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": text}]
        answer = client.chat.completions.create(model="small", messages=messages, temperature=0.5, **options)
        return list(answer) if options.get("stream") else answer


def test_runs_steps_spans_and_calls_lie_in_each_other(exported, server):
    """In the order in which they began."""

    def first(state, __tracer):
        with __tracer("outer"), __tracer("inner"):
            ask(server)
        return state

    def second(state):
        ask(server)
        return state

    building(exported.bridge(), first, second).build().run()
    assert [
        ("invoke_workflow", None),
        ("first", "invoke_workflow"),
        ("outer", "first"),
        ("inner", "outer"),
        ("chat small", "inner"),
        ("second", "invoke_workflow"),
        ("chat small", "second"),
    ] == exported.parents()


def test_a_run_is_named_by_the_conventions(exported):
    """And says which method it was."""
    building(exported.bridge(agent_name="helper"), lambda state: state).build().run()
    run = exported.named("invoke_workflow helper")
    assert {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.agent.name": "helper",
        "gen_ai.conversation.id": "a",
        "notebook_agent.partition_key": "p",
        "notebook_agent.method": "run",
    } == dict(run.attributes)
    assert (SpanKind.INTERNAL, StatusCode.UNSET) == (run.kind, run.status.status_code)


def test_a_step_has_the_times_that_are_kept(exported):
    """To the nanosecond that a float can tell, as its spans have."""

    def go(state, __tracer):
        with __tracer("a"):
            return state

    app = building(exported.bridge(), go).build()
    app.step()
    step, span = app.history[0], app.history.spans(0)[0]
    told = exported.named("go")
    assert (round(step.started_at * 1e9), round(step.ended_at * 1e9)) == (told.start_time, told.end_time)
    inner = exported.named("a")
    assert abs(inner.start_time - (step.started_at + span.start) * 1e9) < 2e3
    assert abs(inner.end_time - (step.started_at + span.end) * 1e9) < 2e3


def test_a_step_says_what_is_known_of_it(exported):
    """Its number, action, status and what it wrote; what it logged itself too."""

    @action(reads=["n"], writes=["n"])
    def go(state, __tracer):
        __tracer.log_attributes(score=0.5, tags=["a", "b"], mixed=[1, "x"], nothing=None)
        return state.increment(n=1)

    builder = ApplicationBuilder().with_actions(go).with_entrypoint("go").with_state(n=0)
    app = builder.with_identifiers(app_id="a").with_hooks(exported.bridge()).build()
    app.step()
    told = dict(exported.named("go").attributes)
    assert app.history[0].code == told.pop("notebook_agent.code")
    assert {
        "gen_ai.conversation.id": "a",
        "notebook_agent.project": "default",
        "notebook_agent.step": 0,
        "notebook_agent.action": "go",
        "notebook_agent.status": "completed",
        "notebook_agent.reads": ("n",),
        "notebook_agent.writes": ("n",),
        "score": 0.5,
        "tags": ("a", "b"),
        "mixed": '[1, "x"]',
    } == told


def test_a_call_is_told_by_the_conventions_and_not_what_was_said(exported, server):
    """Model, settings, tokens, times; kind client."""

    def go(state):
        ask(server, seed=7, stop="x")
        return state

    app = building(exported.bridge(), go).build()
    app.step()
    (call,) = app.history.calls(0)
    told = exported.named("chat small")
    attributes = dict(told.attributes)
    assert attributes.pop("gen_ai.response.id")
    assert (call.usage.input, call.usage.output) == (
        attributes.pop("gen_ai.usage.input_tokens"),
        attributes.pop("gen_ai.usage.output_tokens"),
    )
    host, _, port = call.host.partition(":")
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "small",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ("x",),
        "gen_ai.response.model": "small",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.conversation.id": "a",
        "server.address": host,
        "server.port": int(port),
        "http.response.status_code": 200,
    } == attributes
    assert (SpanKind.CLIENT, round(call.started_at * 1e9), round(call.ended_at * 1e9)) == (
        told.kind,
        told.start_time,
        told.end_time,
    )
    assert "hello" not in json.dumps([span.to_json() for span in exported.spans()])


def test_what_was_said_is_exported_on_request(exported, server, monkeypatch):
    """As messages of parts, secrets masked."""
    monkeypatch.setenv("MY_TEST_KEY", "a very secret value")

    def go(state):
        ask(server, "hello, a very secret value")
        return state

    building(exported.bridge(capture_content=True), go).build().step()
    told = exported.named("chat small").attributes
    assert [{"type": "text", "content": "be brief"}] == json.loads(told["gen_ai.system_instructions"])
    assert [{"role": "user", "parts": [{"type": "text", "content": "hello, [env-secret]"}]}] == json.loads(
        told["gen_ai.input.messages"]
    )
    (answer,) = json.loads(told["gen_ai.output.messages"])
    assert ("assistant", "stop", "text") == (
        answer["role"],
        answer["finish_reason"],
        answer["parts"][0]["type"],
    )


def test_a_streamed_call_says_when_its_first_piece_came(exported, server):
    """In seconds since it was asked."""

    def go(state):
        ask(server, stream=True)
        return state

    app = building(exported.bridge(), go).build()
    app.step()
    (call,) = app.history.calls(0)
    told = exported.named("chat small").attributes
    assert (True, call.first_at - call.started_at) == (
        told["gen_ai.request.stream"],
        told["gen_ai.response.time_to_first_chunk"],
    )


def test_a_replayed_call_took_no_tokens(exported, server):
    """It is told as replayed, so that nothing is counted twice."""

    def go(state):
        ask(server)
        return state

    app = building(exported.bridge(), go).build()
    app.step()
    app.fork(None).step()
    live, replayed = [span.attributes for span in exported.spans() if span.name == "chat small"]
    assert ("notebook_agent.call.replayed" in live, replayed["notebook_agent.call.replayed"]) == (False, True)
    assert "gen_ai.usage.input_tokens" not in replayed


def test_errors_are_recorded_where_they_were(exported):
    """On the span, the step and the run, each with the exception; the step's with its traceback."""

    def go(state, __tracer):
        with __tracer("fine"):
            pass
        with __tracer("doomed"):
            raise ValueError("no")

    app = building(exported.bridge(), go).build()
    with pytest.raises(ValueError, match="no"):
        app.run()
    for name in ("doomed", "go", "invoke_workflow"):
        told = exported.named(name)
        (event,) = told.events
        assert (StatusCode.ERROR, "no", "ValueError", "exception", "ValueError", "no") == (
            told.status.status_code,
            told.status.description,
            told.attributes["error.type"],
            event.name,
            event.attributes["exception.type"],
            event.attributes["exception.message"],
        )
    assert "failed" == exported.named("go").attributes["notebook_agent.status"]
    assert "in go" in exported.named("go").events[0].attributes["exception.stacktrace"]
    assert StatusCode.UNSET == exported.named("fine").status.status_code


def test_an_error_that_an_edge_catches_leaves_the_run_well(exported):
    """The step failed, the run did not."""

    def go(state):
        raise ValueError("no")

    def sorry(state):
        return state

    builder = building(exported.bridge(), go, sorry).with_transitions(("go", "sorry", on_error(ValueError)))
    builder.build().run()
    assert (StatusCode.ERROR, StatusCode.UNSET, StatusCode.UNSET) == tuple(
        exported.named(name).status.status_code for name in ("go", "sorry", "invoke_workflow")
    )


def test_a_call_that_fails_says_how(exported, server):
    """By the HTTP status."""

    def go(state):
        ask(server)

    server.answer(Answer.error(429, "Slow down"))
    with pytest.raises(openai.RateLimitError):
        building(exported.bridge(), go).build().step()
    told = exported.named("chat small")
    assert ("429", 429, StatusCode.ERROR, "Slow down") == (
        told.attributes["error.type"],
        told.attributes["http.response.status_code"],
        told.status.status_code,
        told.status.description,
    )


def test_secrets_are_masked(exported, monkeypatch):
    """In names, attributes and errors."""
    monkeypatch.setenv("MY_TEST_KEY", "a very secret value")

    def go(state, __tracer):
        with __tracer("a very secret value") as span:
            span.log_attributes(x="a very secret value", password="hunter2hunter2")
            raise ValueError("a very secret value")

    with pytest.raises(ValueError, match="secret"):
        building(exported.bridge(), go).build().step()
    text = json.dumps([span.to_json() for span in exported.spans()])
    assert (False, False, True) == ("very secret" in text, "hunter2" in text, "[env-secret]" in text)


def test_threads_and_pools_have_the_right_parents(exported, server):
    """Whether the action's context was handed to them or not."""

    def work(tracer, name):
        with tracer(name):
            barrier.wait()
            ask(server, name)

    def go(state, __tracer):
        with __tracer("outer"):
            bare = threading.Thread(target=work, args=(__tracer, "bare"))
            bare.start()
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda name: work(__tracer, name), ["one", "two"]))
            bare.join()
        return state

    barrier = threading.Barrier(3)
    building(exported.bridge(), go).build().step()
    parents = exported.parents()
    assert {("outer", "go"), ("bare", "go"), ("one", "outer"), ("two", "outer")} <= set(parents)
    assert ["bare", "one", "two"] == sorted(parent for name, parent in parents if name == "chat small")


def test_tasks_have_the_right_parents(exported):
    """Also those that go on side by side, and in two runs at once."""

    async def branch(tracer, name, mine, other):
        async with tracer(name):
            other.set()
            await mine.wait()
            async with tracer(f"{name} inner"):
                await asyncio.sleep(0)

    async def go(state, __tracer):
        a, b = asyncio.Event(), asyncio.Event()
        await asyncio.gather(branch(__tracer, "a", a, b), branch(__tracer, "b", b, a))
        return state

    async def both():
        await asyncio.gather(*(each.arun() for each in apps))

    bridge = exported.bridge()
    apps = [building(bridge, go).with_identifiers(app_id=name).build() for name in "xy"]
    asyncio.run(both())
    assert sorted(
        [("invoke_workflow", None), ("go", "invoke_workflow"), ("a", "go"), ("b", "go")] * 2
        + [("a inner", "a"), ("b inner", "b")] * 2,
        key=str,
    ) == sorted(exported.parents(), key=str)
    traces = {
        (span.attributes.get("gen_ai.conversation.id"), span.context.trace_id) for span in exported.spans()
    }
    assert 2 == len({trace_id for _, trace_id in traces})


class Fan(MapStates):
    reads, writes = [], ["ys"]

    def action(self, state, inputs):
        return double

    def states(self, state, context, inputs):
        for x in (1, 2):
            yield state.update(x=x)

    def reduce(self, state, states):
        return state.update(ys=[each["y"] for each in states])


@action(reads=["x"], writes=["y"])
def double(state):
    return state.update(y=2 * state["x"])


@pytest.mark.parametrize(("executor", "branches"), [(ThreadPoolExecutor, 2), (ProcessPoolExecutor, 0)])
def test_branches_lie_in_the_step_of_their_map(exported, executor, branches):
    """Those in another process are exported there."""
    builder = ApplicationBuilder().with_actions(fan=Fan()).with_entrypoint("fan").with_state(n=0)
    app = builder.with_hooks(exported.bridge()).with_parallel_executor(executor).build()
    app.run()
    assert [2, 4] == app.state["ys"]
    expected = {("invoke_workflow", None): 1, ("fan", "invoke_workflow"): 1}
    inside = {("invoke_workflow", "fan"): branches, ("double", "invoke_workflow"): branches}
    assert Counter(expected | (inside if branches else {})) == Counter(exported.parents())


def test_spans_of_others_lie_where_they_were_opened(exported):
    """Those of other instrumentations in the step, and the run in those around it."""

    def go(state, __tracer):
        with exported.tracer.start_as_current_span("mine"):
            pass
        with __tracer("a"), exported.tracer.start_as_current_span("mine too"):
            pass
        return state

    with exported.tracer.start_as_current_span("request"):
        building(exported.bridge(), go).build().run()
        assert "request" == otel.get_current_span().name
    assert [
        *(("request", None), ("invoke_workflow", "request"), ("go", "invoke_workflow")),
        *(("mine", "go"), ("a", "go"), ("mine too", "a")),
    ] == exported.parents()


def test_an_inner_application_lies_in_the_step_that_runs_it(exported):
    """As far down as it goes."""

    def inner(state):
        return state

    def outer(state, __tracer):
        with __tracer("sub"):
            building(bridge, inner).with_identifiers(app_id="b").build().run()
        return state

    bridge = exported.bridge()
    building(bridge, outer).build().run()
    assert [
        *(("invoke_workflow", None), ("outer", "invoke_workflow"), ("sub", "outer")),
        *(("invoke_workflow", "sub"), ("inner", "invoke_workflow")),
    ] == exported.parents()


def test_between_steps_and_after_a_stream_nothing_is_left_open(exported):
    """What the consumer does then is its own."""

    @streaming_action(reads=[], writes=[])
    def go(state, __tracer):
        with __tracer("all"):
            yield {"n": 1}
        yield {"n": 2}, state

    app = ApplicationBuilder().with_actions(go).with_transitions(("go", "go")).with_entrypoint("go")
    app = app.with_hooks(exported.bridge()).build()
    for n, _ in enumerate(app.iterate()):
        with exported.tracer.start_as_current_span("consumer"):
            pass
        if n == 1:
            break
    assert 2 == exported.parents().count(("consumer", None))
    assert 2 == exported.parents().count(("all", "go"))
    assert 2 == exported.parents().count(("go", "invoke_workflow"))


def test_traced_functions_are_spans(exported):
    """With their arguments."""

    @trace
    def add(a, b):
        return a + b

    def go(state):
        add(1, 2)
        return state

    building(exported.bridge(), go).build().step()
    told = dict(exported.named("add").attributes)
    assert {"notebook_agent.span.uid": "0:0", "a": 1, "b": 2, "return": 3} == told


def test_without_the_api_one_sentence_says_what_to_install():
    """And the package itself does not need it."""
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import notebook_agent\n"
        "try:\n    import notebook_agent.integrations.opentelemetry\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        "Exporting to OpenTelemetry needs its API: pip install 'notebook-agent[otel]'." == done.stdout.strip()
    )
