"""An application's run: resumed, forked, rewound, edited, watched."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent.builder import ApplicationBuilder
from notebook_agent.condition import when
from notebook_agent.errors import (
    ForkError,
    GraphError,
    RunConflictError,
    RunError,
    RunExistsError,
    StoreError,
    UnknownRunError,
    UnknownStepError,
)
from notebook_agent.lifecycle import PostRunStepHook, PreRunStepHook, RunHalted, StepEnded, StepStarted
from notebook_agent.state import State
from notebook_agent.tracking import LocalTrackingClient
from tests.driving import Sync, brief


@pytest.fixture
def tracker(tmp_path):
    tracker = LocalTrackingClient("tests", tmp_path)
    yield tracker
    tracker.store.close()


def parts(driver):
    """Two actions that take turns: ping, pong, ping .."""

    @driver.action(reads=["n"], writes=["n"])
    def ping(state, stop=-1):
        if state["n"] == stop:
            raise ValueError("stop")
        return state.increment(n=1)

    @driver.action(reads=["n"], writes=["log"])
    def pong(state):
        return state.append(log=state["n"])

    return ApplicationBuilder().with_actions(ping, pong).with_transitions(("ping", "pong"), ("pong", "ping"))


def build(driver, tracker, **ids):
    return (
        parts(driver)
        .with_tracker(tracker)
        .with_identifiers(**ids)
        .with_entrypoint("ping")
        .with_state(n=0)
        .build()
    )


def load(driver, tracker, at_next=True, state=None, overrides=None, builder=None, **options):
    ids = {key: options.pop(key) for key in ("app_id", "sequence_id", "partition_key") if key in options}
    return (
        (builder or parts(driver))
        .initialize_from(
            tracker, at_next, state or {"n": 100}, "ping", override_state_values=overrides, **options
        )
        .with_tracker(tracker)
        .with_identifiers(**ids)
        .build()
    )


def take(driver, app, steps):
    for _ in range(steps):
        driver.step(app)
    return app


def fork_of(driver, tracker, app, seq, **options):
    return load(driver, tracker, fork_from_app_id=app.uid, fork_from_sequence_id=seq, **options)


def test_resuming_goes_on_with_the_next_action(driver, tracker):
    """State, number and decision are those of the last step."""
    app = take(driver, build(driver, tracker, app_id="a"), 3)
    again = load(driver, tracker, app_id="a")
    assert (2, "pong", {"n": 2, "log": [1]}) == (again.sequence_id, again.get_next_action().name, again.state)
    driver.step(again)
    assert [(0, "ping"), (1, "pong"), (2, "ping"), (3, "pong")] == [x[:2] for x in brief(app)]
    assert app.history[2].next == app.history[3].decision


def test_the_default_state_serves_a_new_run_only(driver, tracker):
    """An id that does not exist is a new run."""
    app = load(driver, tracker, app_id="new")
    assert ("new", {"n": 100}, None) == (app.uid, app.state, app.sequence_id)
    take(driver, app, 1)
    assert {"n": 101} == load(driver, tracker, app_id="new").state


def test_resuming_at_the_entrypoint(driver, tracker):
    """State and numbers go on; the first action is next."""
    take(driver, build(driver, tracker, app_id="a"), 1)
    again = load(driver, tracker, at_next=False, app_id="a")
    driver.step(again)
    assert ([(0, "ping"), (1, "ping")], {"n": 2}) == ([x[:2] for x in brief(again)], again.state)


def test_a_stale_application_is_told(driver, tracker):
    """The run was gone on with elsewhere; nothing is overwritten."""
    app = take(driver, build(driver, tracker, app_id="a"), 1)
    take(driver, load(driver, tracker, app_id="a"), 2)
    ran = []
    app.rebind("pong", driver.action(reads=[], writes=["log"])(lambda state: ran.append(dict(state))))
    told = r"at step 2 now.*with_identifiers\(app_id='a'\).*app\.fork\(0\)"
    with pytest.raises(RunConflictError, match=told):
        driver.step(app)
    assert ([0, 1, 2], []) == ([step.seq for step in app.history], ran)


@pytest.mark.parametrize("pattern", ["store.db", "store.db*"])
def test_a_store_that_was_deleted_says_so(driver, tracker, pattern):
    """It is no failure of the disk; no step is called done, nor kept in a file that nobody can open."""
    app = take(driver, build(driver, tracker), 1)
    for file in Path(tracker.store.location).parent.glob(pattern):
        if file.is_file():
            file.unlink()
    with pytest.raises(StoreError, match="is gone: it was deleted or moved") as caught:
        driver.step(app)
    assert (tracker.store.location, {"n": 1}) == (caught.value.path, app.state)


def test_a_store_that_is_moved_during_a_step_says_only_that(driver, tracker):
    """The step is not called done; put back, the run goes on at it."""
    away, home = Path(tracker.store.location).parent / "away", Path(tracker.store.location)
    moving = [True]

    @driver.action(reads=["n"], writes=["n"])
    def go(state):
        if moving.pop():
            _move(home, away)
        return state.update(n=state["n"] + 1)

    builder = ApplicationBuilder().with_actions(go).with_transitions(("go", "go")).with_state(n=0)
    app = builder.with_entrypoint("go").with_tracker(tracker).build()
    with pytest.raises(StoreError, match=r"store\.db-wal, if there is one, after it, named as") as caught:
        driver.step(app)
    assert [] == [note for note in caught.value.__notes__ if "could not be written" in note]
    _move(away / home.name, home.parent)
    moving.append(False)
    driver.step(app)
    assert (["interrupted", "completed"], {"n": 1}) == ([each.status for each in app.history], app.state)


def _move(file, folder):
    folder.mkdir(exist_ok=True)
    for each in file.parent.glob(f"{file.name}*"):
        if each.is_file():
            each.rename(folder / each.name)


def test_an_id_that_is_taken_is_refused(driver, tracker):
    """Without initialize_from a run is new, or an error."""
    build(driver, tracker, app_id="a")
    with pytest.raises(RunExistsError):
        build(driver, tracker, app_id="a")


def test_partitions_keep_equal_ids_apart(driver, tracker):
    """Each is a run of its own."""
    one = take(driver, build(driver, tracker, app_id="a", partition_key="p"), 1)
    two = build(driver, tracker, app_id="a", partition_key="q")
    assert (0, None, "q") == (one.sequence_id, two.sequence_id, two.partition_key)


def test_a_fork_shares_the_past_and_goes_on_alone(driver, tracker):
    """Its parent is as it was."""
    app = take(driver, build(driver, tracker), 4)
    fork = take(driver, fork_of(driver, tracker, app, 1), 1)
    pointer = fork.parent_pointer
    assert (app.uid, None, 1) == (pointer.app_id, pointer.partition_key, pointer.sequence_id)
    assert [(app.uid, 0), (app.uid, 1), (fork.uid, 2)] == [(s.ref.run.app_id, s.seq) for s in fork.history]
    assert (4, {"n": 2, "log": [1, 2]}) == (len(app.history), app.state)


def test_a_fork_without_a_step_starts_at_the_head(driver, tracker):
    """Where the run stands."""
    app = take(driver, build(driver, tracker), 3)
    assert 2 == load(driver, tracker, fork_from_app_id=app.uid).sequence_id


def test_a_fork_that_has_not_run_can_be_resumed(driver, tracker):
    """It is a run from its first moment."""
    app = take(driver, build(driver, tracker), 4)
    fork = fork_of(driver, tracker, app, 1, app_id="fork")
    again = load(driver, tracker, app_id="fork")
    assert (fork.state, 1, "ping") == (again.state, again.sequence_id, again.get_next_action().name)


def test_a_fork_can_be_rewound_past_its_fork_point(driver, tracker):
    """Its ancestors' steps are its own past."""
    app = take(driver, build(driver, tracker), 4)
    fork = take(driver, fork_of(driver, tracker, app, 2), 2)
    again = take(driver, fork_of(driver, tracker, fork, 0), 1)
    assert [(app.uid, 0), (again.uid, 1)] == [(s.ref.run.app_id, s.seq) for s in again.history]
    assert {"n": 1, "log": [1]} == again.state


