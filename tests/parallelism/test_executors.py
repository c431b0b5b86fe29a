"""Which executors run branches, and what travels to another process and back."""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import loky
import pytest

from notebook_agent.action import action
from notebook_agent.application import ApplicationContext
from notebook_agent.errors import ActionError, LedgerMissError
from notebook_agent.store import open_store
from notebook_agent.tracking import LocalTrackingClient
from tests.driving import Sync
from tests.parallelism import remote
from tests.parallelism.fans import branches, doubling, fan, looping, past
from tests.servers import OpenAIServer

SPAWN = get_context("spawn")


@pytest.fixture(scope="module")
def processes():
    """An executor with two processes, which stays open."""
    with ProcessPoolExecutor(2, mp_context=SPAWN) as executor:
        yield executor


@pytest.fixture(params=["a file", "memory"])
def store(request, tmp_path):
    store = open_store(tmp_path / "store.db" if request.param == "a file" else None)
    yield store
    store.close()


def one_process():
    """A factory as users write it."""
    return ProcessPoolExecutor(1, mp_context=SPAWN)


def made(branch, **state):
    return looping(fan(Sync(), branch)(), **state)


def test_a_factory_makes_an_executor_for_each_step():
    """It is shut down after the step."""
    executors = []

    def factory():
        executors.append(ThreadPoolExecutor(2))
        return executors[-1]

    app = made(doubling(Sync()), xs=[1, 2]).with_parallel_executor(factory).build()
    app.step()
    app.step()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executors[1].submit(print)
    assert (2, [2, 4]) == (len(executors), app.state["ys"])


def test_an_open_executor_stays_open():
    """It is the user's."""
    with ThreadPoolExecutor(2) as executor:
        app = made(doubling(Sync()), xs=[1, 2]).with_parallel_executor(executor).build()
        app.step()
        app.step()
        assert 1 == executor.submit(lambda: 1).result()


def test_branches_run_in_the_executor_s_threads():
    """Not in the caller's."""
    names = set()

    @Sync().action(reads=["x"], writes=["y"])
    def note(state):
        names.add(threading.current_thread().name)
        return state.update(y=1)

    with ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:
        made(note, xs=[1, 2]).with_parallel_executor(executor).build().step()
    assert {"mine_0"} == names


def test_an_action_may_have_an_executor_of_its_own():
    """Which is asked before that of the application."""
    asked = []

    class Own(fan(Sync(), doubling(Sync()))):
        def executor(self):
            asked.append(self)
            return ThreadPoolExecutor(1)

    app = looping(Own(), xs=[1, 2]).with_parallel_executor(lambda: 1 / 0).build()
    app.step()
    assert (1, [2, 4]) == (len(asked), app.state["ys"])


@pytest.mark.parametrize("shared", [False, True])
def test_nested_maps_do_not_wait_for_each_other(shared):
    """One thread is enough for three levels, whether the executor is shared or made anew."""
    driver = Sync()
    inner = fan(driver, doubling(driver))().with_name("inner")
    middle = fan(driver, inner, key="xs", gives="ys")().with_name("middle")
    builder = looping(fan(driver, middle, key="xs", gives="ys")(), xs=[[[1, 2], [3]], [[4], []]])
    with ThreadPoolExecutor(1) as executor:
        app = builder.with_parallel_executor(executor if shared else lambda: ThreadPoolExecutor(1)).build()
        app.step()
    assert [[[2, 4], [6]], [[8], []]] == app.state["ys"]


def test_branches_run_in_other_processes(processes, store):
    """They leave the same as threads do, in a file and in memory."""
    app = made(remote.graph(), xs=[1, 2, 3]).with_store(store).with_parallel_executor(processes).build()
    app.step()
    plain = made(remote.graph(), xs=[1, 2, 3]).build()
    plain.step()
    workers = {store.head_state(each.key)["process"] for each in app.history.children()}

    def without_process(told):
        return [
            (
                label,
                seq,
                [(*step[:4], {k: v for k, v in step[4].items() if k != "process"}) for step in steps],
            )
            for label, seq, steps in told
        ]

    assert ([13, 5, 7], without_process(past(plain)), False) == (
        app.state["ys"],
        without_process(past(app)),
        os.getpid() in workers,
    )


def test_code_and_source_travel(processes, store):
    """As they are read here."""
    app = made(remote.double, xs=[1]).with_store(store).with_parallel_executor(processes).build()
    app.step()
    (child,) = app.history.children()
    (step,) = store.steps(child.key)
    assert (remote.double.action_function.code, remote.double.action_function.source) == (
        step.code,
        store.values(step.ref).source,
    )


def test_a_retry_goes_on_with_branches_of_other_processes(processes, store):
    """Those that completed there are not run again."""
    app = made(remote.fail, xs=[1, 2]).with_store(store).with_parallel_executor(processes).build()
    for attempt in (app.step, app.retry):
        with pytest.raises(ActionError, match=r"^PickyError: no 2 \(two\) \(It cannot be pickled"):
            attempt()
    assert [("fan 0-0", 1, "completed"), ("fan 0-1", 2, "failed")] == branches(app)


