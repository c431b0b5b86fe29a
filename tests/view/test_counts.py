"""Where on an arrow stands how often it was taken."""

from __future__ import annotations

from notebook_agent.view.counts import apart, middle
from notebook_agent.view.wire import EdgeWire


def edge(source, target, at, label=""):
    """An arrow of which something is told at a place."""
    x, y = at
    return EdgeWire(
        source=source,
        target=target,
        label=label,
        conditional=False,
        path="",
        head="",
        labelX=x,
        labelY=y,
    )


def test_it_stands_in_the_middle_of_one_curve():
    """Which is not that of its control points."""
    assert middle([(0, 0), (0, 10), (0, 20), (8, 30)]) == (1.0, 15.0)


def test_it_stands_where_two_curves_meet():
    """That is the middle of the line."""
    assert middle([(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6)]) == (0, 3)


def test_it_stands_on_the_side_that_a_line_back_leaves_free():
    """Each beside its own line, away from the other."""
    moved = apart([edge("a", "b", (0, 15)), edge("b", "a", (20, 15))])
    assert [(-6, "end"), (26, "start")] == [(one["labelX"], one["side"]) for one in moved]


def test_it_stays_where_the_line_back_is_far():
    """There is room on both sides."""
    edges = [edge("a", "b", (0, 15)), edge("b", "a", (200, 15))]
    assert edges == apart(edges)


def test_it_stays_where_no_line_runs_back():
    """A loop is no line back of itself, and a label keeps its place."""
    edges = [edge("a", "a", (0, 15)), edge("b", "c", (0, 15), "n > 1"), edge("c", "b", (90, 15))]
    assert edges == apart(edges)