def test_a_fork_of_a_fork_that_has_not_run(driver, tracker):
    """The chain holds."""
    app = take(driver, build(driver, tracker), 4)
    last = fork_of(driver, tracker, fork_of(driver, tracker, app, 2), 2)
    take(driver, last, 1)
    assert [0, 1, 2, 3] == [step.seq for step in last.history]


def test_a_fork_can_start_with_other_values(driver, tracker):
    """What comes next is decided on them."""
    app = take(driver, build(driver, tracker), 2)
    fork = fork_of(driver, tracker, app, 0, overrides={"n": 50})
    take(driver, fork, 1)
    assert {"n": 50, "log": [50]} == fork.state
    assert {"n": 50} == load(
        driver, tracker, app_id=fork_of(driver, tracker, app, 0, overrides={"n": 50}).uid
    ).state


def test_a_fork_may_use_another_graph(driver, tracker):
    """The new graph decides what follows."""
    app = take(driver, build(driver, tracker), 1)
    made = driver.action(reads=[], writes=["n"])(lambda state: state.update(n=-1))
    other = parts(driver).with_actions(reset=made)
    fork = fork_of(driver, tracker, app, 0, builder=other)
    assert "pong" == fork.get_next_action().name
    assert ["ping", "pong", "reset"] == [a["name"] for a in tracker.store.graph(fork.key)["actions"]]


