"""Values as the page draws them."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.state import State
from notebook_agent.view.values import Limits, diff_wire, state_wire

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
PNG_TEXT = base64.b64encode(PNG).decode()
PNG_WIRE = {"t": "image", "mime": "image/png", "data": PNG_TEXT, "size": len(PNG)}


class Colour(StrEnum):
    RED = "red"


@dataclass
class Point:
    x: int
    y: int


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize("value", [None, True, False, 0, -1, 2**53, 1.5, "", "text", "ünï"])
def test_plain_values_stand_for_themselves(value):
    """What JSON and the page both know is not wrapped."""
    assert value is state_wire(value) or value == state_wire(value)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ([1], {"t": "list", "items": [1], "size": 1, "type": "list"}),
        ((1,), {"t": "list", "items": [1], "size": 1, "type": "tuple"}),
        ({2, 1}, {"t": "list", "items": [1, 2], "size": 2, "type": "set"}),
        (Pair(1, 2), {"t": "list", "items": [1, 2], "size": 2, "type": "Pair"}),
        ({"a": 1, 2: 3}, {"t": "dict", "items": [["a", 1], ["2", 3]], "size": 2}),
        (Point(1, 2), {"t": "dict", "items": [["x", 1], ["y", 2]], "size": 2, "type": "Point"}),
        (2**60, {"t": "other", "type": "int", "text": str(2**60)}),
        (math.inf, {"t": "other", "type": "float", "text": "inf"}),
        (Decimal("1.5"), {"t": "other", "type": "Decimal", "text": "Decimal('1.5')"}),
        (Colour.RED, {"t": "other", "type": "Colour", "text": "<Colour.RED: 'red'>"}),
        (b"ab", {"t": "other", "type": "bytes", "text": "b'ab' (2 bytes)"}),
    ],
)
def test_other_values_say_what_they_are(value, wire):
    """Type, size and content are kept apart."""
    assert wire == state_wire(value)


def test_a_state_is_drawn_as_its_items():
    """Frozen containers look like the plain ones."""
    wire = state_wire(State({"chat": [{"role": "user"}]}))
    item = {"t": "dict", "items": [["role", "user"]], "size": 1}
    chat = {"t": "list", "items": [item], "size": 1, "type": "list"}
    assert {"t": "dict", "items": [["chat", chat]], "size": 1} == wire


@pytest.mark.parametrize("value", [PNG, PNG_TEXT, f"data:image/png;base64,{PNG_TEXT}", bytearray(PNG)])
def test_pictures_are_recognised(value):
    """Bytes, base64 and data addresses of a picture are shown as one."""
    assert state_wire(value) == PNG_WIRE


@pytest.mark.parametrize(
    "value",
    [
        f"data:image/png;base64,{base64.b64encode(b'<svg onload=alert(1)>' * 9).decode()}",
        f"data:image/svg+xml;base64,{base64.b64encode(b'<svg/>' * 20).decode()}",
        f"data:text/html;base64,{PNG_TEXT}",
        "iVBORw0KGgo" + "!" * 90,
    ],
)
def test_what_only_claims_to_be_a_picture_is_text(value):
    """The first bytes decide, not the address."""
    assert value == state_wire(value)


def test_a_long_text_is_cut_and_says_its_size():
    """The page can tell how much is missing."""
    assert state_wire("abcabcabc", Limits(text=3)) == {"t": "text", "text": "abc", "size": 9}


def test_a_long_list_keeps_its_end():
    """The newest items are the ones looked for."""
    wire = state_wire([1, 2, 3, 4], Limits(items=2))
    assert wire == {"t": "list", "items": [3, 4], "size": 4, "type": "list", "start": 2}


def test_all_texts_together_are_bounded():
    """Many long texts do not make a long answer."""
    wire = state_wire(["x" * 1_000] * 100, Limits(text=1_000, total=5_000))
    assert len(json.dumps(wire)) < 20_000


def test_a_value_within_itself_ends():
    """A cycle is drawn once."""
    ring: list[object] = []
    ring.append(ring)
    inner = {"t": "other", "type": "list", "text": "…"}
    assert {"t": "list", "items": [inner], "size": 1, "type": "list"} == state_wire(ring)


def test_secrets_are_masked_before_they_are_cut():
    """No part of a secret stays at the end of a cut text."""
    secret = "sk-proj-" + "a1B2" * 12
    wire = state_wire(f"pw: {secret}", Limits(text=16))
    assert wire == {"t": "text", "text": "pw: [openai-key]", "size": 60}


def test_a_secret_is_known_by_its_name_too():
    """What stands under `password` is hidden, whatever it looks like."""
    wire = state_wire({"password": "correct-horse"})
    assert wire == {"t": "dict", "items": [["password", "[assigned-secret]"]], "size": 1}


class Awkward:
    def __repr__(self):
        raise ValueError("no")


def test_a_repr_that_raises_is_no_error():
    """Any value can be shown."""
    wire = {"t": "other", "type": "Awkward", "text": "<Awkward, whose repr raised ValueError>"}
    assert wire == state_wire(Awkward())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(JSON)
def test_every_value_becomes_strict_json(value):
    """What goes to the page can be written as UTF-8 JSON without nan."""
    assert json.dumps(state_wire(value), allow_nan=False, ensure_ascii=False).encode()


@given(st.dictionaries(st.text(), JSON))
def test_nothing_differs_from_itself(value):
    """A state compared with its own copy shows no difference."""
    assert diff_wire(State(value), State(value)) == [] or "nan" in repr(value)


def test_a_difference_tells_its_path():
    """Each side is shown where there is one."""
    before = State({"mode": "text", "old": 1, "chat": [{"content": "a"}]})
    after = before.update(mode="code", chat=[{"content": "b"}, {"content": "c"}]).wipe(delete=["old"])
    item = {"t": "dict", "items": [["content", "c"]], "size": 1}
    expected = [
        {"path": "mode", "kind": "changed", "before": "text", "after": "code"},
        {"path": "chat[0].content", "kind": "changed", "before": "a", "after": "b"},
        {"path": "chat[1]", "kind": "added", "after": item},
        {"path": "old", "kind": "removed", "before": 1},
    ]
    assert expected == diff_wire(before, after)
