"""Details that travel at every move: small, and what was left out can be asked for."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.view import detail
from notebook_agent.view.light import images_apart, light
from notebook_agent.view.values import Limits, state_wire
from tests.story import story_graph, tell

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def made(tmp_path, **parts):
    story = tell(str(tmp_path))
    shown = {**detail(story.main.history, story_graph(), 6), **parts}
    story.store.close()
    return shown


def size(wire):
    return len(json.dumps(wire, ensure_ascii=False).encode())


def test_a_small_detail_stays_as_it_is(tmp_path):
    """Nothing is cut, and nothing says so."""
    shown = made(tmp_path)
    assert shown == light(shown)


def test_a_large_detail_becomes_a_small_one(tmp_path):
    """It says that it was cut; what names the step stays."""
    huge = state_wire({"text": "x" * 400_000}, Limits(text=400_000, total=400_000))
    cut = light(made(tmp_path, state=huge))
    text = dict(cut["state"]["items"])["text"]
    assert (True, 6, 400_000) == (cut["cut"], cut["seq"], text["size"])
    assert size(cut) <= 64 * 1024


def test_of_long_lists_the_newest_items_stay(tmp_path):
    """And the place of the first that does."""
    items = [str(n) * 2_000 for n in range(100, 200)]
    huge = state_wire({"chat": items}, Limits(text=8_000, total=400_000))
    chat = dict(light(made(tmp_path, state=huge))["state"]["items"])["chat"]
    assert 100 == chat["start"] + len(chat["items"])
    assert items[-1] == chat["items"][-1]


def test_a_long_traceback_stays_a_text(tmp_path):
    """The page shows it as it is."""
    error = {"type": "E", "message": "m", "traceback": "t" * 90_000}
    cut = light(made(tmp_path, error=error))["error"]
    assert ("E", "m") == (cut["type"], cut["message"])
    assert cut["traceback"].endswith("\n…")


def test_large_images_are_named_and_kept_apart(tmp_path):
    """Small ones travel with the step."""
    large = PNG + bytes(5_000)
    images = {}
    shown = images_apart(made(tmp_path, state=state_wire({"small": PNG, "large": large})), images)
    small, named = (value for _, value in shown["state"]["items"])
    assert "data" in small
    assert {named["id"]: large} == images
    assert "data" not in named


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=300) | st.integers(),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(max_size=20), inner, max_size=20),
    max_leaves=60,
)


@given(st.dictionaries(st.text(max_size=9), VALUES, max_size=6))
def test_what_is_shown_of_a_state_is_bounded(state):
    """Whatever it holds, and every key is there."""
    wire = state_wire(state, Limits(text=200, total=1_000, items=20))
    assert len(state) == len(wire["items"])
    assert size(wire) <= 24_000


def test_a_large_key_leaves_room_for_the_others():
    """The small ones are whole, wherever they stand."""
    state = {"docs": ["d" * 500] * 500, "prompt": "p" * 300, "numbers": [[1] * 100] * 100}
    wire = dict(state_wire(state, Limits(total=3_000))["items"])
    assert "p" * 300 == wire["prompt"]
    assert 500 == wire["docs"]["size"]
    assert wire["docs"]["items"]