def test_a_graph_without_the_present_action_is_refused(driver, tracker):
    """The way out is named."""
    app = take(driver, build(driver, tracker), 1)
    made = driver.action(reads=[], writes=[])(lambda state: state)
    other = ApplicationBuilder().with_actions(other=made)
    fork = other.initialize_from(tracker, True, {}, "other", app.uid, None, 0).with_tracker(tracker).build()
    with pytest.raises(GraphError, match=r"stands at 'ping'.*reset_to_entrypoint"):
        driver.step(fork)
    fork.reset_to_entrypoint()
    assert "other" == driver.step(fork)[0].name


@pytest.mark.parametrize("seq", [4, -1, 99])
def test_forking_at_a_step_that_does_not_exist_is_refused(driver, tracker, seq):
    """The range is named."""
    app = take(driver, build(driver, tracker), 4)
    with pytest.raises(UnknownStepError, match=f"no step {seq}: it has 4 steps, 0 to 3"):
        fork_of(driver, tracker, app, seq)


def test_forking_a_run_that_does_not_exist_is_refused(driver, tracker):
    """It never starts from the defaults instead."""
    with pytest.raises(UnknownRunError):
        load(driver, tracker, fork_from_app_id="nothing")


def test_a_fork_onto_itself_is_refused(driver, tracker):
    """Equal ids would overwrite."""
    app = take(driver, build(driver, tracker, app_id="a"), 1)
    with pytest.raises(ForkError, match="an id of its own"):
        fork_of(driver, tracker, app, 0, app_id="a")


def test_a_fork_onto_another_run_is_refused(driver, tracker):
    """That run stays."""
    app = take(driver, build(driver, tracker), 1)
    build(driver, tracker, app_id="b")
    with pytest.raises(RunExistsError):
        fork_of(driver, tracker, app, 0, app_id="b")


@pytest.mark.parametrize("options", [{"fork_from_sequence_id": 0}, {"fork_from_partition_key": "p"}])
def test_a_fork_needs_a_run(driver, tracker, options):
    """Zero is a step like any other."""
    with pytest.raises(ForkError, match="fork_from_app_id"):
        load(driver, tracker, **options)


