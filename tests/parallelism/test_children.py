"""Branches are runs of their own: linked, named by their step, found again by a retry and only by it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import openai
import pytest

from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls.protocol import Task
from notebook_agent.errors import LedgerMissError, UnknownRunError
from notebook_agent.graph import GraphBuilder
from notebook_agent.parallelism import RunnableGraph, SubGraphTask, TaskBasedParallelAction
from notebook_agent.tracking import LocalTrackingClient
from tests.driving import Async, Sync
from tests.parallelism import remote
from tests.parallelism.fans import branches, doubling, fan, looping, past
from tests.servers import OpenAIServer


@pytest.fixture
def tracker(tmp_path):
    tracker = LocalTrackingClient("tests", tmp_path)
    yield tracker
    tracker.store.close()


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def test_a_second_call_of_a_map_has_results_of_its_own(driver, tracker):
    """It never replays those of the first, with a tracker that everything is loaded from."""
    made = fan(driver, doubling(driver))
    builder = ApplicationBuilder().with_actions(fan=made()).with_transitions(("fan", "fan"))
    builder.initialize_from(tracker, True, {"xs": [1, 2]}, "fan").with_tracker(tracker)
    app = builder.with_identifiers(app_id="run").build()
    driver.step(app)
    first = app.state["ys"]
    app.update_state(app.state.update(xs=[5, 6]))
    driver.step(app)
    assert ([2, 4], [10, 12]) == (first, app.state["ys"])


def test_a_second_call_with_equal_states_runs_again(driver):
    """Equal is not the same."""
    ran = Ran()

    @driver.action(reads=["x"], writes=["y"])
    def note(state):
        ran.all.append(state["x"])
        return state.update(y=len(ran.all))

    app = looping(fan(driver, note)(), xs=[7]).build()
    driver.step(app)
    driver.step(app)
    assert ([7, 7], 2) == (ran.all, len(app.history.children()))


def test_branches_are_linked_to_their_step(driver):
    """The run knows its parent's step, the parent its children."""
    app = looping(fan(driver, doubling(driver))(), xs=[1, 2]).build()
    driver.step(app)
    driver.step(app)
    children = app.history.children(1)
    assert ({(app.key, 1)}, [("fan 0-0", 1, "completed"), ("fan 0-1", 1, "completed")], 4) == (
        {(each.spawned_by.run, each.spawned_by.seq) for each in children},
        branches(app, 1),
        len(app.history.children()),
    )


class Trouble:
    """For which x a branch fails until the world is well again, which is no part of the code."""

    def __init__(self, *xs):
        self.xs = xs
        self.over = threading.Event()

    def strikes(self, x):
        return x in self.xs and not self.over.is_set()


class Ran:
    """What ran."""

    def __init__(self):
        self.all = []


def failing(driver, ran, trouble):
    """Make a graph that notes what it runs, in two steps, and fails in the second for some x."""

    @driver.action(reads=["x"], writes=["z"])
    def first(state):
        ran.all.append(("first", state["x"]))
        return state.update(z=10 * state["x"])

    @driver.action(reads=["x", "z"], writes=["y"])
    def second(state):
        ran.all.append(("second", state["x"]))
        if trouble.strikes(state["x"]):
            raise ValueError(f"no {state['x']}")
        return state.update(y=state["z"] + 1)

    graph = GraphBuilder().with_actions(first, second).with_transitions(("first", "second")).build()
    return RunnableGraph(graph, "first", ["second"])


def test_a_retry_runs_only_what_did_not_complete(driver):
    """The branch goes on at its failed step; those that completed stand."""
    ran, trouble = Ran(), Trouble(2)
    app = looping(fan(driver, failing(driver, ran, trouble))(), xs=[1, 2, 3]).build()
    with pytest.raises(ValueError, match="no 2"):
        driver.step(app)
    ran.all.clear()
    trouble.over.set()
    driver.retry(app)
    assert ([("second", 2)], [11, 21, 31], 3) == (ran.all, app.state["ys"], len(app.history.children()))


