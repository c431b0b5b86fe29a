"""Which steps of a loop are claimed with the end of the one before, and what leaves no claim behind."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from notebook_agent import ApplicationBuilder, LocalTrackingClient
from notebook_agent.condition import Condition, when
from notebook_agent.engine import Gate, Stopped
from notebook_agent.errors import MaxStepsError, MissingInputError, UnstorableError
from notebook_agent.lifecycle import PostRunStepHook, PreRunStepHook
from notebook_agent.store import open_store
from tests.driving import brief

OK = "completed"


class Noting:
    """A store in memory that notes how steps are claimed, and does something after some commits."""

    def __init__(self, **after):
        self.store, self.noted, self.after = open_store(None), [], after

    def begin_step(self, run, begin, /, *, after):
        self.noted.append(f"begin {begin.seq}")
        self.store.begin_step(run, begin, after=after)

    def end_step(self, run, end, /, *, then=None):
        self.store.end_step(run, end, then=then)
        self.noted.append(f"end {end.seq}" if then is None else f"end {end.seq} begin {then.seq}")
        self.after.get(f"end{end.seq}", lambda: None)()

    def drop_step(self, run, seq, /):
        self.noted.append(f"drop {seq}")
        self.store.drop_step(run, seq)

    def __getattr__(self, name):
        return getattr(self.store, name)


def looping(driver, store, *, act=lambda n: None, limit=3, hooks=(), gate=None, **options):
    """Count to a limit, then end: `count` over and over, then `done`."""

    @driver.action(reads=["n"], writes=["n"])
    def count(state):
        act(state["n"])
        return state.increment(n=1)

    @driver.action(reads=["n"], writes=["said"], **options)
    def done(state):
        return state.update(said=state["n"])

    builder = ApplicationBuilder().with_actions(count, done).with_entrypoint("count").with_state(n=0)
    builder = builder.with_transitions(("count", "count", when(n__lt=limit)), ("count", "done"))
    app = builder.with_store(store).with_hooks(*hooks).build()
    app.gate = gate
    return app


def test_a_loop_commits_once_a_step(driver):
    """But for the first step, whose claim is a commit of its own."""
    store = Noting()
    driver.run(looping(driver, store))
    assert ["begin 0", "end 0 begin 1", "end 1 begin 2", "end 2 begin 3", "end 3"] == store.noted


def test_what_is_kept_is_what_steps_by_hand_keep(driver):
    """Claimed ahead or not, the history is the same."""
    run, steps = looping(driver, Noting()), looping(driver, Noting())
    driver.run(run)
    for _ in range(4):
        driver.step(steps)
    assert [(s.decision, s.next, s.reads, s.writes, s.code) for s in steps.history] == [
        (s.decision, s.next, s.reads, s.writes, s.code) for s in run.history
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"halt_after": ["count"]}, ["begin 0", "end 0"]),
        ({"halt_before": ["done"]}, ["begin 0", "end 0 begin 1", "end 1 begin 2", "end 2"]),
    ],
)
def test_a_halt_is_known_before_the_claim(driver, options, expected):
    """What does not begin at once is not claimed."""
    store = Noting()
    driver.run(looping(driver, store), **options)
    assert expected == store.noted


def test_the_last_step_of_a_limit_claims_none(driver):
    """The error comes, the checkpoint is valid."""
    store = Noting()
    with pytest.raises(MaxStepsError):
        driver.run(looping(driver, store), max_steps=2)
    assert ["begin 0", "end 0 begin 1", "end 1"] == store.noted


def test_single_steps_and_iterations_claim_none(driver):
    """Between two of them the caller's code runs."""
    store = Noting()
    app = looping(driver, store)
    driver.step(app)
    driver.iterate(app, halt_after=["done"])
    assert [f"{what} {seq}" for seq in range(4) for what in ("begin", "end")] == store.noted


class Seeing(PreRunStepHook, PostRunStepHook):
    """Notes the head's status as a hook sees it."""

    def __init__(self, store):
        self.store, self.seen = store, []

    def pre_run_step(self, **_):
        self.seen.append("pre")

    def post_run_step(self, *, sequence_id, **_):
        (record,) = self.store.runs()
        self.seen.append((record.head == sequence_id, record.status))


