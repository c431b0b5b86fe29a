"""A way is gathered into visits, and read no further than a question needs."""

from __future__ import annotations

from collections.abc import Iterator

from notebook_agent.calls import Branch
from notebook_agent.calls.ways import Way, last_visit

from .test_pairing import Step, refs, run


def read(steps: list[Step], taken: list[str]) -> Iterator[Step]:
    for step in steps:
        taken.append(step.action)
        yield step


def test_a_visit_is_all_attempts_at_one_step():
    """Up to the one that completed; another action in between begins a new one."""
    steps = run("a", "draw!", "draw?", "draw", "draw!", "ask", "draw")
    way = Way(steps)
    assert [steps[:3], [steps[3]], [steps[5]], ()] == [way.visit("draw", n) for n in range(4)]


def test_what_follows_at_the_end_goes_on_with_the_last_visit():
    """If that did not complete."""
    steps = run("a", "ask", "draw!", "draw", "draw")
    way = Way(steps[:2])
    assert way.is_open("draw")
    way.extend(steps[2:])
    assert ([steps[1:3], steps[3:]], False) == ([way.visit("draw", n) for n in (0, 1)], way.is_open("draw"))


def test_no_more_is_read_than_is_asked():
    """Of an ancestor's ten thousand steps the first, if that is the one that is made again."""
    taken: list[str] = []
    parent = run("a", *["ask", "draw"] * 5000)
    branch = Branch(read(parent, taken))
    assert refs(parent, 1) == tuple(branch.meet("draw", {}, run("b", "ask"), lambda _: {}))
    assert ["ask", "draw"] == taken


def test_a_long_past_is_left_where_the_ancestor_has_nothing_to_give():
    """What came after its last step needs no counting."""
    taken: list[str] = []
    branch = Branch(run("a", "draw"), read(run("b", *["draw"] * 5000), taken))
    assert [[], []] == [branch.meet("draw", {}, [], lambda _: {}) for _ in range(2)]
    assert 2 >= len(taken)


def test_attempts_at_the_end():
    """Of one action, none of which completed."""
    steps = run("a", "draw!", "ask", "draw!", "draw?")
    assert (steps[2:], [], []) == (last_visit("draw", steps), last_visit("ask", steps), last_visit("ask", []))
