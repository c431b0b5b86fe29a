"""What a page sends back of an edited value: what nobody touched is as it was, exactly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.errors import CommandError
from notebook_agent.state import same
from notebook_agent.view.sent import restored
from notebook_agent.view.values import Limits, state_wire

KEY = "sk-proj-" + "a1B2" * 10


def plain(wire):
    """Write a value as the page does for editing: one kind of number, keys as texts."""
    if isinstance(wire, float) and wire.is_integer():
        return int(wire)
    if not isinstance(wire, dict):
        return wire
    if wire["t"] == "list":
        return [plain(each) for each in wire["items"]]
    return {key: plain(item) for key, item in wire["items"]}


def page(value):
    wire = state_wire({"v": value}, Limits(text=10**9, total=10**9, items=10**9, depth=99))
    return json.loads(json.dumps(plain(wire["items"][0][1])))


def edited(value, edit):
    """What comes of a value when a page changes it."""
    sent = page(value)
    edit(sent)
    return restored("v", value, sent)


def test_a_secret_beside_the_change_is_kept():
    """And not its mask."""
    value = {"api_key": KEY, "model": "m", "notes": [f"token {KEY}"]}
    made = edited(value, lambda sent: sent.update(model="n"))
    assert {"api_key": KEY, "model": "n", "notes": [f"token {KEY}"]} == made


def test_keys_that_are_no_texts_are_kept():
    """In a mapping of which one value is changed."""
    made = edited({1: "a", (2, 3): "b", None: "c"}, lambda sent: sent.update({"1": "z"}))
    assert {1: "z", (2, 3): "b", None: "c"} == made


def test_numbers_with_a_point_keep_it():
    """Those beside the change, and the one that is changed to a whole one."""
    made = edited([1.0, 2.5, 3], lambda sent: sent.__setitem__(1, 4))
    assert [(float, 1.0), (float, 4.0), (int, 3)] == [(type(each), each) for each in made]


def test_line_ends_are_kept():
    """A field for text writes all of them in one way."""
    assert "a\r\nc\r\n" == restored("v", "a\r\nb\r\n", "a\nc\n")


def test_items_around_those_that_came_and_went_are_kept():
    """Told by those before and behind."""
    value = [{"k": 1.0}, {"k": KEY}, {"k": 3.0}]
    made = edited(value, lambda sent: sent.insert(1, {"k": 9}))
    assert [{"k": 1.0}, {"k": 9}, {"k": KEY}, {"k": 3.0}] == made
    assert [float, int, str, float] == [type(each["k"]) for each in made]
    assert value[1:] == edited(value, lambda sent: sent.pop(0))


def test_another_kind_of_value_takes_its_place():
    """As it was sent."""
    assert {"a": 1} == restored("v", [1, 2], {"a": 1})
    assert restored("v", 1, True) is True


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (f"use {KEY} now", "use [openai-key] later"),
        ([KEY, "a", "b"], ["[openai-key]!", "b"]),
        ({"x": KEY}, {"y": "[openai-key]"}),
    ],
)
def test_a_mask_is_never_taken_for_the_secret(value, sent):
    """Where a text that holds one is changed or moved, that is refused, with the way to do it."""
    with pytest.raises(CommandError, match=r"v holds a secret, which is masked here: .* v:=") as caught:
        restored("v", value, sent)
    assert "v" == caught.value.key


def test_what_looks_like_a_mask_and_is_none_may_be_changed():
    """It stood there as it is."""
    assert "see [env-secret]!" == restored("v", "see [env-secret]", "see [env-secret]!")


def test_keys_that_are_written_alike_are_refused():
    """Nobody could tell which was meant."""
    with pytest.raises(CommandError, match="two keys that are written alike"):
        restored("v", {1: "a", "1": "b"}, {"1": "c"})


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.integers(0, 9), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_comes_back_as_it_was_shown_is_the_value(value):
    """Whatever it is: the very same object."""
    assert restored("v", value, page(value)) is value


@given(st.lists(VALUES, min_size=1, max_size=5), st.data())
def test_the_items_that_nobody_changed_are_the_very_same(items, data):
    """One of a list is replaced."""
    place = data.draw(st.integers(0, len(items) - 1))
    made = edited(items, lambda sent: sent.__setitem__(place, "replaced"))
    assert "replaced" == made[place]
    assert all(same(made[n], items[n]) for n in range(len(items)) if n != place)
