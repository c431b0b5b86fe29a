"""The run loop: every behaviour in both forms, with equal histories."""

from __future__ import annotations

import asyncio
import threading
import traceback
from dataclasses import dataclass

import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.condition import Check, Condition, Decision, when
from notebook_agent.errors import (
    ActionError,
    ConditionError,
    MaxStepsError,
    MissingInputError,
    ResultError,
    RunBusyError,
    RunError,
    UnknownInputError,
    UnstorableError,
    WriteError,
)
from notebook_agent.state import State
from notebook_agent.store import open_store
from tests.driving import Async, Sync, brief, told


def counting(driver, *, limit=3):
    """Count up to a limit, then end: count -> count.. -> done."""

    @driver.action(reads=["n"], writes=["n"], tags=["work"])
    def count(state, by=1):
        return {"by": by}, state.increment(n=by)

    @driver.action(reads=[], writes=["said"], tags=["end"])
    def done(state):
        return state.update(said=f"done at {state['n']}")

    return (
        ApplicationBuilder()
        .with_actions(count, done)
        .with_transitions(("count", "count", when(n__lt=limit)), ("count", "done"))
        .with_entrypoint("count")
        .with_state(n=0)
    )


def single(driver, function, *, reads=(), writes=(), **state):
    """Make an application of one action that loops on itself."""
    made = driver.action(reads=list(reads), writes=list(writes))(function)
    builder = ApplicationBuilder().with_actions(go=made).with_transitions(("go", "go"))
    return builder.with_entrypoint("go").with_state(**state)


def test_run_goes_to_the_end_of_the_graph(driver):
    """It returns the last action, its result and the state."""
    action_, result, state = driver.run(counting(driver).build())
    assert ("done", {}, {"n": 3, "said": "done at 3"}) == (action_.name, result, state)


def test_every_step_is_kept_with_its_reasons(driver):
    """The whole history, without its times."""
    app = counting(driver, limit=2).build()
    driver.run(app, inputs={"by": 1})
    on = Decision(
        "count", "count", (Check("count", "n<2", {"n": 1}, True), Check("done", "default", {}, None))
    )
    off = Decision(
        "count", "done", (Check("count", "n<2", {"n": 2}, False), Check("done", "default", {}, True))
    )
    end = Decision("done", None, ())
    ok = "completed"
    assert [
        (True, 0, "count", ok, None, None, on, ("n",), ("n",), {"by": 1}, {"by": 1}, {"n": 1}),
        (True, 1, "count", ok, None, on, off, ("n",), ("n",), {"by": 1}, {"by": 1}, {"n": 2}),
        (True, 2, "done", ok, None, off, end, ("n",), ("said",), {}, {}, {"n": 2, "said": "done at 2"}),
    ] == told(app)


def test_step_makes_one_step(driver):
    """And returns it; at the end of the graph None."""
    app = counting(driver, limit=1).build()
    first = driver.step(app)
    assert ("count", {"by": 1}, {"n": 1}) == (first[0].name, *first[1:])
    assert "done" == driver.step(app)[0].name
    assert (None, 1, False) == (driver.step(app), app.sequence_id, app.has_next_action())


def test_iterate_yields_each_step(driver):
    """In order, up to the halt."""
    steps = driver.iterate(counting(driver).build(), halt_after=["done"])
    assert [("count", 1), ("count", 2), ("count", 3), ("done", 3)] == [(a.name, s["n"]) for a, _, s in steps]


def test_iterate_returns_what_run_returns():
    """The generator's value is the outcome."""

    def whole():
        outcomes.append((yield from counting(Sync()).build().iterate()))

    outcomes = []
    list(whole())
    assert "done" == outcomes[0][0].name


def test_leaving_an_iteration_keeps_what_was_done(driver):
    """The steps made are complete, and the run can go on."""
    app = counting(driver).build()

    async def leave():
        async for _ in app.aiterate():
            break

    if isinstance(driver, Sync):
        for _ in app.iterate():
            break
    else:
        asyncio.run(leave())
    assert [(0, "count", "completed")] == brief(app)
    assert "done" == driver.run(app)[0].name


def test_halt_after_stops_after_the_action(driver):
    """With its result."""
    action_, result, state = driver.run(counting(driver).build(), halt_after=["count"])
    assert ("count", {"by": 1}, {"n": 1}) == (action_.name, result, state)