def test_a_resumed_run_goes_on_with_its_branches(driver, tracker):
    """After a restart, as a retry does."""
    ran, trouble = Ran(), Trouble(2)
    made = fan(driver, failing(driver, ran, trouble))
    builder = looping(made(), xs=[1, 2]).with_tracker(tracker)
    with pytest.raises(ValueError, match="no 2"):
        driver.step(builder.with_identifiers(app_id="run").build())
    ran.all.clear()
    trouble.over.set()
    again = ApplicationBuilder().with_actions(fan=made())
    again.initialize_from(tracker, True, {}, "fan").with_tracker(tracker).with_identifiers(app_id="run")
    app = again.build()
    driver.step(app)
    assert ([("second", 2)], [11, 21]) == (ran.all, app.state["ys"])


PROGRAM = """
import os, sys
from notebook_agent import ApplicationBuilder
from tests.parallelism import remote
from tests.parallelism.fans import fan
remote.DIES.append(2)
builder = ApplicationBuilder().with_actions(fan=fan(None, remote.dying())()).with_entrypoint("fan")
builder.with_state(xs=[1, 2]).with_identifiers(app_id="run").with_store(sys.argv[1])
builder.with_parallel_executor(remote.one_thread).build().step()
"""


def test_a_run_whose_process_died_goes_on_with_its_branches(tmp_path):
    """Those that had completed are not run again; the one that was running is."""
    root = Path(__file__).parents[2]
    died = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "store.db")],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    remote.RAN.clear()
    tracker = LocalTrackingClient("default", tmp_path / "store.db")
    again = ApplicationBuilder().with_actions(fan=fan(None, remote.dying())())
    again.initialize_from(tracker, True, {}, "fan").with_identifiers(app_id="run")
    app = again.build()
    app.step()
    assert (9, [2], [10, 20], [("fan 0-0", 1, "completed"), ("fan 0-1", 2, "completed")]) == (
        died.returncode,
        remote.RAN.all(),
        app.state["ys"],
        branches(app),
    )
    tracker.store.close()


def test_a_branch_whose_code_changed_runs_anew(driver):
    """Under another id; the old one stays as it was."""
    ran = Ran()

    def broken(plus, fails):
        @driver.action(reads=["x"], writes=["y"])
        def work(state):
            ran.all.append(state["x"])
            return state.update(y=state["x"] + plus)

        @driver.action(reads=["y"], writes=["y"])
        def check(state):
            if fails and state["x"] == 2:
                raise ValueError("no 2")
            return state.update(y=state["y"])

        graph = GraphBuilder().with_actions(work, check).with_transitions(("work", "check")).build()
        return fan(driver, RunnableGraph(graph, "work", ["check"]))()

    app = looping(broken(1, fails=True), xs=[1, 2]).build()
    with pytest.raises(ValueError, match="no 2"):
        driver.step(app)
    ran.all.clear()
    app.rebind("fan", broken(100, fails=False))
    driver.retry(app)
    assert ([1, 2], [101, 102], 4) == (sorted(ran.all), app.state["ys"], len(app.history.children()))


def test_a_branch_whose_state_changed_runs_anew(driver):
    """The others stand."""
    ran = Ran()
    branch = failing(driver, ran, Trouble(2))
    app = looping(fan(driver, branch)(), xs=[1, 2]).build()
    with pytest.raises(ValueError, match="no 2"):
        driver.step(app)
    ran.all.clear()

    class Changed(fan(driver, branch)):
        def states(self, state, context, inputs):
            return [state.update(x=1), state.update(x=5)]

    app.rebind("fan", Changed())
    driver.retry(app)
    assert ([("first", 5), ("second", 5)], [11, 51]) == (ran.all, app.state["ys"])


def test_a_policy_that_tries_again_goes_on_with_the_branches(driver):
    """Within one call."""
    ran, trouble = Ran(), Trouble(2)

    @driver.action(reads=["x"], writes=["y"])
    def work(state):
        ran.all.append(state["x"])
        if trouble.strikes(state["x"]):
            trouble.over.set()
            raise ValueError("once")
        return state.update(y=state["x"])

    app = looping(fan(driver, work)(), xs=[1, 2, 3]).with_policy("fan", retries=1, backoff=0).build()
    driver.step(app)
    assert ([1, 2, 2, 3], [1, 2, 3]) == (sorted(ran.all), app.state["ys"])


