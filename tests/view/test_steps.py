"""Steps as columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.view import joined_steps
from tests.columns import rows


def columns(first, actions):
    names = list(dict.fromkeys(actions))
    return {
        "first": first,
        "names": names,
        "action": [names.index(action) for action in actions],
        "source": [-1] + [names.index(action) for action in actions[:-1]] if actions else [],
        "status": "c" * len(actions),
        "ms": [1.0] * len(actions),
        "stale": [],
    }


STEPS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=12)


@given(STEPS, STEPS, st.integers(0, 12))
def test_fresh_steps_take_the_place_of_old_ones(old, fresh, kept):
    """And those before them stay."""
    kept = min(kept, len(old))
    made = joined_steps(columns(5, old), columns(5 + kept, fresh))
    assert old[:kept] + fresh == [row["action"] for row in rows(made)]


def test_a_gap_cannot_be_joined():
    """What lies in it is not known."""
    assert joined_steps(columns(0, "ab"), columns(3, "c")) is None


def test_nothing_new_changes_nothing():
    """Nor does it where nothing was known."""
    some, none = columns(0, "ab"), columns(0, "")
    assert (some, some) == (joined_steps(some, none), joined_steps(none, some))


def test_what_was_served_is_joined_too():
    """Where either has some; what is told anew counts."""
    old = {**columns(0, "abc"), "served": [0, 2]}
    joined = joined_steps(old, {**columns(2, "ab"), "served": [1]})
    assert [0, 3] == joined["served"]
    assert [0] == joined_steps(old, columns(2, "ab"))["served"]
