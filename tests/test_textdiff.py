"""Texts compared: by lines, and by words inside of a line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.history import text_diff

TEXTS = st.text(st.sampled_from("ab c\n"), max_size=60)


def lines(before, after, **options):
    """Each line with its sign."""
    signs = {"same": " ", "removed": "-", "added": "+", "changed": "~", "gap": "…"}
    return [f"{signs[line.kind]}{line.text}" for line in text_diff(before, after, **options)]


def test_words_inside_a_line_are_told():
    """Both lines in one."""
    before, after = "The capital of France is Paris.", "The capital of England is London."
    assert ["~The capital of [-France-]{+England+} is [-Paris-]{+London+}."] == lines(before, after)


def test_lines_that_have_little_in_common_are_removed_and_added():
    """Word by word would be unreadable."""
    assert ["-[-one apple-]", "+{+forty pears, ripe+}"] == lines("one apple", "forty pears, ripe")


def test_equal_lines_far_away_are_left_out():
    """A gap stands for them."""
    before = "\n".join(f"line {n}" for n in range(20))
    after = before.replace("line 9\n", "line nine\n").replace("line 15\n", "")
    assert [
        *("…", " line 7", " line 8", "~line [-9-]{+nine+}", " line 10", " line 11", "…"),
        *(" line 13", " line 14", "-[-line 15-]", " line 16", " line 17", "…"),
    ] == lines(before, after)


def test_equal_texts_have_no_difference():
    """Whatever they are."""
    assert [] == lines("a\nb", "a\nb")


def test_very_long_texts_count_as_replaced():
    """So that no comparison takes long; what they have in common at the ends is still seen."""
    before = "\n".join(["start", *(f"old {n}" for n in range(1_500)), "end"])
    after = "\n".join(["start", *(f"other {n} words" for n in range(1_500)), "end"])
    found = text_diff(before, after)
    assert 1 + 3_000 + 1 >= len(found)
    assert ("start", "end") == (found[0].text, found[-1].text)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off(before, after):
    """With enough context nothing is left out."""
    if before == after:
        return
    found = text_diff(before, after, context=1_000)

    def read(mark, other):
        kept = [line for line in found if line.kind != other]
        return "\n".join("".join(p for p, m in line.parts if m in {"", mark}) for line in kept)

    assert before == read("-", "added")
    assert after == read("+", "removed")