def test_another_visit_after_a_caught_error_starts_anew(driver):
    """Where an edge caught the error, the next visit is no retry."""
    ran = Ran()

    @driver.action(reads=[], writes=["xs"])
    def change(state):
        return state.update(xs=[1])

    made = fan(driver, failing(driver, ran, Trouble(2)))()
    builder = ApplicationBuilder().with_actions(fan=made, change=change).on_error("change", sources=["fan"])
    app = builder.with_transitions(("change", "fan")).with_entrypoint("fan").with_state(xs=[1, 2]).build()
    driver.run(app, halt_after=["fan"])
    assert (2, 1) == (ran.all.count(("first", 1)), ran.all.count(("first", 2)))


def asking(driver, server, *, broken=False):
    """Make a branch that asks the model about x."""

    @driver.action(reads=["x"], writes=["y"])
    def ask(state):
        with openai.OpenAI(base_url=server.base_url, api_key="test", max_retries=0) as client:
            said = client.chat.completions.create(
                model="small", messages=[{"role": "user", "content": f"about {state['x']}"}]
            )
        if broken and state["x"] == 2:
            raise ValueError("after the call")
        return state.update(y=said.choices[0].message.content)

    return ask


def test_calls_belong_to_the_steps_of_their_branch(driver, server):
    """None to the parent's step, none to another branch's."""
    app = looping(fan(driver, asking(driver, server))(), xs=[1, 2, 3]).build()
    driver.step(app)
    store = app.store
    made = {
        each.label: [
            call.request["messages"][0]["content"]
            for call in store.calls([s.ref for s in store.steps(each.key)])
        ]
        for each in app.history.children()
    }
    assert {f"fan 0-{n}": [f"about {n + 1}"] for n in range(3)} == made
    assert [] == app.history.calls(0, branches=False)
    assert [((Task("fan", 0, f"fan 0-{n}"),), f"about {n + 1}") for n in range(3)] == [
        (call.branch, call.request["messages"][0]["content"]) for call in app.history.calls()
    ]


def test_a_fork_has_branches_of_its_own_served_from_its_parents(driver, server):
    """No call is made again."""
    app = looping(fan(driver, asking(driver, server))(), xs=[1, 2]).build()
    driver.step(app)
    fork = app.fork(None)
    driver.step(fork)
    assert (2, app.state, 2, set()) == (
        len(server.journal),
        fork.state,
        len(fork.history.children()),
        {each.key for each in app.history.children()} & {each.key for each in fork.history.children()},
    )


def test_strict_replay_of_a_parallel_run_sends_nothing(driver, server):
    """Nor where the branches were named by the user."""
    app = looping(fan(driver, asking(driver, server))(), xs=[1, 2]).build()
    driver.step(app)
    driver.step(app)
    sent = len(server.journal)
    fork = app.fork(None)
    fork.ledger = "strict"
    driver.step(fork)
    driver.step(fork)
    assert (4, 4, app.state) == (sent, len(server.journal), fork.state)


def test_strict_replay_refuses_a_branch_that_asks_otherwise(driver, server):
    """And sends nothing."""
    app = looping(fan(driver, asking(driver, server))(), xs=[1, 2]).build()
    driver.step(app)
    fork = app.fork(None, {"xs": [1, 3]})
    fork.ledger = "strict"
    with pytest.raises(LedgerMissError):
        driver.step(fork)
    assert 2 == len(server.journal)


def test_strict_replay_finds_branches_that_the_user_named(driver, server):
    """Though the names differ in the fork."""

    class Named(TaskBasedParallelAction):
        reads = ["xs"]
        writes = ["ys"]

        def is_async(self):
            return isinstance(driver, Async)

        def tasks(self, state, context, inputs):
            for x in state["xs"]:
                yield SubGraphTask(asking(driver, server), inputs, state.update(x=x), f"{context.app_id}:{x}")

        def reduce(self, state, states):
            return state.update(ys=[each["y"] for each in states])

    app = looping(Named(), xs=[1, 2]).build()
    driver.step(app)
    fork = app.fork(None)
    fork.ledger = "strict"
    driver.step(fork)
    assert (2, app.state) == (len(server.journal), fork.state)


def test_what_a_retry_runs_anew_is_served_from_the_attempt_before(driver, server):
    """A branch with other code asks the same question: it is not paid again."""
    app = looping(fan(driver, asking(driver, server, broken=True))(), xs=[1, 2]).build()
    with pytest.raises(ValueError, match="after the call"):
        driver.step(app)
    app.rebind("fan", fan(driver, asking(driver, server))())
    driver.retry(app)
    assert 2 == len(server.journal)


