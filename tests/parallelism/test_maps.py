"""What a parallel action runs, and in which order its branches come back."""

from __future__ import annotations

import pytest

from notebook_agent.action import Action, Input, Result, action
from notebook_agent.application import ApplicationContext
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import ActionError, GraphError, ResultError, RunError, UnknownInputError
from notebook_agent.graph import GraphBuilder
from notebook_agent.parallelism import (
    MapActions,
    MapActionsAndStates,
    MapStates,
    RunnableGraph,
    SubGraphTask,
    TaskBasedParallelAction,
    map_reduce_action,
)
from tests.driving import Async
from tests.parallelism.fans import branches, doubling, fan, looping


def test_states_come_back_in_their_order(driver):
    """One action over several states."""
    app = looping(fan(driver, doubling(driver))(), xs=[3, 1, 2]).build()
    driver.step(app)
    assert [6, 2, 4] == app.state["ys"]


def test_a_map_is_one_step_of_its_parent(driver):
    """With what it read and wrote, and an empty result."""
    app = looping(fan(driver, doubling(driver))(), xs=[1]).build()
    driver.step(app)
    (step,) = app.history
    assert ("fan", ("xs",), ("ys",), {}) == (
        step.action,
        step.reads,
        step.writes,
        app.history.values(0).result,
    )


def test_no_states_are_an_empty_list(driver):
    """Nothing is run."""
    app = looping(fan(driver, doubling(driver))(), xs=[]).build()
    driver.step(app)
    assert ([], []) == (app.state["ys"], app.history.children())


def adding(driver):
    """Make a graph of two actions that adds n, then 1."""

    @driver.action(reads=["x"], writes=["y"])
    def add(state, n):
        return state.update(y=state["x"] + n)

    @driver.action(reads=["y"], writes=["y"])
    def one_more(state):
        return state.increment(y=1)

    graph = GraphBuilder().with_actions(add, one_more).with_transitions(("add", "one_more")).build()
    return RunnableGraph(graph=graph, entrypoint="add", halt_after=["one_more"])


class Plus(Action):
    """An action as a class, with a value of its own."""

    def __init__(self, n):
        self.n = n

    @property
    def reads(self):
        return ["x"]

    @property
    def writes(self):
        return ["y"]

    def run(self, state):
        return {"y": state["x"] + self.n}

    def update(self, result, state):
        return state.update(**result)


def test_actions_of_all_kinds_run_over_one_state(driver):
    """A bound function, an object, a graph."""

    @driver.action(reads=["x"], writes=["y"])
    def times(state, n):
        return state.update(y=state["x"] * n)

    class Several(MapActions):
        reads = ["start"]
        writes = ["ys"]
        inputs = ["n", "__context"]

        def actions(self, state, context, inputs):
            yield times.bind(n=3).with_name("thrice")
            yield Plus(20)
            yield adding(driver)

        def state(self, state, inputs):
            return state.update(x=state["start"])

        def is_async(self):
            return isinstance(driver, Async)

        def reduce(self, state, states):
            return state.update(ys=[each["y"] for each in states])

    app = looping(Several(), start=5).build()
    driver.step(app, {"n": 100})
    assert [15, 25, 106] == app.state["ys"]


def test_all_actions_run_over_all_states(driver):
    """The states of the first action come first."""

    @driver.action(reads=["x"], writes=["y"])
    def times(state, n):
        return state.update(y=state["x"] * n)

    class Product(MapActionsAndStates):
        reads = []
        writes = ["ys"]

        def actions(self, state, inputs, context):
            return [times.bind(n=n).with_name(f"times_{n}") for n in (1, 10)]

        def states(self, state, inputs, context):
            return [state.update(x=x) for x in (1, 2, 3)]

        def is_async(self):
            return isinstance(driver, Async)

        def reduce(self, state, states):
            return state.update(ys=[each["y"] for each in states])

    app = looping(Product()).build()
    driver.step(app)
    assert ([1, 2, 3, 10, 20, 30], ["fan 0-0", "fan 0-1", "fan 0-2", "fan 1-0", "fan 1-1", "fan 1-2"]) == (
        app.state["ys"],
        [label for label, _, _ in branches(app)],
    )