def test_going_on_from_an_earlier_step_is_a_fork(driver, tracker, caplog):
    """And it is said."""
    app = take(driver, build(driver, tracker, app_id="a"), 4)
    again = load(driver, tracker, app_id="a", sequence_id=1)
    take(driver, again, 1)
    assert (True, 4, 3) == (again.uid != "a", len(app.history), len(again.history))
    assert f"{again.key.short} is a fork there" in caplog.text


def test_naming_the_last_step_is_a_resume(driver, tracker):
    """There is nothing to fork."""
    take(driver, build(driver, tracker, app_id="a"), 4)
    assert "a" == load(driver, tracker, app_id="a", sequence_id=3).uid


def test_values_can_be_changed_on_resuming(driver, tracker):
    """The edit is kept."""
    take(driver, build(driver, tracker, app_id="a"), 1)
    load(driver, tracker, app_id="a", overrides={"n": 7})
    assert {"n": 7} == load(driver, tracker, app_id="a").state


def test_an_application_forks_itself(driver, tracker):
    """With other values, other functions and a name."""
    app = take(driver, build(driver, tracker), 3)
    loud = driver.action(reads=["n"], writes=["log"])(lambda state: state.append(log=f"{state['n']}!"))
    fork = app.fork(0, {"n": 9}, {"pong": loud}, app_id="loud")
    take(driver, fork, 1)
    assert ({"n": 9, "log": ["9!"]}, "loud", 3) == (fork.state, fork.uid, len(app.history))


def test_a_step_to_fork_at_may_be_counted_from_the_end(driver, tracker):
    """As in the history; one that there is not is refused."""
    app = take(driver, build(driver, tracker), 3)
    assert 1 == app.fork(-2).sequence_id
    with pytest.raises(UnknownStepError, match="has 3 steps"):
        app.fork(-4)


def test_a_fork_of_the_initial_state_starts_over(driver, tracker):
    """At the entrypoint, from number 0."""
    app = take(driver, build(driver, tracker), 3)
    fork = take(driver, app.fork(None), 1)
    assert ([(0, "ping", "completed")], {"n": 1}) == (brief(fork), fork.state)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("resumed", [False, True])
def test_a_fork_of_a_forks_initial_state_goes_on_from_its_fork_point(driver, tracker, depth, resumed):
    """With the fork's own past, next action and first number, however deep."""
    app = take(driver, build(driver, tracker), 4)
    fork = take(driver, app.fork(2, {"n": 50}), 2)
    for _ in range(depth):
        fork = fork.fork(None)
    if resumed:
        fork = load(driver, tracker, app_id=fork.uid)
    assert (2, "pong", {"n": 50, "log": [1]}) == (
        fork.sequence_id,
        fork.get_next_action().name,
        fork.state,
    )
    take(driver, fork, 1)
    assert [(app.uid, 0), (app.uid, 1), (app.uid, 2), (fork.uid, 3)] == [
        (step.ref.run.app_id, step.seq) for step in fork.history
    ]
    assert {"n": 50, "log": [1, 50]} == fork.state


def test_a_fork_of_the_start_of_a_fork_at_a_failed_step_repeats_its_action(driver, tracker):
    """The initial state of such a fork is before the action that failed."""
    app = build(driver, tracker)
    with pytest.raises(ValueError, match="stop"):
        driver.step(app, {"stop": 0})
    fork = take(driver, app.fork(0).fork(None), 1)
    assert [(0, "ping", "failed"), (1, "ping", "completed")] == brief(fork)


def test_a_resumed_fork_decides_on_the_state_as_edited(driver, tracker):
    """Not as its parent did, before its first step."""
    count = driver.action(reads=["n"], writes=["n"])(lambda state: state.increment(n=1))
    stop = driver.action(reads=[], writes=[])(lambda state: state)
    edges = (("count", "stop", when(n__gte=9)), ("count", "count"))

    def graph():
        return ApplicationBuilder().with_actions(count=count, stop=stop).with_transitions(*edges)

    app = graph().with_tracker(tracker).with_entrypoint("count").with_state(n=0).build()
    fork = take(driver, app, 1).fork(0, {"n": 9})
    origin = graph().initialize_from(tracker, True, {}, "count").with_tracker(tracker)
    again = origin.with_identifiers(app_id=fork.uid).build()
    assert ("stop", "stop") == (fork.get_next_action().name, again.get_next_action().name)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.none() | st.integers(0, 9), st.booleans(), st.integers(0, 3)), max_size=6))
