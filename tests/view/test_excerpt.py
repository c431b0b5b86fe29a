"""Long texts by the parts that differ."""

from __future__ import annotations

from notebook_agent.history import Change
from notebook_agent.session.difference import Difference
from notebook_agent.view.excerpt import excerpts

WORDS = "some words here " * 20_000
SECRET = "sk-proj-abcdefghijklmnopqrstuvwx1234"


def test_short_texts_stay_whole():
    """They are as they were."""
    assert ("a" * 100_000, "b") == excerpts("a" * 100_000, "b")


def test_of_long_texts_the_part_that_differs_is_left():
    """With what stands around it, and how much does not."""
    one, other = excerpts(f"{WORDS}cat {WORDS}", f"{WORDS}dog {WORDS}")
    assert one.replace("cat", "dog") == other
    assert one.startswith("[310,005 characters before]\nwords here some ")
    assert one.endswith(" characters after]")
    assert 21_000 > len(one)


def test_texts_of_which_one_begins_as_the_other_ends():
    """What is equal at both ends is counted once."""
    one, other = excerpts("ab " * 50_000, "ab " * 50_001)
    assert 3 == len(other) - len(one)


def test_no_word_is_cut():
    """A secret at the edge is left out or whole."""
    for shift in range(40):
        before = f"{WORDS}{SECRET} {'x ' * 4_980}{'y' * shift} "
        one, _ = excerpts(f"{before}cat", f"{before}dog")
        assert ("proj" in one) is (SECRET in one)


def test_the_difference_of_long_texts_is_small_in_the_page():
    """What differs is in it."""
    found = Difference("a", "b", (Change("text", "changed", f"{WORDS}cat", f"{WORDS}dog"),))
    assert 30_000 > len(found.html())
    assert "cat" in found.html()