def test_halt_before_stops_before_the_action(driver):
    """With the action that is next, and no result; running again goes on with it."""
    app = counting(driver).build()
    action_, result, state = driver.run(app, halt_before=["done"])
    assert ("done", None, {"n": 3}) == (action_.name, result, state)
    assert "done" == driver.run(app, halt_before=["done"])[0].name


def test_halt_before_wins(driver):
    """Where both would stop, the next action is what is returned."""
    action_, result, _ = driver.run(counting(driver).build(), halt_before=["count"], halt_after=["count"])
    assert ("count", None) == (action_.name, result)


@pytest.mark.parametrize(
    "halts", [{"halt_after": ["@tag:end"]}, {"halt_after": "done"}, {"halt_before": ["@tag:end"]}]
)
def test_halts_take_tags_and_single_names(driver, halts):
    """A tag stands for all actions that carry it."""
    assert "done" == driver.run(counting(driver).build(), **halts)[0].name


def test_an_unknown_halt_is_refused(driver):
    """The valid ones are listed; nothing runs."""
    app = counting(driver).build()
    with pytest.raises(RunError, match=r"Did you mean 'done'\? There are: count, done, @tag:work, @tag:end"):
        driver.run(app, halt_after=["don"])
    assert [] == brief(app)


def test_nothing_to_run_returns_nothing(driver):
    """At the end of the graph there is no action and no result."""
    app = counting(driver, limit=1).build()
    driver.run(app)
    assert (None, None, {"n": 1, "said": "done at 1"}) == driver.run(app)


def test_max_steps_stops_an_endless_loop(driver):
    """The checkpoint is valid and the run can go on."""
    app = counting(driver, limit=99).build()
    with pytest.raises(MaxStepsError, match="took 2 steps") as caught:
        driver.run(app, max_steps=2)
    assert (app.uid, 1, "count") == (caught.value.run, caught.value.seq, caught.value.action)
    driver.step(app)
    assert [(n, "count", "completed") for n in range(3)] == brief(app)


def test_max_steps_counts_steps_without_a_halt_only(driver):
    """A run that halts at the limit is fine."""
    assert "done" == driver.run(counting(driver, limit=2).build(), max_steps=3)[0].name


def test_inputs_reach_every_step_that_takes_them(driver):
    """Not just the first one."""
    assert 6 == driver.run(counting(driver, limit=5).build(), inputs={"by": 2})[2]["n"]


def test_a_missing_input_is_named_before_anything_is_saved(driver):
    """No number is used."""
    app = single(driver, lambda state, prompt: state).build()
    with pytest.raises(MissingInputError, match=r"'go' needs the input 'prompt'") as caught:
        driver.step(app)
    assert ("go", "prompt") == (caught.value.action, caught.value.key)
    assert (None, []) == (app.sequence_id, brief(app))


def test_an_unknown_input_is_refused(driver):
    """The nearest one is offered; nothing runs."""
    app = single(driver, lambda state, prompt: state).build()
    with pytest.raises(UnknownInputError, match=r"'promt'\. Did you mean 'prompt'"):
        driver.run(app, inputs={"prompt": "x", "promt": "x"})
    assert [] == brief(app)


def test_a_step_that_fails_leaves_the_state(driver):
    """The same action is next, under the next number."""
    fails = iter([True, False])

    def flaky(state):
        if next(fails):
            raise ValueError("Demo error")
        return state.update(n=1)

    app = single(driver, flaky, writes=["n"], n=0).build()
    with pytest.raises(ValueError, match="Demo error"):
        driver.step(app)
    assert (0, {"n": 0}, "go") == (app.sequence_id, app.state, app.get_next_action().name)
    driver.step(app)
    assert [(0, "go", "failed"), (1, "go", "completed")] == brief(app)
    assert ("ValueError", "Demo error") == told(app)[0][4]


def test_the_users_frame_is_on_top(driver):
    """The exception keeps its type, and the last frame is the user's."""

    def broken(state):
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        driver.step(single(driver, broken).build())
    assert "broken" == traceback.extract_tb(caught.value.__traceback__)[-1].name


