"""The gate: a run is held, stepped, let go and stopped from another thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_agent import ApplicationBuilder, action, streaming_action
from notebook_agent.engine import Gate, Stopped
from notebook_agent.errors import ConditionError, MaxStepsError, RunBusyError
from notebook_agent.lifecycle import RunHalted, RunPaused, RunResumed, StepEnded
from tests.driving import Sync, brief


class Told:
    """Collects events and lets a test wait for one."""

    def __init__(self):
        self.events = []
        self.came = threading.Condition()

    def __call__(self, event):
        with self.came:
            self.events.append(event)
            self.came.notify_all()

    def wait_for(self, kind, count=1):
        """Wait until so many events of a kind have come."""
        with self.came:
            assert self.came.wait_for(lambda: self.count(kind) >= count, timeout=20)

    def count(self, kind):
        return sum(isinstance(each, kind) for each in self.events)


def ticking(driver, *, waits=True):
    """Make an application that counts a and b in turn, with a gate, and a listener."""

    @driver.action(reads=["n"], writes=["n"])
    def tick(state):
        return state.increment(n=1)

    builder = ApplicationBuilder().with_actions(a=tick, b=tick).with_transitions(("a", "b"), ("b", "a"))
    app = builder.with_entrypoint("a").with_state(n=0).build()
    app.gate = Gate(waits=waits)
    told = Told()
    app.subscribe(told)
    return app, told


class Running(threading.Thread):
    """A run in a thread of its own, and what came of it."""

    def __init__(self, driver, app, **options):
        super().__init__()
        self.outcome = None
        self._make = lambda: driver.run(app, **options)
        self.start()

    def run(self):
        try:
            self.outcome = self._make()
        except BaseException as error:  # noqa: BLE001  # the test looks at it
            self.outcome = error

    def ended(self):
        self.join(20)
        assert not self.is_alive()
        return self.outcome


def test_a_paused_run_waits(driver):
    """Before its next step, busy; it goes on when it is let."""
    app, told = ticking(driver)
    app.gate.pause()
    running = Running(driver, app, halt_before=["a"])
    told.wait_for(RunPaused)
    assert [] == brief(app)
    with pytest.raises(RunBusyError):
        app.reset_to_entrypoint()
    app.gate.resume()
    assert 2 == running.ended()[2]["n"]
    assert [RunPaused(app.key, "a"), RunResumed(app.key, "a")] == [
        each for each in told.events if isinstance(each, RunPaused | RunResumed)
    ]


def test_a_paused_run_makes_single_steps(driver):
    """As many as it is told, then it waits again."""
    app, told = ticking(driver)
    app.gate.pause()
    running = Running(driver, app, max_steps=9)
    told.wait_for(RunPaused)
    app.gate.step(2)
    told.wait_for(RunPaused, 2)
    assert 2 == told.count(StepEnded)
    app.gate.stop()
    assert isinstance(running.ended(), Stopped)
    assert 2 == app.state["n"]


def test_a_breakpoint_holds_the_run(driver):
    """Each time that its action is next."""
    app, told = ticking(driver)
    app.gate.break_at("b")
    running = Running(driver, app, max_steps=9)
    told.wait_for(RunPaused)
    assert [(0, "a", "completed")] == brief(app)
    app.gate.resume()
    told.wait_for(RunPaused, 2)
    assert 3 == app.state["n"]
    app.gate.unbreak("b")
    app.gate.resume()
    assert "max_steps" in str(running.ended())


def test_a_breakpoint_may_have_a_condition(driver):
    """Over the state; it is shown as it was written."""
    app, told = ticking(driver)
    app.gate.break_at("b", "n > 2")
    assert {"b": "n > 2"} == app.gate.breakpoints
    running = Running(driver, app)
    told.wait_for(RunPaused)
    assert 3 == app.state["n"]
    app.gate.stop()
    assert isinstance(running.ended(), Stopped)


def test_a_condition_that_cannot_be_decided_holds(driver):
    """Rather than let the run pass by."""
    app, told = ticking(driver)
    app.gate.break_at("a", "missing > 2")
    running = Running(driver, app)
    told.wait_for(RunPaused)
    app.gate.stop()
    running.ended()


def test_a_condition_that_cannot_be_read_is_refused():
    """When it is given."""
    with pytest.raises(ConditionError):
        Gate().break_at("a", "n >")


def test_a_gate_that_does_not_wait_halts_the_run(driver):
    """As `halt_before` does, so that the caller's thread is free; the next run goes on."""
    app, told = ticking(driver, waits=False)
    app.gate.break_at("b")
    node, result, state = driver.run(app)
    assert ("b", None, {"n": 1}) == (node.name, result, state)
    assert 1 == told.count(RunPaused)
    app.gate.resume()
    assert ("b", 3) == (driver.run(app)[0].name, app.state["n"])


