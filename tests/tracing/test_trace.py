"""`@trace`: every kind of function, in an action and elsewhere."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.visibility import ActionSpan, ActionSpanTracer, TracerFactory, trace


@trace
def add(a, b=0):
    return a + b


@trace(span_name="named", capture_outputs=False, input_filterlist=["b"])
def filtered(a, b=0):
    return a + b


@trace(capture_inputs=False)
def outputs_only(a):
    return [a]


@trace()
def broken(a):
    raise ValueError("no")


@trace()
async def later(a):
    await asyncio.sleep(0)
    return a + 1


@trace()
def count(n):
    sent = [(yield 0)]
    while len(sent) < n:
        sent = [*sent, (yield len(sent))]
    return sent


@trace()
async def count_later(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


class Tools:
    @trace()
    def look(self, what, *more, **options):
        return what

    @trace()
    @classmethod
    def make(cls, n):
        return n

    @staticmethod
    @trace()
    def help(n):
        return n


def spans_in(function):
    """Run a function in an action and return the spans of the step."""

    @action(reads=[], writes=[])
    def go(state):
        function()
        return state

    app = ApplicationBuilder().with_actions(go).with_entrypoint("go").build()
    app.step()
    return told(app)


def spans_in_async(function):
    """Await a function in an action and return the spans of the step."""

    @action(reads=[], writes=[])
    async def go(state):
        await function()
        return state

    app = ApplicationBuilder().with_actions(go).with_entrypoint("go").build()
    asyncio.run(app.astep())
    return told(app)


def told(app):
    return [(s.uid, s.name, s.status, dict(s.attributes)) for s in app.history.spans(0)]


async def items_of(iterator):
    return [item async for item in iterator]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: add(1, b=2), [("0:0", "add", "completed", {"a": 1, "b": 2, "return": 3})]),
        (lambda: filtered(1, 2), [("0:0", "named", "completed", {"a": 1})]),
        (lambda: outputs_only(1), [("0:0", "outputs_only", "completed", {"return": [1]})]),
        (lambda: list(count(2)), [("0:0", "count", "completed", {"n": 2})]),
        (
            lambda: Tools().look("x", 1, deep=True),
            [
                (
                    "0:0",
                    "look",
                    "completed",
                    {"what": "x", "more": [1], "options": {"deep": True}, "return": "x"},
                )
            ],
        ),
        (lambda: Tools.make(1), [("0:0", "make", "completed", {"n": 1, "return": 1})]),
        (lambda: Tools.help(1), [("0:0", "help", "completed", {"n": 1, "return": 1})]),
    ],
)
def test_a_call_in_an_action_is_a_span(call, expected):
    """Its arguments and what it returned are logged, as far as was asked for."""
    assert expected == spans_in(call)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: later(1), [("0:0", "later", "completed", {"a": 1, "return": 2})]),
        (lambda: items_of(count_later(2)), [("0:0", "count_later", "completed", {"n": 2})]),
    ],
)
def test_an_awaited_call_is_a_span(call, expected):
    """Coroutines and async generators."""
    assert expected == spans_in_async(call)


def test_outside_of_actions_a_function_is_as_it_was():
    """The same results, and what is raised."""
    assert (3, [1], "x", 1, 1) == (
        add(1, 2),
        outputs_only(1),
        Tools().look("x"),
        Tools.make(1),
        Tools.help(1),
    )
    assert (2, [0, 1]) == (asyncio.run(later(1)), asyncio.run(items_of(count_later(2))))
    with pytest.raises(ValueError, match="no"):
        broken(1)


def test_a_traced_function_stays_of_its_kind():
    """So that it can be an action, or be awaited, as before."""
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    assert [(add, 0, 0, 0), (later, 1, 0, 0), (count, 0, 1, 0), (count_later, 0, 0, 1)] == [
        (each, *(int(kind(each)) for kind in kinds)) for each in (add, later, count, count_later)
    ]
    assert "(a, b=0)" == str(inspect.signature(add))


def test_calls_nest():
    """A function that is called in another lies in its span, and in those of `__tracer`."""

    @trace
    def outer():
        return add(1)

    @action(reads=[], writes=[])
    def go(state, __tracer):
        with __tracer("step"):
            outer()
        return state

    app = ApplicationBuilder().with_actions(go).with_entrypoint("go").build()
    app.step()
    assert [("0:0", "step"), ("0:0.0", "outer"), ("0:0.0.0", "add")] == [each[:2] for each in told(app)]


def test_an_error_marks_the_span():
    """And goes on."""

    def call():
        with pytest.raises(ValueError, match="no"):
            broken(1)

    assert [("0:0", "broken", "failed", {"a": 1})] == spans_in(call)


def test_wrong_arguments_are_the_functions_own_error():
    """Not one of the tracing's."""

    def call():
        with pytest.raises(TypeError, match="unexpected keyword argument 'c'"):
            add(1, c=2)

    assert [("0:0", "add", "failed", {})] == spans_in(call)