def test_the_frames_of_the_engine_are_hidden(driver):
    """Each marks itself for IPython and pytest."""

    def broken(state):
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        driver.run(single(driver, broken).build())
    frames = [f for f, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [f for f in frames if f.f_globals["__name__"].startswith("notebook_agent.")]
    assert ours
    assert [] == [f.f_code.co_name for f in ours if not f.f_locals.get("__tracebackhide__")]


def test_an_exception_that_cannot_be_shown_fails_its_step(driver):
    """And no other: the step is closed, and its own exception reaches the caller."""

    class SecretiveError(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    @driver.action(reads=[], writes=["n"])
    def fail(state):
        raise SecretiveError

    app = ApplicationBuilder().with_actions(fail).with_entrypoint("fail").build()
    with pytest.raises(SecretiveError):
        driver.step(app)
    (step,) = app.history
    assert ("failed", "(the message of this SecretiveError cannot be shown: its __str__ raises)") == (
        step.status,
        step.failure.message,
    )


def test_the_traceback_is_kept(driver):
    """The whole of it, as text."""

    def broken(state):
        raise KeyError("mine") from ZeroDivisionError("cause")

    app = single(driver, broken).build()
    with pytest.raises(KeyError):
        driver.step(app)
    kept = app.history[0].failure.traceback
    assert (True, True, True) == ("cause" in kept, "KeyError: 'mine'" in kept, "in broken" in kept)


def test_what_an_action_did_wrong_in_the_end_points_to_the_action():
    """No line of its own raised: the place of its definition is told, and no frame of ours."""

    @action(reads=[], writes=["a"])
    def careless(state):
        return state.update(b=1)

    app = ApplicationBuilder().with_actions(careless).with_entrypoint("careless").build()
    with pytest.raises(WriteError):
        app.step()
    _, place, line, *_ = app.history[0].failure.traceback.splitlines()
    assert (1, "in careless") == (place.count(__file__), place.rpartition(", ")[2])
    assert '@action(reads=[], writes=["a"])' == line.strip()


def test_a_stop_iteration_is_kept_and_explained(driver):
    """It cannot leave a generator or a coroutine, so it is the cause of what does; the step is there."""

    def ends(state):
        return next(iter([]))

    app = single(driver, ends).build()
    sync = isinstance(driver, Sync)
    expected = (ActionError, "'go' raised") if sync else (RuntimeError, "coroutine raised")
    for run in (driver.step, driver.run, driver.iterate):
        with pytest.raises(expected[0], match=f"{expected[1]} StopIteration") as caught:
            run(app)
        assert "ends" == traceback.extract_tb(caught.value.__cause__.__traceback__)[-1].name
    assert [(seq, "go", "failed") for seq in range(3)] == brief(app)
    assert "StopIteration" in app.history[0].failure.traceback


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_a_stopped_step_is_interrupted(driver, stop):
    """It is never called completed, and it is next again."""

    def stopped(state):
        if state["n"]:
            return state
        raise stop

    app = single(driver, stopped, n=0).build()
    with pytest.raises(stop):
        app.step() if isinstance(driver, Sync) else drain(app.astep())
    assert ([(0, "go", "interrupted")], "go") == (brief(app), app.get_next_action().name)
    app.update_state(State({"n": 1}))
    driver.step(app)
    assert [(0, "go", "interrupted"), (1, "go", "completed")] == brief(app)


def drain(coroutine):
    """Run a coroutine that only ever yields to the loop, without a loop to swallow its exit."""
    while True:
        coroutine.send(None)


def test_a_cancelled_task_leaves_an_interrupted_step():
    """Cancellation reaches the action where it waits."""

    @action(reads=[], writes=[])
    async def wait(state):
        await asyncio.Event().wait()

    app = ApplicationBuilder().with_actions(wait).with_entrypoint("wait").build()

    async def cancel():
        task = asyncio.create_task(app.arun())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancel())
    assert [(0, "wait", "interrupted")] == brief(app)


def test_an_abandoned_coroutine_leaves_an_interrupted_step():
    """Closing what waits is a stop too."""

    @action(reads=[], writes=[])
    async def wait(state):
        await asyncio.sleep(0)

    app = ApplicationBuilder().with_actions(wait).with_entrypoint("wait").build()
    coroutine = app.astep()
    coroutine.send(None)
    coroutine.close()
    assert [(0, "wait", "interrupted")] == brief(app)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda state: state.update(n=1, other=2), r"wrote 'other', which it does not declare\. Add it"),
        (lambda state: state.update(n=1, kept=2), r"wrote 'kept', which it does not declare"),
        (lambda state: State({"n": 1}), r"returned a state without 'kept'"),
        (lambda state: state, r"did not write 'n', which it declares"),
    ],
)
def test_writes_are_held_to(driver, function, message):
    """The step fails, and the state is as before."""
    app = single(driver, function, writes=["n"], kept=1).build()
    with pytest.raises(WriteError, match=message):
        driver.step(app)
    assert ({"kept": 1}, [(0, "go", "failed")]) == (app.state, brief(app))