@pytest.mark.parametrize(("allowed", "sent"), [(False, [1, 2]), (True, [1, 1, 2, 2])])
def test_what_branches_sent_is_not_sent_again_by_a_fork(driver, allowed, sent):
    """Unless it is allowed."""
    ran = Ran()

    @driver.action(reads=["x"], writes=["y"], effect="irreversible")
    def send(state):
        ran.all.append(state["x"])
        return state.update(y=10 * state["x"])

    app = looping(fan(driver, send)(), xs=[1, 2]).build()
    driver.step(app)
    fork = app.fork(None)
    fork.allow_effects = allowed
    driver.step(fork)
    assert (sent, app.state) == (sorted(ran.all), fork.state)


def test_a_name_that_a_task_had_in_a_former_visit_is_not_replayed(driver):
    """Each visit has its own run, whatever the user calls it."""

    class Named(TaskBasedParallelAction):
        reads = ["xs"]
        writes = ["ys"]

        def is_async(self):
            return isinstance(driver, Async)

        def tasks(self, state, context, inputs):
            for n, x in enumerate(state["xs"]):
                yield SubGraphTask(doubling(driver), inputs, state.update(x=x), f"task {n}")

        def reduce(self, state, states):
            return state.update(ys=[each["y"] for each in states])

    app = looping(Named(), xs=[1, 2]).build()
    driver.step(app)
    app.update_state(app.state.update(xs=[5, 6]))
    driver.step(app)
    assert ([10, 12], 4) == (app.state["ys"], len(app.history.children()))


def test_a_branch_can_be_resumed_by_hand(driver, tracker):
    """It is a run as any other, with its parent known."""
    trouble = Trouble(1)
    branch = failing(driver, Ran(), trouble)
    builder = looping(fan(driver, branch)(), xs=[1]).with_tracker(tracker)
    app = builder.build()
    with pytest.raises(ValueError, match="no 1"):
        driver.step(app)
    (child,) = app.history.children()
    trouble.over.set()
    fixed = ApplicationBuilder().with_graph(branch.graph).with_tracker(tracker)
    fixed.initialize_from(tracker, True, {}, "first").with_identifiers(app_id=child.key.app_id)
    alone = fixed.build()
    driver.step(alone)
    pointer = alone.spawning_parent_pointer
    assert (11, (app.uid, 0)) == (alone.state["y"], (pointer.app_id, pointer.sequence_id))


def test_a_map_may_keep_its_branches_nowhere(driver):
    """`tracker` says None."""

    class Untold(fan(driver, doubling(driver))):
        def tracker(self, **_):
            return None

    app = looping(Untold(), xs=[1, 2]).build()
    driver.step(app)
    assert ([2, 4], []) == (app.state["ys"], app.history.children())


def test_a_map_may_keep_its_branches_elsewhere(driver, tracker):
    """In a tracker of its own."""

    class Elsewhere(fan(driver, doubling(driver))):
        def tracker(self, **_):
            return tracker

    app = looping(Elsewhere(), xs=[1, 2]).build()
    driver.step(app)
    assert ([], {"fan 0-0", "fan 0-1"}) == (app.history.children(), {each.label for each in tracker.runs()})


def test_a_map_may_start_anew_at_each_attempt(driver):
    """`state_initializer` says None."""
    ran = Ran()

    class Anew(fan(driver, failing(driver, ran, Trouble(2)))):
        def state_initializer(self, **_):
            return None

    app = looping(Anew(), xs=[1, 2]).build()
    for attempt in (driver.step, driver.retry):
        with pytest.raises(ValueError, match="no 2"):
            attempt(app)
    assert (2, 2) == (ran.all.count(("first", 1)), ran.all.count(("second", 2)))


def test_maps_nest(driver):
    """Branches of branches are linked to their own parent."""
    inner = fan(driver, doubling(driver))().with_name("inner")
    outer = fan(driver, inner, key="xs", gives="ys")
    app = looping(outer(), xs=[[1, 2], [3]]).build()
    driver.step(app)
    (first, second) = sorted(app.history.children(), key=lambda run: run.label)
    grand = [
        run.spawned_by.run for run in app.store.runs() if run.spawned_by and run.spawned_by.run != app.key
    ]
    assert ([[2, 4], [6]], {first.key: 2, second.key: 1}) == (
        app.state["ys"],
        {key: grand.count(key) for key in grand},
    )