def test_hooks_see_the_run_between_two_steps(driver):
    """Nothing is claimed under them."""
    store = Noting()
    hook = Seeing(store)
    driver.run(looping(driver, store, limit=1, hooks=[hook]))
    assert ["pre", (True, OK)] * 2 == hook.seen


def test_those_who_watch_see_the_run_between_two_steps(driver):
    """A listener may look into the store."""
    store = Noting()
    app = looping(driver, store, limit=1)
    app.subscribe(lambda event: None)
    driver.run(app)
    assert ["begin 0", "end 0", "begin 1", "end 1"] == store.noted


def test_those_who_only_watch_stand_between_no_steps(driver):
    """They are told the same, and each step is one commit."""
    store, told, seen = Noting(), [], []
    app, other = looping(driver, store, limit=2), looping(driver, Noting(), limit=2)
    app.subscribe(lambda event: told.append(what(event)), passive=True)
    other.subscribe(lambda event: seen.append(what(event)))
    driver.run(app)
    driver.run(other)
    assert ["begin 0", "end 0 begin 1", "end 1 begin 2", "end 2"] == store.noted
    assert told == seen
    assert 7 == len(told)


def what(event):
    """Return what happened, and to which step."""
    ref = getattr(event, "ref", None) or getattr(getattr(event, "record", None), "ref", None)
    return type(event).__name__, None if ref is None else ref.seq


def test_who_is_told_no_more_stands_between_no_steps(driver):
    """It was asked to leave."""
    store = Noting()
    app = looping(driver, store, limit=1)
    app.subscribe(lambda event: None)()
    driver.run(app)
    assert ["begin 0", "end 0 begin 1", "end 1"] == store.noted


def test_a_condition_that_raises_leaves_the_step_complete(driver):
    """It is kept before the error comes, and nothing is claimed."""

    def broken(state):
        raise ZeroDivisionError

    @driver.action(reads=[], writes=["n"])
    def go(state):
        return state.update(n=1)

    builder = ApplicationBuilder().with_actions(go=go).with_entrypoint("go").with_state(n=0)
    store = Noting()
    app = builder.with_transitions(("go", "go", Condition(["n"], broken))).with_store(store).build()
    with pytest.raises(ZeroDivisionError):
        driver.run(app)
    assert (["begin 0", "end 0"], [(0, "go", OK)]) == (store.noted, brief(app))


def test_a_missing_input_leaves_no_claim(driver):
    """The step before it is kept, the error names the input."""

    @driver.action(reads=[], writes=["n"])
    def first(state):
        return state.update(n=1)

    @driver.action(reads=[], writes=["n"])
    def second(state, word):
        return state.update(n=word)

    store = Noting()
    builder = ApplicationBuilder().with_actions(first, second).with_transitions(("first", "second"))
    app = builder.with_entrypoint("first").with_store(store).build()
    with pytest.raises(MissingInputError):
        driver.run(app)
    assert ["begin 0", "end 0"] == store.noted


def test_an_input_that_turns_unstorable_harms_only_the_step_that_takes_it(driver):
    """The step in which it changed is complete."""

    @driver.action(reads=[], writes=["n"])
    def first(state):
        items.append(threading.Lock())
        return state.update(n=1)

    @driver.action(reads=[], writes=["n"])
    def second(state, items):
        return state.update(n=len(items))

    items = []
    builder = ApplicationBuilder().with_actions(first, second).with_transitions(("first", "second"))
    app = builder.with_entrypoint("first").with_store(open_store(None)).build()
    with pytest.raises(UnstorableError):
        driver.run(app, inputs={"items": items})
    assert ([(0, "first", OK)], {"n": 1}) == (brief(app), app.state)


def test_a_pause_before_the_commit_claims_none(driver):
    """The gate is asked first."""
    gate, store = Gate(waits=False), Noting()
    driver.run(looping(driver, store, gate=gate, act=lambda n: gate.pause()))
    assert ["begin 0", "end 0"] == store.noted


def test_a_pause_after_the_commit_lets_go_of_the_claim(driver):
    """The run halts between two steps, as it would have."""
    gate = Gate(waits=False)
    store = Noting(end1=gate.pause)
    app = looping(driver, store, gate=gate)
    driver.run(app)
    assert ["begin 0", "end 0 begin 1", "end 1 begin 2", "drop 2"] == store.noted
    assert (1, OK) == (store.run(app.key).head, store.run(app.key).status)
    gate.resume()
    driver.run(app)
    assert [(0, "count", OK), (1, "count", OK), (2, "count", OK), (3, "done", OK)] == brief(app)