def test_a_declared_write_may_be_unchanged(driver):
    """Present is enough; an undeclared key may be set to what it is."""
    app = single(driver, lambda state: state.update(m=2000), writes=["n"], n=1, m=2000).build()
    driver.step(app)
    assert (("n",), ()) == (app.graph.actions[0].writes, app.history[0].writes)


def test_keys_with_two_underscores_cannot_be_set(driver):
    """Such a change is dropped."""
    app = single(driver, lambda state: state.update(n=1, __a=2, __new=3), writes=["n"], __a=1).build()
    driver.step(app)
    assert {"n": 1, "__a": 1} == app.state


@pytest.mark.parametrize("returned", [None, 3, ({}, {}), (State(), {}), [1, 2, 3]])
def test_what_is_no_state_is_refused(driver, returned):
    """The error says what to return."""
    with pytest.raises(ResultError, match=r"'go' returned .*return state\.update"):
        driver.step(single(driver, lambda state: returned).build())


def test_an_undeclared_read_is_recorded(driver):
    """It is allowed."""
    app = single(driver, lambda state: state.append(log=state["n"]), writes=["log"], n=1, log=[]).build()
    driver.step(app)
    assert (("n", "log"), ("log",)) == (app.history[0].reads, app.history[0].writes)


def test_a_value_that_cannot_be_stored_fails_the_step(driver):
    """The path is named, and the state is as before."""
    app = single(driver, lambda state: state.update(lock=threading.Lock()), writes=["lock"], n=1).build()
    with pytest.raises(UnstorableError) as caught:
        driver.step(app)
    assert caught.value.path.startswith("state['lock']")
    assert ([(0, "go", "failed")], {"n": 1}) == (brief(app), app.state)


def test_a_condition_that_raises_leaves_the_step_completed(driver):
    """The run stops with the error, and decides again when asked."""

    def go(state):
        return state.update(n=1)

    made = driver.action(reads=[], writes=["n"])(go)
    builder = ApplicationBuilder().with_actions(go=made).with_transitions(("go", "go", when(mode="x")))
    app = builder.with_entrypoint("go").build()
    with pytest.raises(ConditionError, match="'mode'"):
        driver.run(app)
    assert ([(0, "go", "completed")], {"n": 1}, None) == (brief(app), app.state, app.history[0].next)
    app.update_state(app.state.update(mode="y"))
    assert app.get_next_action() is None


def test_each_decision_is_made_once(driver):
    """Asking for the next action does not ask the condition again."""
    asked = []
    condition = Condition(["n"], lambda state: asked.append(state["n"]) or state["n"] < 3)
    made = driver.action(reads=["n"], writes=["n"])(lambda state: state.increment(n=1))
    builder = ApplicationBuilder().with_actions(go=made).with_transitions(("go", "go", condition))
    app = builder.with_entrypoint("go").with_state(n=0).build()
    driver.run(app)
    app.get_next_action()
    app.has_next_action()
    assert [1, 2, 3] == asked


def test_an_async_action_needs_an_async_method():
    """The error says which; nothing is saved."""
    app = counting(Async()).build()
    with pytest.raises(RunError, match=r"'count' is async\. Await arun"):
        app.run()
    assert [] == brief(app)


def test_a_plain_action_runs_in_an_async_method():
    """Both kinds can be in one graph."""
    assert "done" == asyncio.run(counting(Sync()).build().arun())[0].name


def test_an_application_makes_one_call_at_a_time(driver):
    """An action that calls its own application is told so."""

    def inner(state):
        app.run()

    app = single(driver, inner).build()
    if isinstance(driver, Async):
        app = single(driver, lambda state: app.step()).build()
    with pytest.raises(RunBusyError, match="in the middle of a call"):
        driver.run(app)