def test_between_two_items_the_consumer_is_not_in_the_generators_span():
    """What it opens lies beside it; what the generator opens lies in it."""

    @trace
    def numbers():
        yield add(1)
        yield add(2)

    def consume():
        for n in numbers():
            outputs_only(n)

    assert [
        ("0:0", "numbers"),
        ("0:0.0", "add"),
        ("0:1", "outputs_only"),
        ("0:0.1", "add"),
        ("0:2", "outputs_only"),
    ] == [each[:2] for each in spans_in(consume)]


def test_what_is_sent_to_a_generator_reaches_it():
    """And what it returns comes back."""

    def whole():
        returned.append((yield from count(2)))

    def call():
        generator = whole()
        assert [0, 1] == [next(generator), generator.send("x")]
        with pytest.raises(StopIteration):
            generator.send("y")

    returned = []
    assert [("0:0", "count", "completed", {"n": 2})] == spans_in(call)
    assert [["x", "y"]] == returned


def test_what_is_thrown_into_a_generator_reaches_it():
    """It may handle it and go on."""

    @trace
    def brave():
        try:
            yield 1
        except ValueError:
            yield 2

    def call():
        generator = brave()
        assert [1, 2] == [next(generator), generator.throw(ValueError("x"))]
        generator.close()

    assert [("0:0", "brave", "completed", {})] == spans_in(call)


def test_a_generator_that_is_left_early_completes_its_span():
    """Nothing failed."""

    def call():
        generator = count(9)
        next(generator)
        generator.close()

    assert [("0:0", "count", "completed", {"n": 9})] == spans_in(call)


def test_an_async_generator_that_is_left_early_completes_its_span():
    """Nothing failed."""

    async def call():
        generator = count_later(9)
        await anext(generator)
        await generator.aclose()

    assert [("0:0", "count_later", "completed", {"n": 9})] == spans_in_async(call)


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_generator_that_raises_marks_its_span(kind):
    """After the items that it gave."""

    @trace
    def plain():
        yield 1
        raise ValueError("no")

    @trace
    async def awaited():
        yield 1
        raise ValueError("no")

    async def call():
        with pytest.raises(ValueError, match="no"):
            list(plain()) if kind == "plain" else await items_of(awaited())

    assert ["failed"] == [each[2] for each in spans_in_async(call)]


def test_parameters_that_the_engine_fills_in_are_not_logged():
    """A context is no input."""

    @action(reads=[], writes=[])
    @trace
    def go(state, prompt, __context, __tracer):
        return state

    app = ApplicationBuilder().with_actions(go).with_entrypoint("go").with_state(n=1).build()
    app.step({"prompt": "hi"})
    assert [("0:0", "go", "completed", {"state": "<State>", "prompt": "hi", "return": "<State>"})] == told(
        app
    )


def test_a_traced_helper_counts_as_the_actions_code():
    """The decorator is seen through: another body is other code."""

    def acting(body):
        space = {"trace": trace, "action": action, "__name__": "__main__"}
        exec(  # the cells of a notebook
            f"@trace\ndef helper():\n    return {body}\n"
            "@action(reads=[], writes=[])\ndef go(state):\n    helper()\n    return state\n",
            space,
        )
        return ApplicationBuilder().with_actions(space["go"]).with_entrypoint("go").build().graph.actions[0]

    assert acting("1").code == acting("1").code
    assert acting("1").code != acting("2").code


def test_the_names_are_those_that_people_know():
    """Also of what hooks and type hints name."""
    names = [each.__name__ for each in (ActionSpan, ActionSpanTracer, TracerFactory)]
    assert ["ActionSpan", "ActionSpanTracer", "TracerFactory"] == names
