"""A thread that tells, woken by one that has no time."""

from __future__ import annotations

import contextvars
import threading

import pytest

from notebook_agent.pace import Pace
from notebook_agent.session.teller import Teller

PATIENCE = 10
FREE = Pace(0)
"""No pace at all."""
WHO = contextvars.ContextVar("who", default="nobody")


def test_it_tells_on_another_thread():
    """Who wakes it goes on with its own work."""
    threads, told = [], threading.Event()

    def tell():
        threads.append(threading.current_thread())
        told.set()

    Teller(tell, wait=FREE.wait).wake()
    assert told.wait(PATIENCE)
    assert threads[0] is not threading.current_thread()


def test_what_comes_while_it_tells_is_told_too():
    """A wake in the midst of a call makes another, however many there are makes one."""
    first, go_on, calls = threading.Event(), threading.Event(), []
    second = threading.Event()

    def tell():
        calls.append(None)
        (second if len(calls) > 1 else first).set()
        go_on.wait(PATIENCE)

    teller = Teller(tell, wait=FREE.wait)
    teller.wake()
    assert first.wait(PATIENCE)
    for _ in range(100):
        teller.wake()
    go_on.set()
    assert second.wait(PATIENCE)
    assert len(calls) == 2


def test_it_calls_again_when_that_is_asked_for():
    """Nothing has to wake it for that."""
    calls, done = [], threading.Event()

    def tell():
        calls.append(None)
        if len(calls) < 3:
            return 0.001
        done.set()
        return None

    Teller(tell, wait=FREE.wait).wake()
    assert done.wait(PATIENCE)
    assert len(calls) == 3


def test_it_tells_in_the_context_of_who_woke_it():
    """What a cell's context says, such as where output goes, holds on the thread."""
    found, told = [], threading.Event()

    def tell():
        found.append(WHO.get())
        told.set()

    teller = Teller(tell, wait=FREE.wait)
    WHO.set("this cell")
    teller.wake()
    assert told.wait(PATIENCE)
    assert found == ["this cell"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_that_failed_is_woken_again():
    """A call that raises ends its thread, and not the telling."""
    failed, told, ended = threading.Event(), threading.Event(), []

    def tell():
        if failed.is_set():
            told.set()
        else:
            ended.append(threading.current_thread())
            failed.set()
            raise RuntimeError("this once")

    teller = Teller(tell, wait=FREE.wait)
    teller.wake()
    assert failed.wait(PATIENCE)
    ended[0].join(PATIENCE)
    while not told.wait(0.01):
        teller.wake()
    assert told.is_set()
