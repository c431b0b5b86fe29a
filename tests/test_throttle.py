"""Progress is kept to a measure, and nothing of it is lost."""

from __future__ import annotations

import threading

from notebook_agent.throttle import Throttle, merged
from tests.columns import rows
from tests.progress import progress


def test_two_messages_become_one():
    """Each step is there once, as it was last, and the numbers are told."""
    made = merged(merged(None, progress(1, 1, 2)), progress(2, 2, 3))
    assert [(step["seq"], step["ms"]) for step in rows(made["run"]["steps"])] == [
        (1, 1.0),
        (2, 2.0),
        (3, 2.0),
    ]
    assert (made["first"], made["n"]) == (1, 2)


class Clockwork:
    """A throttle with a clock that stands still until it is moved."""

    def __init__(self):
        self.now = 0.0
        self.sent = []
        self.due = []
        self.throttle = Throttle(
            self.sent.append, clock=lambda: self.now, later=lambda wait, act: self.due.append((wait, act))
        )

    def pass_time(self, seconds):
        self.now += seconds
        due, self.due = self.due, []
        for _, act in due:
            act()


def test_progress_is_sent_at_most_twenty_times_a_second():
    """A hundred messages within a tenth of a second are three."""
    clock = Clockwork()
    for n in range(1, 101):
        clock.throttle.push(progress(n, n))
        if n % 50 == 0:
            clock.pass_time(0.05)
    assert [message["n"] for message in clock.sent] == [1, 50, 100]
    assert sum(len(rows(message["run"]["steps"])) for message in clock.sent) == 100


def test_a_little_early_is_no_reason_to_wait():
    """What comes before its time by less than a third of the interval is sent; the next one waits."""
    clock = Clockwork()
    for n in range(1, 4):
        clock.throttle.push(progress(n, n))
        clock.now += 0.04
    assert [message["n"] for message in clock.sent] == [1, 2]
    assert [round(wait, 3) for wait, _ in clock.due] == [0.02]


def test_one_timer_is_enough():
    """Messages that wait, wait for the same moment."""
    clock = Clockwork()
    for n in range(1, 6):
        clock.throttle.push(progress(n, n))
    assert [wait for wait, _ in clock.due] == [0.05]


def test_a_closed_throttle_sends_nothing_that_it_held():
    """Nor what comes later, when its timer is over."""
    clock = Clockwork()
    for n in range(1, 3):
        clock.throttle.push(progress(n, n))
    clock.throttle.close()
    clock.pass_time(0.05)
    clock.throttle.push(progress(3, 3, status="completed"))
    assert [1] == [message["n"] for message in clock.sent]


def test_the_end_of_a_run_does_not_wait():
    """What is held goes with it."""
    clock = Clockwork()
    for n, status in enumerate(["running", "running", "completed"], start=1):
        clock.throttle.push(progress(n, n, status=status))
    assert [(message["n"], message["run"]["status"]) for message in clock.sent] == [
        (1, "running"),
        (3, "completed"),
    ]


def test_two_runs_are_not_mixed():
    """A message of another run first sends what is held."""
    clock = Clockwork()
    for n, run in enumerate(["a", "a", "b"], start=1):
        clock.throttle.push(progress(n, n, run=run))
    clock.pass_time(0.05)
    assert [(message["run"]["id"], message["n"]) for message in clock.sent] == [("a", 1), ("a", 2), ("b", 3)]


def test_every_step_arrives_from_many_threads():
    """Nothing is lost where several threads push at once, with the real clock and timer."""
    sent = []
    done = threading.Event()

    def send(message):
        sent.append(message)
        if message["run"]["status"] == "completed":
            done.set()

    throttle = Throttle(send)
    threads = [threading.Thread(target=throttle.push, args=[progress(n, n)]) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    throttle.push(progress(64, 64, status="completed"))
    assert done.wait(5)
    assert {step["seq"] for message in sent for step in rows(message["run"]["steps"])} == set(range(65))