def test_maps_nest_in_other_processes(processes, store):
    """The branches of a branch are linked to it."""
    app = made(remote.Inner(), xs=[1, 2]).with_store(store).with_parallel_executor(processes).build()
    app.step()
    first, second = sorted(app.history.children(), key=lambda run: run.label)
    parents = [run.spawned_by.run for run in store.runs() if run.spawned_by]
    assert ([11, 24], 1, 2) == (app.state["ys"], parents.count(first.key), parents.count(second.key))


def test_calls_of_other_processes_are_kept_and_served(monkeypatch, store):
    """A strict fork sends nothing; another question is refused there too."""
    with OpenAIServer() as server:
        monkeypatch.setenv("FANS_SERVER", server.base_url)
        app = made(remote.ask, xs=[1, 2]).with_store(store).with_parallel_executor(one_process).build()
        app.step()
        fork = app.fork(None)
        fork.ledger = "strict"
        fork.step()
        other = app.fork(None, {"xs": [1, 9]})
        other.ledger = "strict"
        with pytest.raises(LedgerMissError):
            other.step()
        sent = len(server.journal)
    calls = [
        call
        for run in (app, fork)
        for child in sorted(run.history.children(), key=lambda child: child.label)
        for call in store.calls([step.ref for step in store.steps(child.key)])
    ]
    ids = [call.id for call in calls]
    assert (2, app.state, [False, False, True, True], ids[:2]) == (
        sent,
        fork.state,
        [call.replayed for call in calls],
        [call.replayed_from for call in calls[2:]],
    )


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda: made(doubling(Sync()), xs=[1, 2]), r"the action 'double' cannot be pickled"),
        (
            lambda: made(remote.double, xs=[1, 2], lock=threading.Lock()),
            r"state\['lock'\] cannot be pickled \(cannot pickle '_thread.lock' object\)",
        ),
        (
            lambda: made(remote.plus.bind(n=threading.Lock()), xs=[1, 2]),
            r"the parameter 'n' of 'plus' cannot be pickled",
        ),
    ],
    ids=["action", "state", "parameter"],
)
def test_what_cannot_be_pickled_is_named(processes, build, named):
    """And what to do about it."""
    app = build().with_store(None).with_parallel_executor(processes).build()
    with pytest.raises(ActionError, match=f"cannot be sent to another process: {named}.* Make it inside"):
        app.step()


@pytest.mark.parametrize("executor", ["process", "loky"])
def test_a_tracker_in_memory_is_told_to_have_a_file(processes, executor):
    """One error, whatever pickles."""
    pool = processes if executor == "process" else loky.get_reusable_executor(1)
    app = made(remote.double, xs=[1, 2]).with_tracker(LocalTrackingClient("p", ":memory:"))
    told = "the tracker keeps its history in memory, where no other process reaches it. Give it a file"
    with pytest.raises(ActionError, match=re.escape(told)):
        app.with_parallel_executor(pool).build().step()


@Sync().action(reads=["x"], writes=["y"])
def die(state):
    os._exit(1)


def test_a_process_that_dies_is_said(tmp_path):
    """Its branch is interrupted, and a retry goes on with it."""
    builder = made(die, xs=[1, 1]).with_store(tmp_path / "store.db").with_parallel_executor(one_process)
    app = builder.build()
    with pytest.raises(ActionError, match="did not come back from its executor"):
        app.step()
    assert ("fan 0-0", 1, "interrupted") == branches(app)[0]
    app.store.close()


def test_the_context_in_another_process_is_the_branch_s(processes, tmp_path):
    """With the tracker's file open there."""
    app = made(tell, xs=[1]).with_store(tmp_path / "store.db").with_parallel_executor(processes).build()
    app.step()
    (child,) = app.history.children()
    assert [child.key.app_id] == app.state["ys"]
    app.store.close()


@Sync().action(reads=["x"], writes=["y"])
def tell(state, __context: ApplicationContext):
    return state.update(y=__context.app_id)


def test_a_branch_that_is_dropped_is_named():
    """Its executor was shut down while it waited there; the step fails rather than to wait for ever."""
    executor = ThreadPoolExecutor(1)

    @action(reads=["x"], writes=["y"])
    def shutting(state):
        executor.shutdown(wait=False, cancel_futures=True)
        return state.update(y=1)

    app = looping(fan(Sync(), shutting)(), xs=[1, 2]).with_parallel_executor(executor).build()
    with pytest.raises(
        ActionError, match=r"branch 0-1 of 'fan' was not run: its executor has been shut down"
    ):
        app.step()
    with pytest.raises(ActionError, match=r"branch 0-[01] of 'fan' was not run"):
        app.retry()


def test_a_factory_that_makes_no_executor_is_told():
    """When the step needs it."""
    app = looping(fan(Sync(), doubling(Sync()))(), xs=[1, 2]).with_parallel_executor(lambda: None).build()
    with pytest.raises(ActionError, match="was given a function that returned None"):
        app.step()
