"""Actions written as classes, the ready-made ones, and what the engine gives to those that ask."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest

from notebook_agent import (
    Action,
    ApplicationBuilder,
    ApplicationContext,
    AsyncStreamingAction,
    Input,
    Placeholder,
    StreamingAction,
    action,
)
from notebook_agent.action import Node, as_node
from notebook_agent.errors import ActionError, GraphError, ResultError, WriteError


class Counter(Action):
    """Counts by an amount."""

    def __init__(self, start=0):
        self.start = start

    @property
    def reads(self):
        return ["n"]

    @property
    def writes(self):
        return ["n"]

    def run(self, state, by, times=1):
        return {"n": self.start + state["n"] + by * times, "saw": sorted(state)}

    def update(self, result, state):
        return state.update(n=result["n"])


class Waiting(Counter):
    """The same, awaited."""

    async def run(self, state, by, times=1):
        await asyncio.sleep(0)
        return {"n": state["n"] + by * times}


def run(given, **state):
    """Run one action once."""
    app = ApplicationBuilder().with_actions(go=given).with_entrypoint("go").with_state(**state).build()
    return app, app.step({"by": 2})


def test_a_class_finds_out_and_then_updates():
    """`run` gives the result, `update` the state."""
    app, (node, result, state) = run(Counter(), n=1, other=5)
    assert ("go", {"n": 3, "saw": ["n"]}, {"n": 3, "other": 5}) == (node.name, result, state)
    assert (("n",), ("n",)) == (app.history[0].reads, app.history[0].writes)


def test_a_class_can_be_awaited():
    """Where `run` is async."""
    builder = ApplicationBuilder().with_actions(go=Waiting()).with_entrypoint("go").with_state(n=1)
    assert {"n": 4} == asyncio.run(builder.build().astep({"by": 3}))[2]


def test_inputs_are_read_off_run():
    """Those with a default are optional."""
    assert (("by",), ("times",)) == as_node(Counter(), "x").inputs


@pytest.mark.parametrize(
    ("stated", "inputs"),
    [
        (["by"], (("by",), ())),
        ((["by"], ["times"]), (("by",), ("times",))),
        (("by", "times"), (("by", "times"), ())),
    ],
)
def test_inputs_can_be_stated(stated, inputs):
    """As a list, or as (required, optional)."""

    class Stated(Counter):
        @property
        def inputs(self):
            return stated

    assert inputs == as_node(Stated(), "x").inputs


def test_a_method_may_take_any_inputs_and_name_none():
    """`**inputs` in the place of those of the method that it overrides."""

    class Open(Counter):
        def run(self, state, **inputs):
            return {"n": state["n"] + len(inputs)}

    assert ((), ()) == as_node(Open(), "x").inputs
    app = ApplicationBuilder().with_actions(go=Open()).with_entrypoint("go").with_state(n=1).build()
    assert {"n": 1} == app.step()[2]


class Letters(StreamingAction):
    """Gives letters one by one."""

    reads: tuple = ()
    writes = ("text",)

    def stream_run(self, state):
        for n in range(1, 3):
            yield {"text": "ab"[:n]}

    def update(self, result, state):
        return state.update(text=result["text"])


class AsyncLetters(AsyncStreamingAction):
    """The same, awaited."""

    reads: tuple = ()
    writes = ("text",)

    async def stream_run(self, state):
        for n in range(1, 3):
            await asyncio.sleep(0)
            yield {"text": "ab"[:n]}

    update = Letters.update


def test_a_streaming_class_streams_every_piece():
    """The last one is the result too."""
    app = ApplicationBuilder().with_actions(go=Letters()).with_entrypoint("go").build()
    _, container = app.stream_result(["go"])
    assert [{"text": "a"}, {"text": "ab"}] == list(container)
    assert ({"text": "ab"}, {"text": "ab"}) == container.get()


def test_an_async_streaming_class_streams_every_piece():
    """As the plain one does."""

    async def take():
        app = ApplicationBuilder().with_actions(go=AsyncLetters()).with_entrypoint("go").build()
        _, container = await app.astream_result(["go"])
        return [piece async for piece in container], await container.get()

    assert ([{"text": "a"}, {"text": "ab"}], ({"text": "ab"}, {"text": "ab"})) == asyncio.run(take())


def test_results_are_dicts():
    """The refusal names the class and what it gave."""

    class Wrong(Counter):
        def run(self, state, by):
            return by

    with pytest.raises(ResultError, match="Wrong gave a int"):
        run(Wrong(), n=1)


def test_update_keeps_to_the_writes():
    """As of any action."""

    class More(Counter):
        def update(self, result, state):
            return state.update(n=1, extra=2)

    with pytest.raises(WriteError, match="'extra'"):
        run(More(), n=1)


def test_a_class_is_not_an_object():
    """The refusal says to make one."""
    with pytest.raises(GraphError, match=r"Counter is a class\. Give an object of it: Counter\(\.\.\)"):
        ApplicationBuilder().with_actions(go=Counter)


def test_a_name_is_given_once():
    """And copies leave the first object as it is."""
    first = Counter()
    named = first.with_name("one")
    assert ("Counter", "one") == (first.name, named.name)
    with pytest.raises(ActionError, match="named 'one' already"):
        named.with_name("two")


def test_an_object_goes_by_its_class_without_a_name():
    """`with_actions(Counter())`."""
    assert "Counter" == as_node(Counter()).name


def test_nodes_count_as_actions():
    """What a graph holds is an Action to isinstance."""
    assert isinstance(as_node(Counter()), Action)


def test_the_code_of_a_class_is_its_methods_and_values():
    """Another value is other code; an equal object is not."""
    assert as_node(Counter(1)).code == as_node(Counter(1)).code
    assert 3 == len({as_node(Counter(1)).code, as_node(Counter(2)).code, as_node(Waiting(1)).code})
    assert "class Counter(Action):" in as_node(Counter()).source


def test_inputs_go_into_the_state():
    """`Input` takes them under their names."""
    app = ApplicationBuilder().with_actions(ask=Input("prompt", "size")).with_entrypoint("ask").build()
    _, result, state = app.step({"prompt": "a pen", "size": 3})
    assert {"prompt": "a pen", "size": 3} == result == state


def test_a_placeholder_is_drawn_and_not_run():
    """It says what to do."""
    app = ApplicationBuilder().with_actions(later=Placeholder(["a"], ["b"])).with_entrypoint("later").build()
    assert "later: a -> b" == repr(app.graph.get_action("later"))
    with pytest.raises(NotImplementedError, match="Placeholder"):
        app.step()


def test_a_context_says_where_the_action_runs():
    """Its run, its step, and what the builder was given."""

    @action(reads=[], writes=[])
    def look(state, __context: ApplicationContext):
        return {"context": __context, "same": ApplicationContext.get() == __context}, state

    app = ApplicationBuilder().with_actions(look=look).with_entrypoint("look")
    app = app.with_identifiers(app_id="here", partition_key="p").with_store(None).build()
    _, result, _ = app.step()
    told = result["context"]
    assert ("here", "p", 0, "look", 0, None) == (
        told.app_id,
        told.partition_key,
        told.sequence_id,
        told.action_name,
        told.attempt,
        told.failure,
    )
    assert result["same"]
    assert ApplicationContext.get() is None


def test_a_context_can_be_left_out_when_called_by_hand():
    """A default serves the plain call; the engine fills it in."""

    @action(reads=[], writes=["at"])
    def look(state, __context=None):
        return state.update(at=__context and __context.sequence_id)

    app = ApplicationBuilder().with_actions(look=look).with_entrypoint("look").build()
    assert {"at": 0} == app.run()[2]
    assert ((), ()) == app.graph.get_action("look").inputs


def test_a_method_may_ask_for_the_context():
    """Although Python mangles such names in classes."""

    class Looking(Counter):
        def run(self, state, __context):
            return {"n": __context.sequence_id}

    app = ApplicationBuilder().with_actions(go=Looking()).with_entrypoint("go").with_state(n=5).build()
    assert {"n": 0} == app.step()[2]


def test_other_hidden_parameters_are_refused():
    """`__` belongs to the engine."""
    with pytest.raises(ActionError, match="names that start with __ are the engine's"):

        @action(reads=[], writes=[])
        def look(state, __secret):
            return state


@action(reads=["n"], writes=["n"])
def add(state, amount):
    """Add."""
    return state.increment(n=amount)


def test_a_pinned_node_travels_with_its_code():
    """Pickled by value of its parts; code and source are those of where it was pinned."""
    node = add.bind(amount=2).with_name("two").pin()
    other = pickle.loads(pickle.dumps(node))
    assert (node.code, node.source, {"amount": 2}) == (other.code, other.source, dict(other.bound))
    assert isinstance(copy.copy(other), Node)
