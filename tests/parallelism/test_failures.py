"""What becomes of the other branches when one fails, when a run is stopped, or its task is cancelled."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from notebook_agent.action import action
from notebook_agent.graph import GraphBuilder
from notebook_agent.parallelism import RunnableGraph
from tests.driving import Async, Sync
from tests.parallelism.fans import branches, fan, looping


def raising(driver, *xs, kind=ValueError):
    """Make a branch that raises for some x."""

    @driver.action(reads=["x"], writes=["y"])
    def work(state):
        if state["x"] in xs:
            raise kind(f"no {state['x']}")
        return state.update(y=state["x"])

    return work


def test_the_others_finish(driver):
    """What they did is kept."""
    app = looping(fan(driver, raising(driver, 1, 3))(), xs=[1, 2, 3, 4]).build()
    with pytest.raises(ValueError, match="no 1"):
        driver.step(app)
    assert [
        ("fan 0-0", 1, "failed"),
        ("fan 0-1", 1, "completed"),
        ("fan 0-2", 1, "failed"),
        ("fan 0-3", 1, "completed"),
    ] == branches(app)


def test_the_step_fails_with_the_first_branch_s_own_exception(driver):
    """Its type and its object, with notes of where it comes from and of the others."""

    class MineError(Exception):
        pass

    app = looping(fan(driver, raising(driver, 2, 3, kind=MineError))(), xs=[1, 2, 3]).build()
    with pytest.raises(MineError, match="no 2") as caught:
        driver.step(app)
    child = next(each for each in app.history.children() if each.label == "fan 0-1")
    notes = "\n".join(caught.value.__notes__)
    assert ("failed", True, True) == (
        app.history[0].status,
        f"In branch 0-1 of 'fan': run {child.key}, step 0." in notes,
        "2 of 3 branches failed; after this one: MineError: no 3" in notes,
    )


def test_the_report_is_that_of_the_branch_s_step(driver):
    """It is said once, with the state that failed."""
    app = looping(fan(driver, raising(driver, 2))(), xs=[1, 2]).build()
    with pytest.raises(ValueError, match="no 2") as caught:
        driver.step(app)
    reports = [note for note in caught.value.__notes__ if " failed at step @0 of run " in note]
    assert (1, True) == (len(reports), reports[0].startswith("work failed"))


def test_the_traceback_ends_at_the_user_s_line(driver):
    """And begins with it: no frame of the engine is on top."""
    app = looping(fan(driver, raising(driver, 2))(), xs=[1, 2]).build()
    with pytest.raises(ValueError, match="no 2") as caught:
        driver.step(app)
    assert "work" == caught.traceback[-1].name


def test_a_system_exit_ends_all(driver):
    """It is no failure of a branch but a stop."""
    app = looping(fan(driver, raising(driver, 2, kind=SystemExit))(), xs=[1, 2]).build()
    with pytest.raises(SystemExit):
        driver.step(app)
    assert ("interrupted", "interrupted") == (
        app.history[0].status,
        {label: status for label, _, status in branches(app)}["fan 0-1"],
    )


def two_steps(driver, first):
    """Make a graph of a given action and one after it."""

    @driver.action(reads=["x"], writes=["y"])
    def after(state):
        return state.update(y=1)

    graph = GraphBuilder().with_actions(first=first, after=after).with_transitions(("first", "after")).build()
    return RunnableGraph(graph, "first", ["after"])


def press_stop():
    """Do what the kernel's Stop does."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def stopped():
    """A run that is stopped while both branches are in their first step; then those are let go."""
    started, pressed, go_on = threading.Barrier(2), threading.Event(), threading.Event()

    @action(reads=["x"], writes=["z"])
    def first(state):
        if started.wait(20) == 0 and not pressed.is_set():
            pressed.set()
            press_stop()
        go_on.wait(20)
        return state.update(z=1)

    app = looping(fan(Sync(), two_steps(Sync(), first))(), xs=[1, 2]).build()
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        app.step()
    statuses = [app.history[0].status, *(status for _, _, status in branches(app))]
    go_on.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
    return app, statuses


def test_stop_interrupts_all_branches_at_once(stopped):
    """Nobody waits for their present steps, and none is completed."""
    _, statuses = stopped
    assert ["interrupted"] * 3 == statuses


def test_no_branch_goes_on_after_a_stop(stopped):
    """What its thread still came to is dropped, and no step follows."""
    app, _ = stopped
    assert [("fan 0-0", 1, "interrupted"), ("fan 0-1", 1, "interrupted")] == branches(app)


def test_a_stopped_run_goes_on(stopped):
    """With the branches where they were."""
    app, _ = stopped
    app.retry()
    assert ([1, 1], [("fan 0-0", 3, "completed"), ("fan 0-1", 3, "completed")]) == (
        app.state["ys"],
        branches(app),
    )


def test_stop_reaches_branches_of_branches():
    """Those that run are interrupted, the others are not begun, and no thread goes on."""
    began, pressed, go_on = [], threading.Event(), threading.Event()

    @action(reads=["x"], writes=["z"])
    def first(state):
        began.append(state["x"])
        if not pressed.is_set():
            pressed.set()
            press_stop()
        go_on.wait(20)
        return state.update(z=1)

    driver = Sync()
    inner = fan(driver, two_steps(driver, first))().with_name("inner")
    builder = looping(fan(driver, inner, key="xs", gives="ys")(), xs=[[1, 2, 3], []])
    app = builder.with_parallel_executor(lambda: ThreadPoolExecutor(1)).build()
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        app.step()
    go_on.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
    runs = sorted((run.label, run.steps, run.status) for run in app.store.runs() if run.spawned_by)
    assert ([1], [("fan 0-0", 1, "interrupted"), ("inner 0-0", 1, "interrupted")]) == (began, runs)


def test_branches_that_had_not_begun_are_not_begun():
    """They wait for a free thread when Stop comes."""
    began = []

    @action(reads=["x"], writes=["y"])
    def work(state):
        began.append(state["x"])
        press_stop()
        threading.Event().wait(0.5)
        return state.update(y=1)

    builder = looping(fan(Sync(), work)(), xs=[1, 2, 3])
    app = builder.with_parallel_executor(lambda: ThreadPoolExecutor(1)).build()
    with pytest.raises(KeyboardInterrupt):
        app.step()
    assert ([1], ["fan 0-0"]) == (began, [label for label, _, _ in branches(app)])


def test_a_cancelled_task_interrupts_its_branches():
    """Each at its present step."""
    both = asyncio.Barrier(3)

    @action(reads=["x"], writes=["z"])
    async def first(state):
        await both.wait()
        await asyncio.Event().wait()
        return state.update(z=1)

    app = looping(fan(Async(), two_steps(Async(), first))(), xs=[1, 2]).build()

    async def cancelled():
        task = asyncio.create_task(app.astep())
        await both.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert ("interrupted", [("fan 0-0", 1, "interrupted"), ("fan 0-1", 1, "interrupted")]) == (
        app.history[0].status,
        branches(app),
    )