def test_two_iterations_may_take_turns():
    """Between steps the application is free."""
    app = counting(Sync(), limit=9).build()
    first, second = app.iterate(), app.iterate()
    turns = [next(each)[2]["n"] for each in (first, second, first, second)]
    assert [1, 2, 3, 4] == turns


def test_without_a_store_nothing_is_kept(driver):
    """The run itself is the same."""
    app = counting(driver).with_store(None).build()
    assert ({"n": 3, "said": "done at 3"}, 3, None) == (driver.run(app)[2], app.sequence_id, app.store)
    with pytest.raises(RunError, match="keeps no history"):
        _ = app.history


def test_without_a_store_a_failure_is_the_same(driver):
    """The action is next again."""

    def broken(state):
        raise ValueError

    app = single(driver, broken).with_store(None).build()
    for seq in (0, 1):
        with pytest.raises(ValueError):
            driver.step(app)
        assert (seq, "go") == (app.sequence_id, app.get_next_action().name)


class Stopping:
    """A store in which Stop is pressed at the first commit: before it is written, or just after."""

    def __init__(self, *, written):
        self.store = open_store(None)
        self.written = written
        self.pressed = False

    def end_step(self, run, end):
        if self.pressed:
            return self.store.end_step(run, end)
        self.pressed = True
        if self.written:
            self.store.end_step(run, end)
        raise KeyboardInterrupt

    def __getattr__(self, name):
        return getattr(self.store, name)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (False, ([(0, "count", "interrupted")], {"n": 0}, "count")),
        (True, ([(0, "count", "completed")], {"n": 1}, "count")),
    ],
)
def test_stop_during_the_commit_leaves_state_and_checkpoint_in_step(driver, written, expected):
    """Whichever came first is what both say, and the run can go on."""
    app = counting(driver).with_store(Stopping(written=written)).build()
    with pytest.raises(KeyboardInterrupt):
        app.step() if isinstance(driver, Sync) else drain(app.astep())
    assert expected == (brief(app), app.state, app.get_next_action().name)
    driver.step(app)
    assert 2 == len(app.history)


class StoppingEarly:
    """A store that is stopped while it writes that a step begins, before or after it does."""

    def __init__(self, *, written):
        self.store, self.written, self.pressed = open_store(":memory:"), written, False

    def begin_step(self, run, begin, *, after):
        pressed, self.pressed = self.pressed, True
        if pressed or self.written:
            self.store.begin_step(run, begin, after=after)
        if not pressed:
            raise KeyboardInterrupt

    def __getattr__(self, name):
        return getattr(self.store, name)


@pytest.mark.parametrize(
    ("written", "expected"),
    [(False, []), (True, [(0, "count", "interrupted")])],
)
def test_a_stop_while_a_step_begins_leaves_a_run_that_goes_on(driver, written, expected):
    """Whether it was written or not; nobody else is blamed."""
    app = counting(driver).with_store(StoppingEarly(written=written)).build()
    with pytest.raises(KeyboardInterrupt):
        app.step() if isinstance(driver, Sync) else drain(app.astep())
    assert (expected, {"n": 0}, "count") == (brief(app), app.state, app.get_next_action().name)
    driver.step(app)
    assert [*expected, (len(expected), "count", "completed")] == brief(app)


def test_an_error_that_is_raised_again_is_reported_where_it_is(driver):
    """The same object at two steps, as a constant that is raised."""
    trouble = ValueError("always this one")

    def broken(state):
        raise trouble

    app = single(driver, broken).build()
    for seq in (0, 1):
        with pytest.raises(ValueError, match="always this one"):
            driver.step(app)
        (report,) = trouble.__notes__
        assert f"go failed at step @{seq}" in report


def test_an_exception_that_cannot_be_changed_is_reported(driver, caplog):
    """A frozen data class takes no attribute."""

    @dataclass(frozen=True)
    class FrozenError(Exception):
        code: int

    def broken(state):
        raise FrozenError(3)

    with pytest.raises(FrozenError) as caught:
        driver.step(single(driver, broken).build())
    assert "go failed at step @0" in caught.value.__notes__[0]
    assert [] == caplog.records
