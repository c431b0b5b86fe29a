"""How often something may be done."""

from __future__ import annotations

from notebook_agent.pace import Pace


class Clock:
    """Tells the time that it is told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_what_takes_long_is_done_seldom():
    """One part in ten of the time."""
    clock = Clock()
    pace = Pace(10, clock=clock, work=clock)
    with pace.doing():
        clock.now += 0.5
    assert 4.5 == pace.wait()
    clock.now += 4.5
    assert 0 == pace.wait()


def test_what_takes_no_time_is_done_not_too_often():
    """At most twenty times a second."""
    clock = Clock()
    pace = Pace(10, least=0.05, clock=clock, work=clock)
    with pace.doing():
        pass
    assert 0.05 == pace.wait()


def test_waiting_is_no_work():
    """Only what others miss counts."""
    clock, work = Clock(), Clock()
    pace = Pace(10, clock=clock, work=work)
    with pace.doing():
        clock.now += 60
    assert 0 == pace.wait()


def test_a_little_late_is_in_time():
    """So the average is kept; what comes much later, or early by force, begins anew."""
    clock = Clock()
    pace = Pace(10, least=0.05, clock=clock, work=lambda: 0.0)
    waits = []
    for moment in (0.0, 0.06, 0.2, 0.21):
        clock.now = moment
        with pace.doing():
            pass
        waits.append(round(pace.wait(), 3))
    assert [0.05, 0.04, 0.05, 0.05] == waits
