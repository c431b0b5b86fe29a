"""The work of a drawing is told before it is done."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.view.effort import crossings, is_heavy, near
from notebook_agent.view.shape import Box, Edge, Shape


def shape(edges: list[tuple[str, str]], label: str = "") -> Shape:
    names = sorted({name for edge in edges for name in edge})
    return Shape(
        tuple(Box(name, "action", name) for name in names), tuple(Edge(*edge, label) for edge in edges)
    )


def test_each_arrow_of_a_chain_crosses_one_rank():
    """As many ranks as arrows."""
    assert crossings(shape(list(pairwise("abcdef")))) == 5


def test_an_arrow_beside_a_chain_crosses_its_length():
    """What leads past boxes, forward or back, crosses their ranks."""
    assert crossings(shape([*pairwise("abcd"), ("a", "d")])) == 3 + 3
    assert crossings(shape([*pairwise("abcd"), ("d", "a")])) == 3 + 3


def test_a_label_takes_a_rank_of_its_own():
    """Two ranks for each arrow that says something."""
    assert crossings(shape(list(pairwise("abcd")), "n < 3")) == 2 * 3


def test_a_box_that_leads_to_itself_crosses_none():
    """A loop stays on its rank."""
    assert crossings(shape([("a", "a")])) == 0


def test_a_long_chain_is_counted():
    """No depth is too much."""
    names = [f"{n:05}" for n in range(5000)]
    assert crossings(shape(list(pairwise(names)))) == 4999


def test_the_arrows_of_a_long_chain_are_near_and_those_across_it_are_not():
    """Graphviz lays the chain; what leads past a dozen boxes costs it most."""
    chain = [(f"{n:03}", f"{n + 1:03}") for n in range(499)]
    assert near(shape([*chain, ("000", "400"), ("450", "020"), ("007", "009")])) == {*range(499), 501}


def test_long_arrows_weigh_more_than_as_many_ranks_of_short_ones():
    """Five hundred actions in a row are light; fifty with a dozen arrows from end to end are not."""
    row, short = ([(f"{n:03}", f"{n + 1:03}") for n in range(size - 1)] for size in (500, 50))
    leaps = [(f"{n:03}", f"{n + 35:03}") for n in range(12)]
    assert [False, True] == [is_heavy(shape(row, "n < 3")), is_heavy(shape(short + leaps, "n < 3"))]


def test_what_enters_a_chain_late_is_near():
    """An input of the last action stands beside it, and not at the top."""
    chain = [(f"{n:03}", f"{n + 1:03}") for n in range(499)]
    assert near(shape([*chain, ("input", "499")])) == set(range(500))


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=30))
def test_any_graph_is_counted(edges):
    """An arrow between two boxes crosses a rank at least, and one onto itself none."""
    apart = sum(source != target for source, target in edges)
    assert apart <= crossings(shape(edges)) <= apart * 8
