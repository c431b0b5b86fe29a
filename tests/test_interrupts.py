"""An interrupt at any moment of a run leaves it where its store says that it is, and able to go on."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

import notebook_agent
from notebook_agent import ApplicationBuilder, GraphBuilder, action, expr, interrupts, streaming_action, use
from notebook_agent.interrupts import check, exposed, held
from notebook_agent.store import open_store

OURS = str(Path(notebook_agent.__file__).parent)
HOLDS = interrupts.__file__
"""Left out: Python looks for signals at calls and jumps, and this file's lines are written for that."""
MOMENTS = 60
RING = (("a", "b"), ("b", "a", expr("n < 6")))


@action(reads=["n"], writes=["n"])
def count(state):
    return state.increment(n=1)


@streaming_action(reads=["n"], writes=["n"])
def told(state):
    yield {"n": 0}, None
    yield {"n": 1}, state.increment(n=1)


def counting(store, function=count):
    """Make an application of two actions that take turns at n, up to 6."""
    builder = ApplicationBuilder().with_actions(a=function, b=function).with_transitions(*RING)
    return builder.with_entrypoint("a").with_state(n=0).with_store(store).build()


def is_ours(frame):
    file = frame.f_code.co_filename
    return file.startswith(OURS) and file != HOLDS


@contextmanager
def tracing(trace):
    """Trace, as what traces all tests does not see meanwhile."""
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def lines_of(work):
    """Count the lines of the package that are run in some work."""
    seen = 0

    def trace(frame, event, _):
        nonlocal seen
        if not is_ours(frame):
            return None
        seen += event == "line"
        return trace

    with tracing(trace):
        work()
    return seen


def interrupted_at(moment, work):
    """Do some work, with an interrupt at so manieth line of the package; return whether it left the work."""
    left = moment

    def trace(frame, event, _):
        nonlocal left
        if not is_ours(frame):
            return None
        left -= event == "line"
        if left == 0:
            left = -1
            signal.raise_signal(signal.SIGINT)
        return trace

    with tracing(trace):
        try:
            work()
        except KeyboardInterrupt:
            return True
    return False


def moments(work):
    lines = lines_of(work)
    return range(1, lines, max(1, lines // MOMENTS))


def run_to_the_end(app):
    while app.has_next_action():
        app.run()


def streamed_to_the_end(app):
    for _, container in app.stream_iterate():
        container.get()


@pytest.mark.parametrize(
    ("function", "run"), [(count, run_to_the_end), (told, streamed_to_the_end)], ids=["plain", "streamed"]
)
def test_an_interrupt_at_any_line_leaves_a_run_that_goes_on(tmp_path, function, run):
    """Each step is kept once, none is left open, and the rest is run without a conflict."""
    store = str(tmp_path / "store.db")
    whole = counting(store, function)
    for moment in moments(lambda: run(whole)):
        app = counting(store, function)
        interrupted_at(moment, lambda app=app: run(app))
        run_to_the_end(app)
        statuses = [step.status for step in app.history]
        assert {"completed", "interrupted"} >= set(statuses)
        assert (6, 6, 6) == (
            app.state["n"],
            statuses.count("completed"),
            app.history.at(len(statuses) - 1)["n"],
        )
        assert signal.default_int_handler is signal.getsignal(signal.SIGINT)


def test_an_interrupt_at_any_line_of_a_command_leaves_a_session_that_goes_on(tmp_path, monkeypatch):
    """Nothing that `%agent run` keeps for itself says afterwards that it still runs."""
    monkeypatch.setenv("NOTEBOOK_AGENT_STORE", str(tmp_path / "store.db"))
    graph = GraphBuilder().with_actions(a=count, b=count).with_transitions(*RING).build()

    def begun():
        return use(graph, entrypoint="a", state={"n": 0})

    for moment in moments(begun().run):
        agent = begun()
        interrupted_at(moment, agent.run)
        while agent.app.has_next_action():
            agent.run()
        assert 6 == [step.status for step in agent.app.history].count("completed")
        assert 6 == agent.app.state["n"]


def test_an_interrupt_in_an_action_comes_at_once():
    """It is not held back to the end of the step."""
    reached = []

    @action(reads=["n"], writes=["n"])
    def stopped(state):
        signal.raise_signal(signal.SIGINT)
        reached.append("the end")
        return state.increment(n=1)

    app = counting(":memory:", stopped)
    with pytest.raises(KeyboardInterrupt):
        app.run()
    assert [] == reached
    assert ["interrupted"] == [step.status for step in app.history]


def test_an_interrupt_of_a_run_in_an_action_stops_both():
    """The inner run lets it through to its action, and the outer one to its own."""

    @action(reads=["n"], writes=["n"])
    def stopped(state):
        signal.raise_signal(signal.SIGINT)
        return state

    inner = counting(":memory:", stopped)

    @action(reads=["n"], writes=["n"])
    def outer(state):
        inner.run()
        return state.increment(n=1)

    app = counting(":memory:", outer)
    with pytest.raises(KeyboardInterrupt):
        app.run()
    assert [["interrupted"]] * 2 == [[step.status for step in each.history] for each in (app, inner)]


def test_an_interrupt_while_a_store_is_written_waits_for_the_commit(tmp_path):
    """What was begun is there, and no transaction is left open."""
    app = counting(str(tmp_path / "store.db"))
    for moment in moments(lambda: app.update_state(app.state.update(n=0))):
        interrupted_at(moment, lambda: app.update_state(app.state.update(n=0)))
    run_to_the_end(app)
    assert 6 == open_store(tmp_path / "store.db", read_only=True).head_state(app.key)["n"]


def test_what_is_held_comes_at_the_end_of_the_block():
    """And not in it."""
    reached = []

    def work():
        with held():
            signal.raise_signal(signal.SIGINT)
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert ["the end"] == reached


def test_what_is_held_is_raised_before_the_next_exposed_call():
    """The call is not made."""
    called = []
    with held():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            exposed(called.append, 1)
    assert [] == called


def test_what_is_held_is_raised_where_it_is_looked_for():
    """Once."""
    with held():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()
        check()


def test_an_error_on_its_way_is_kept_as_the_interrupts_context():
    """Whoever stops does not lose what had failed."""

    def work():
        with held():
            signal.raise_signal(signal.SIGINT)
            raise ValueError("first")

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert "first" == str(caught.value.__context__)


def test_who_handles_the_signal_alone_is_left_alone():
    """As an event loop does."""
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append("mine"))
    try:
        with held():
            signal.raise_signal(signal.SIGINT)
            assert ["mine"] == came
    finally:
        signal.signal(signal.SIGINT, before)


def test_nothing_is_held_on_another_thread():
    """Only the main thread is interrupted."""
    handlers = []

    def work():
        with held():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [signal.default_int_handler] == handlers


def test_a_handler_that_was_set_in_the_block_stays():
    """An action may take the signal over for good."""

    def mine(*_):
        raise AssertionError

    try:
        with held():
            exposed(signal.signal, signal.SIGINT, mine)
        assert mine is signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