def test_tasks_are_given_one_by_one(driver):
    """Each with a graph, inputs and a state of its own."""

    class Tasks(TaskBasedParallelAction):
        reads = []
        writes = ["ys"]

        def tasks(self, state, context, inputs):
            for n in (1, 2):
                yield SubGraphTask(
                    graph=adding(driver),
                    inputs={"n": n},
                    state=state.update(x=10 * n),
                    application_id=f"{context.app_id}-{n}",
                )

        def is_async(self):
            return isinstance(driver, Async)

        def reduce(self, state, states):
            return state.update(ys=[each["y"] for each in states])

    app = looping(Tasks()).with_identifiers(app_id="run").build()
    driver.step(app)
    assert ([12, 23], {"run-1", "run-2"}) == (
        app.state["ys"],
        {each.key.app_id for each in app.history.children()},
    )


def test_two_tasks_with_one_id_are_refused(driver):
    """The message names both."""

    class Tasks(TaskBasedParallelAction):
        reads = []
        writes = []

        def tasks(self, state, context, inputs):
            for _ in range(2):
                yield SubGraphTask(Plus(1), {}, state.update(x=1), "same")

        def reduce(self, state, states):
            return state

    app = looping(Tasks()).build()
    with pytest.raises(ActionError, match="The tasks 0 and 1 of 'fan' have the same application_id 'same'"):
        app.step()


def test_inputs_of_its_own_are_handed_on_where_they_are_taken(driver):
    """An input that only the map takes is no error in its branches."""

    @driver.action(reads=["x"], writes=["y"])
    def double(state, by=2):
        return state.update(y=by * state["x"])

    class Given(fan(driver, double)):
        @property
        def inputs(self):
            return ["numbers", "by", *super().inputs]

        def states(self, state, context, inputs):
            for x in inputs["numbers"]:
                yield state.update(x=x)

    app = looping(Given(), xs=[]).build()
    driver.step(app, {"numbers": [1, 2], "by": 5})
    assert [5, 10] == app.state["ys"]


def test_an_input_that_a_task_invents_is_an_error(driver):
    """As in any run."""

    class Tasks(TaskBasedParallelAction):
        reads = []
        writes = []

        def tasks(self, state, context, inputs):
            yield SubGraphTask(Plus(1), {"m": 1}, state.update(x=1))

        def reduce(self, state, states):
            return state

    with pytest.raises(UnknownInputError, match="No action takes the input 'm'"):
        looping(Tasks()).build().step()


def test_a_map_of_functions(driver):
    """`map_reduce_action` needs no class."""

    def states(state, context, inputs):
        for x in inputs["xs"]:
            yield state.update(x=x)

    def collect(state, states):
        return state.update(ys=[each["y"] for each in states])

    async def acollect(state, states):
        return state.update(ys=[each["y"] async for each in states])

    reducer = acollect if isinstance(driver, Async) else collect
    made = map_reduce_action([doubling(driver), Plus(1)], states, reducer, [], ["ys"], ["xs"])
    app = looping(made).build()
    driver.step(app, {"xs": [1, 2]})
    assert [2, 4, 2, 3] == app.state["ys"]


def test_the_documented_flow_runs(driver):
    """An input, a map, a result."""
    builder = ApplicationBuilder().with_actions(
        start=Input("xs"), spread=fan(driver, doubling(driver))(), end=Result("ys")
    )
    builder.with_transitions(("start", "spread"), ("spread", "end")).with_entrypoint("start")
    _, result, _ = driver.run(builder.build(), halt_after=["end"], inputs={"xs": [1, 2]})
    assert {"ys": [2, 4]} == result