def test_a_fork_goes_on_as_an_unbroken_run_would(plan):
    """From any step or from the start, at each depth, past fork points, resumed or not, also unrun."""
    with TemporaryDirectory() as folder:
        tracker = LocalTrackingClient("tests", folder, durability="normal")
        follow(tracker, take(Sync(), build(Sync(), tracker), 3), plan)
        tracker.store.close()


def follow(tracker, app, plan):
    """Fork again and again, and hold each fork against a run without forks."""
    first = 0
    for seq, resumed, steps in plan:
        at = None if seq is None or not app.history else seq % len(app.history)
        first = first if at is None else at + 1
        app = app.fork(at)
        if resumed:
            app = load(Sync(), tracker, app_id=app.uid)
        assert (first, first) == (len(app.history), 0 if app.sequence_id is None else app.sequence_id + 1)
        take(Sync(), app, steps)
        whole = take(Sync(), parts(Sync()).with_entrypoint("ping").with_state(n=0).build(), first + steps)
        assert (brief(whole), whole.state) == (brief(app), app.state)


def test_a_fork_at_a_failed_step_repeats_its_action(driver, tracker):
    """As a resume would."""
    app = build(driver, tracker)
    with pytest.raises(ValueError, match="stop"):
        driver.step(app, {"stop": 0})
    fork = take(driver, app.fork(0), 1)
    assert [(0, "ping", "failed"), (1, "ping", "completed")] == brief(fork)


def test_retry_uses_the_inputs_and_halts_of_the_call(driver, tracker):
    """Also from the store, after a restart."""
    app = take(driver, build(driver, tracker, app_id="a"), 2)
    with pytest.raises(ValueError, match="stop"):
        driver.run(app, inputs={"stop": 1}, halt_after=["pong"])
    again = load(driver, tracker, app_id="a")
    with pytest.raises(ValueError, match="stop"):
        driver.retry(again)
    again.update_state(again.state.update(n=5))
    driver.retry(again)
    assert [
        (2, "ping", "failed"),
        (3, "ping", "failed"),
        (4, "ping", "completed"),
        (5, "pong", "completed"),
    ] == brief(again)[2:]


def test_retry_needs_a_failure(driver, tracker):
    """The error says what to do instead."""
    with pytest.raises(RunError, match="Nothing failed"):
        driver.retry(take(driver, build(driver, tracker), 1))


def test_update_state_decides_again(driver, tracker):
    """And is kept."""
    stop = driver.action(reads=[], writes=[])(lambda state: state)
    actions = {each.name: each for each in build(driver, tracker).graph.actions}
    edges = (("ping", "stop", when(n__gte=9)), ("ping", "pong"), ("pong", "ping"))
    builder = ApplicationBuilder().with_actions(**actions, stop=stop).with_transitions(*edges)
    app = builder.with_tracker(tracker).with_entrypoint("ping").with_state(n=0).build()
    driver.step(app)
    assert "pong" == app.get_next_action().name
    app.update_state(app.state.update(n=9))
    assert ("stop", {"n": 9}) == (app.get_next_action().name, tracker.store.head_state(app.key))


def test_a_rebound_action_runs_from_the_next_step(driver, tracker):
    """The built application takes it."""
    app = build(driver, tracker)
    app.rebind("ping", driver.action(reads=["n"], writes=["n"])(lambda state: state.update(n=-5)))
    driver.step(app)
    assert {"n": -5} == app.state