def test_a_nested_retry_reaches_the_branch_that_failed(driver):
    """Level by level, and nothing else runs."""
    ran, trouble = Ran(), Trouble(2)
    inner = fan(driver, failing(driver, ran, trouble))().with_name("inner")
    app = looping(fan(driver, inner, key="xs", gives="ys")(), xs=[[1, 2], [3]]).build()
    with pytest.raises(ValueError, match="no 2"):
        driver.step(app)
    ran.all.clear()
    trouble.over.set()
    driver.retry(app)
    assert ([("second", 2)], [[11, 21], [31]]) == (ran.all, app.state["ys"])


def test_a_strict_replay_reaches_nested_branches(driver, server):
    """Level by level."""
    inner = fan(driver, asking(driver, server))().with_name("inner")
    app = looping(fan(driver, inner, key="xs", gives="ys")(), xs=[[1, 2], [3]]).build()
    driver.step(app)
    fork = app.fork(None)
    fork.ledger = "strict"
    driver.step(fork)
    assert (3, app.state) == (len(server.journal), fork.state)


def agent(driver, branch):
    """Make an action that runs an application of its own."""
    graph = GraphBuilder().with_actions(branch).build()

    def built(state, context):
        builder = ApplicationBuilder().with_graph(graph).with_entrypoint(graph.names[0])
        return builder.with_state(x=state["x"]).with_parent_context(context).build()

    if isinstance(driver, Async):
        from notebook_agent.action import action

        @action(reads=["x"], writes=["y"])
        async def ask_agent(state, __context):
            _, _, found = await built(state, __context).arun()
            return state.update(y=found["y"])

        return ask_agent

    @driver.action(reads=["x"], writes=["y"])
    def ask_agent(state, __context):
        _, _, found = built(state, __context).run()
        return state.update(y=found["y"])

    return ask_agent


def test_a_sub_agent_is_linked_to_the_step_that_runs_it(driver):
    """It is kept beside its parent."""
    app = looping(agent(driver, doubling(driver)), x=4).build()
    driver.step(app)
    (child,) = app.history.children()
    assert (8, app.key, 0) == (app.state["y"], child.spawned_by.run, child.spawned_by.seq)


def test_each_visit_has_sub_agents_of_its_own(driver):
    """Whose calls are made, since nothing was forked."""
    app = looping(agent(driver, doubling(driver)), x=4).build()
    driver.step(app)
    driver.step(app)
    assert [0, 1] == [child.spawned_by.seq for child in app.history.children()]


def test_a_sub_agent_of_a_fork_is_served_from_its_counterpart(driver, server):
    """Strictly: nothing is sent."""
    app = looping(agent(driver, asking(driver, server)), x=4).build()
    driver.step(app)
    fork = app.fork(None)
    fork.ledger = "strict"
    driver.step(fork)
    assert (1, app.state) == (len(server.journal), fork.state)


def test_a_sub_agent_can_be_linked_by_name(tracker):
    """As Burr's builder does."""
    parent = looping(fan(None, doubling_once)(), xs=[1]).with_tracker(tracker).build()
    parent.step()
    builder = (
        ApplicationBuilder().with_actions(doubling_once).with_entrypoint("doubling_once").with_state(x=1)
    )
    child = builder.with_tracker(tracker).with_spawning_parent(parent.uid, 0).build()
    assert (parent.uid, None, 0) == (
        child.spawning_parent_pointer.app_id,
        child.spawning_parent_pointer.partition_key,
        child.spawning_parent_pointer.sequence_id,
    )


def test_a_spawning_parent_must_be_there(tracker):
    """An id that is none is an error."""
    builder = (
        ApplicationBuilder().with_actions(doubling_once).with_entrypoint("doubling_once").with_state(x=1)
    )
    with pytest.raises(UnknownRunError, match="has no run 'nobody'"):
        builder.with_tracker(tracker).with_spawning_parent("nobody", 0).build()


doubling_once = doubling(Sync()).with_name("doubling_once")


def test_both_forms_leave_the_same(tmp_path):
    """A fixed example; `test_both_forms` has generated ones."""
    histories = []
    for driver in (Sync(), Async()):
        app = looping(fan(driver, failing(driver, Ran(), Trouble(2)))(), xs=[1, 2, 3]).build()
        with pytest.raises(ValueError, match="no 2"):
            driver.step(app)
        histories.append(past(app))
    assert histories[0] == histories[1]