def test_a_stop_after_the_commit_lets_go_of_the_claim(driver):
    """And the run can go on."""
    gate = Gate()
    store = Noting(end1=gate.stop)
    app = looping(driver, store, gate=gate)
    with pytest.raises(Stopped):
        driver.run(app)
    assert [(0, "count", OK), (1, "count", OK)] == brief(app)
    gate.reset()
    driver.run(app)
    assert 4 == len(app.history)


def test_a_breakpoint_is_known_before_the_claim(driver):
    """Its action is not claimed, whether it would hold or not."""
    gate, store = Gate(waits=False), Noting()
    gate.break_at("done")
    driver.run(looping(driver, store, gate=gate))
    assert ["begin 0", "end 0 begin 1", "end 1 begin 2", "end 2"] == store.noted


def test_what_cannot_be_taken_back_is_claimed_by_itself(driver):
    """Its past is looked at before it may begin."""
    store = Noting()
    driver.run(looping(driver, store, effect="irreversible", limit=1))
    assert ["begin 0", "end 0", "begin 1", "end 1"] == store.noted


def test_a_retried_step_is_claimed_ahead_once(driver):
    """Its later attempts are steps of their own."""

    def act(n):
        if n == 1 and len(store.noted) < 3:
            raise ValueError("once")

    store = Noting()
    app = looping(driver, store, act=act, limit=2)
    builder = ApplicationBuilder().with_graph(app.graph).with_policy("count", retries=1)
    app = builder.with_entrypoint("count").with_state(n=0).with_store(store).build()
    driver.run(app)
    assert ["begin 0", "end 0 begin 1", "end 1", "begin 2", "end 2 begin 3", "end 3"] == store.noted


def press():
    """Press Stop."""
    raise KeyboardInterrupt


def test_a_stop_in_the_commit_keeps_the_step_and_lets_go_of_the_next(driver):
    """What was written is what the run says."""
    store = Noting(end1=press)
    app = looping(driver, store)
    with pytest.raises(KeyboardInterrupt):
        app.run() if type(driver).__name__ == "Sync" else drained(app.arun())
    assert ([(0, "count", OK), (1, "count", OK)], {"n": 2}) == (brief(app), app.state)
    store.after.clear()
    driver.run(app)
    assert [(0, "count", OK), (1, "count", OK), (2, "count", OK), (3, "done", OK)] == brief(app)


def drained(coroutine):
    """Run to its end without an event loop, which would make something else of a Stop."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_kill_between_two_steps_is_found_in_the_one_that_was_about_to_run(tmp_path, driver, caplog):
    """The finished step is kept, the next one counts as interrupted, and is run by who goes on."""
    child = os.fork()
    if not child:
        store = Noting(end1=lambda: os.kill(os.getpid(), signal.SIGKILL))
        store.store = open_store(tmp_path / "store.db")
        driver.run(looping(driver, store, act=lambda n: (tmp_path / f"ran {n}").touch()))
        os._exit(1)
    assert signal.SIGKILL == os.WTERMSIG(os.waitpid(child, 0)[1])
    assert ["ran 0", "ran 1"] == sorted(each.name for each in tmp_path.glob("ran *"))
    store = open_store(tmp_path / "store.db")
    (run,) = store.runs()
    assert (2, "interrupted", "count") == (run.head, run.status, run.action)
    tracker = LocalTrackingClient(run.key.project, tmp_path / "store.db")
    builder = ApplicationBuilder().with_graph(looping(driver, None).graph).with_tracker(tracker)
    builder = builder.with_identifiers(app_id=run.key.app_id).initialize_from(
        tracker, resume_at_next_action=True, default_state={}, default_entrypoint="count"
    )
    app = builder.build()
    driver.run(app)
    cut = (2, "count", "interrupted")
    assert [(0, "count", OK), (1, "count", OK), cut, (3, "count", OK), (4, "done", OK)] == brief(app)
    assert "was begun by a process that died" in caplog.text