def test_an_action_under_its_own_name_is_a_graph():
    """`create` gives a graph of one, and leaves a RunnableGraph alone."""
    made = RunnableGraph.create(doubling_plainly.with_name("twice"))
    assert ("twice", ["twice"], ("twice",), made) == (
        made.entrypoint,
        made.halt_after,
        made.graph.names,
        RunnableGraph.create(made),
    )


@action(reads=["x"], writes=["y"])
def doubling_plainly(state):
    return state.update(y=2 * state["x"])


def test_a_plain_function_is_no_branch():
    """The message says what is missing."""
    with pytest.raises(GraphError, match="Put @action"):
        RunnableGraph.create(len)


def test_an_async_branch_in_a_plain_map_is_refused():
    """Before anything runs."""

    @action(reads=["x"], writes=["y"])
    async def later(state):
        return state.update(y=1)

    class Plain(MapStates):
        reads = []
        writes = []

        def action(self, state, inputs):
            return later

        def states(self, state, context, inputs):
            yield state.update(x=1)

        def reduce(self, state, states):
            return state

    app = looping(Plain()).build()
    with pytest.raises(ActionError, match=r"'later' in them is async. Let is_async\(self\) of 'fan' return"):
        app.step()


def test_async_states_in_a_plain_map_are_refused():
    """An async generator cannot be taken there."""

    class Plain(MapStates):
        reads = []
        writes = []

        def action(self, state, inputs):
            return doubling_plainly

        async def states(self, state, context, inputs):
            yield state.update(x=1)

        def reduce(self, state, states):
            return state

    with pytest.raises(ActionError, match=r"fan\.states is async"):
        looping(Plain()).build().step()


def test_an_async_map_is_awaited():
    """`step` says so, before anything runs."""

    class Waits(MapStates):
        reads = []
        writes = []
        is_async = True
        """As Burr's documentation shows it."""

        def action(self, state, inputs):
            return doubling_plainly

        def states(self, state, context, inputs):
            yield state.update(x=1)

        def reduce(self, state, states):
            return state

    with pytest.raises(RunError, match="'fan' is async"):
        looping(Waits()).build().step()


def test_what_reduce_returns_is_checked(driver):
    """As of any action."""

    class Wrong(fan(driver, doubling(driver))):
        def reduce(self, state, states):
            return list(states)

    with pytest.raises(ResultError, match="The action 'fan' returned a pair of dict and list"):
        driver.step(looping(Wrong(), xs=[1]).build())


def test_tasks_are_subgraph_tasks():
    """Anything else is named."""

    class Wrong(TaskBasedParallelAction):
        reads = []
        writes = []

        def tasks(self, state, context, inputs):
            yield doubling_plainly

        def reduce(self, state, states):
            return state

    with pytest.raises(ActionError, match=r"fan.tasks gave a function. Yield SubGraphTask"):
        looping(Wrong()).build().step()


def test_a_map_outside_of_a_run_has_no_step():
    """Its branches would belong to nothing."""
    made = fan(None, doubling_plainly)()
    with pytest.raises(ActionError, match="is run by an application only"):
        made.run_and_update({})


def test_a_branch_sees_its_own_context(driver):
    """Its run, its step; not the parent's."""
    seen = []

    @driver.action(reads=["x"], writes=["y"])
    def look(state, __context: ApplicationContext):
        seen.append((ApplicationContext.get().app_id, __context.app_id, __context.sequence_id))
        return state.update(y=1)

    app = looping(fan(driver, look)(), xs=[1, 2]).build()
    driver.step(app)
    ids = {each.key.app_id for each in app.history.children()}
    assert {(each, each, 0) for each in ids} == set(seen)


def test_a_map_without_a_store_keeps_nothing(driver):
    """And runs all the same."""
    app = looping(fan(driver, doubling(driver))(), xs=[1, 2]).with_store(None).build()
    driver.step(app)
    assert [2, 4] == app.state["ys"]