def test_a_stopped_run_leaves_a_valid_checkpoint(driver):
    """Between two steps nothing is interrupted; a reset gate lets it go on."""
    app, _ = ticking(driver)
    app.subscribe(lambda event: app.gate.stop() if isinstance(event, StepEnded) else None)
    with pytest.raises(Stopped):
        driver.run(app)
    assert [(0, "a", "completed")] == brief(app)
    app.gate.reset()
    with pytest.raises(Stopped):
        driver.run(app)
    assert 2 == app.state["n"]


def test_a_stream_is_stopped_at_its_next_piece():
    """The step is interrupted with what it had."""

    @streaming_action(reads=[], writes=[])
    def endless(state):
        while True:
            yield {"more": True}

    app = ApplicationBuilder().with_actions(endless=endless).with_entrypoint("endless").build()
    app.gate = Gate()
    _, container = app.stream_result(["endless"])
    next(container)
    app.gate.stop()
    with pytest.raises(Stopped):
        list(container)
    assert "interrupted" == app.history[0].status


def test_a_paused_run_leaves_the_event_loop_free():
    """Other tasks go on while it waits."""

    @action(reads=[], writes=[])
    async def go(state):
        return state

    app = ApplicationBuilder().with_actions(go=go).with_entrypoint("go").build()
    app.gate = Gate()
    app.gate.pause()

    async def both():
        running = asyncio.create_task(app.arun())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not running.done()
        app.gate.resume()
        return await running

    assert "go" == asyncio.run(both())[0].name


def test_a_breakpoint_halts_a_run_of_the_main_thread_where_it_is_to_be_free(driver):
    """The next run goes on from there, and is halted again the next time."""
    app, told = ticking(driver)
    app.gate = Gate(frees_main=True)
    app.gate.break_at("b")
    assert ("b", 1) == (driver.run(app)[0].name, app.state["n"])
    assert ("b", False) == (app.gate.passes, app.gate.paused)
    assert ("b", 3) == (driver.run(app)[0].name, app.state["n"])
    assert [RunPaused, RunHalted] == [type(each) for each in told.events[-2:]]


def test_a_breakpoint_holds_a_run_of_another_thread_all_the_same(driver):
    """Since no cell waits for it."""
    app, told = ticking(driver)
    app.gate = Gate(frees_main=True)
    app.gate.break_at("b")
    running = Running(driver, app)
    told.wait_for(RunPaused)
    app.gate.stop()
    assert isinstance(running.ended(), Stopped)


def test_a_pause_holds_the_main_thread_too(driver):
    """Who paused it can let it go on."""
    app, _ = ticking(driver)
    app.gate = Gate(frees_main=True)
    app.gate.pause()
    app.subscribe(lambda event: isinstance(event, RunPaused) and app.gate.step(2))
    assert ("b", 2) == (driver.run(app, halt_after=["b"])[0].name, app.state["n"])


def test_a_run_that_ends_with_an_error_tells_that_it_halted(driver):
    """With the error, also where no step failed."""
    app, told = ticking(driver)
    with pytest.raises(MaxStepsError) as raised:
        driver.run(app, max_steps=1)
    assert RunHalted(app.key, "b", raised.value) == told.events[-1]


def test_steps_that_are_left_tell_that_the_run_halted():
    """Whoever iterates may stop at any step."""
    app, told = ticking(Sync())
    for _ in app.iterate():
        break
    assert RunHalted(app.key, "b") == told.events[-1]