def test_events_come_in_order(driver, tracker):
    """Begin, end and halt."""
    app = build(driver, tracker)
    events = []
    stop = app.subscribe(events.append)
    driver.run(app, halt_after=["pong"])
    stop()
    driver.step(app)
    assert [StepStarted, StepEnded, StepStarted, StepEnded, RunHalted] == [type(each) for each in events]
    assert (0, "ping", "ping") == (events[0].ref.seq, events[0].action, events[-1].next_action)
    assert (app.history[1], {"n": 1, "log": [1]}) == (events[3].record, events[3].state)


def test_a_listener_that_raises_is_dropped(driver, tracker, caplog):
    """It never harms the run."""
    app = build(driver, tracker)
    told = []

    def broken(event):
        told.append(event)
        raise ValueError

    app.subscribe(broken)
    take(driver, app, 2)
    assert (1, 2) == (len(told), len(app.history))
    assert "is told no more" in caplog.text


class Recorder(PreRunStepHook, PostRunStepHook):
    def __init__(self, *, raise_in=""):
        self.seen = []
        self.raise_in = raise_in

    def pre_run_step(self, *, sequence_id, action, inputs, state, **future_kwargs):
        self.seen.append(("pre", sequence_id, action.name, dict(inputs), state["n"]))
        if self.raise_in == "pre":
            raise RuntimeError("hook")

    def post_run_step(self, *, sequence_id, action, result, exception, state, **future_kwargs):
        self.seen.append(("post", sequence_id, action.name, result, type(exception).__name__, state["n"]))
        if self.raise_in == "post":
            raise RuntimeError("hook")


def hooked(driver, tracker, hook):
    return (
        parts(driver).with_tracker(tracker).with_hooks(hook).with_entrypoint("ping").with_state(n=0).build()
    )


def test_hooks_take_part_in_each_step(driver, tracker):
    """Before it with its inputs, after it with what came of it."""
    hook = Recorder()
    app = hooked(driver, tracker, hook)
    driver.step(app, {"stop": 5})
    with pytest.raises(ValueError, match="stop"):
        driver.run(app, inputs={"stop": 1})
    assert [
        ("pre", 0, "ping", {"stop": 5}, 0),
        ("post", 0, "ping", {}, "NoneType", 1),
        ("pre", 1, "pong", {}, 1),
        ("post", 1, "pong", {}, "NoneType", 1),
        ("pre", 2, "ping", {"stop": 1}, 1),
        ("post", 2, "ping", None, "ValueError", 1),
    ] == hook.seen


def test_a_hook_that_raises_before_a_step_prevents_it(driver, tracker):
    """Nothing is kept."""
    app = hooked(driver, tracker, Recorder(raise_in="pre"))
    with pytest.raises(RuntimeError, match="hook"):
        driver.step(app)
    assert ([], {"n": 0}) == (brief(app), app.state)


def test_a_hook_that_raises_after_a_step_leaves_it_complete(driver, tracker):
    """State and checkpoint agree."""
    app = hooked(driver, tracker, Recorder(raise_in="post"))
    with pytest.raises(RuntimeError, match="hook"):
        driver.step(app)
    assert ([(0, "ping", "completed")], app.state) == (brief(app), app.history.at(0))


def test_a_hook_never_hides_what_the_action_raised(driver, tracker):
    """Its own exception is added as a note."""
    app = hooked(driver, tracker, Recorder(raise_in="post"))
    with pytest.raises(ValueError, match="stop") as caught:
        driver.step(app, {"stop": 0})
    assert "After this a hook raised RuntimeError: hook" in caught.value.__notes__


def test_an_application_shows_itself():
    """As text, and as a picture where one can be shown."""
    app = parts(Sync()).with_store(None).with_entrypoint("ping").with_state(n=0).build()
    app.step()
    assert f"<application {app.uid} of 'default', at step 0>" == repr(app)
    assert {"text/plain", "text/html"} == set(app._repr_mimebundle_())


def test_a_state_given_as_a_state_is_kept_as_it_is():
    """with_state takes both forms."""
    app = parts(Sync()).with_entrypoint("ping").with_state(State({"n": 1}), m=2).build()
    assert {"n": 1, "m": 2} == app.state
