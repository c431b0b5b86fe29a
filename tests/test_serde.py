"""Values as plain JSON and back, and types and keys that a user registers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent import ApplicationBuilder, action, serde
from notebook_agent.errors import StateError, UnstorableError
from notebook_agent.state import State, register_field_serde
from notebook_agent.tracking import LocalTrackingClient


class Colour(Enum):
    RED = 1


class Pair(NamedTuple):
    left: int
    right: int


@dataclass
class Point:
    x: int
    y: tuple


class Money:
    def __init__(self, cents):
        self.cents = cents

    def __eq__(self, other):
        return isinstance(other, Money) and self.cents == other.cents

    def __repr__(self):
        return f"Money({self.cents})"

    __hash__ = None


class Euro(Money):
    """A subclass, covered by its base."""


@serde.serialize.register(Money)
def write_money(value, money_sign="", **kwargs):
    return {serde.KEY: "money", "cents": value.cents, "sign": money_sign}


@serde.deserializer.register("money")
def read_money(value, **kwargs):
    return Money(value["cents"])


class Secretive:
    """No codec at all."""


def there_and_back(value):
    return serde.deserialize(json.loads(json.dumps(serde.serialize(value))))


VALUES = [
    *(None, True, 1, -(10**300), 1.5, "a", "\ud800", "", b"\x00\xff", (1, (2,)), [1, [2]], {"a": {}}),
    *({1, 2}, frozenset({1}), bytearray(b"x"), {1: 2, (1,): 3}, {serde.KEY: "tuple"}, Colour.RED, Pair(1, 2)),
    *(
        date(2026, 1, 2),
        datetime(2026, 1, 2, tzinfo=UTC),
        timedelta(1, 2, 3),
        Decimal("1.10"),
        Point(1, (2,)),
    ),
    *(PurePosixPath("/a"), UUID(int=1), math.inf, -math.inf, np.float64(2.5), Money(5), [Money(1)], 1 + 2j),
]


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_a_value_comes_back_with_its_type(value):
    """Nothing becomes its `str`, and no infinity null."""
    back = there_and_back(value)
    assert (value, type(value)) == (back, type(back))


def test_nan_stays_nan():
    """It equals nothing, so it is asked for itself."""
    assert math.isnan(there_and_back([math.nan])[0])


def test_two_frames_of_one_shape_stay_two():
    """A later one does not overwrite an earlier."""
    one, two = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})
    back = there_and_back([one, two])
    assert [1, 2] == [int(frame["a"][0]) for frame in back]


def test_a_state_comes_back_equal():
    """`State.serialize` gives plain JSON, `State.deserialize` the state."""
    state = State({"when": date(2026, 1, 2), "pair": (1, 2), "chat": [{"role": "user"}]})
    assert state == State.deserialize(json.loads(json.dumps(state.serialize())))


JSONLIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@given(JSONLIKE)
def test_any_such_value_comes_back(value):
    """Values and types, nested in any way."""
    back = there_and_back(value)
    assert (value, repr(value)) == (back, repr(back))


def test_options_reach_the_registered_function():
    """By name, so that each takes its own."""
    assert "EUR" == serde.serialize([Money(1)], money_sign="EUR")[0]["sign"]


def test_a_subclass_is_written_as_its_base():
    """As with `functools.singledispatch`."""
    assert Money(3) == there_and_back(Euro(3))


def test_what_has_no_codec_names_the_key():
    """And says how to register it."""
    with pytest.raises(UnstorableError, match=r"state\['x'\]: .*Secretive cannot be serialized") as caught:
        State({"x": [Secretive()]}).serialize()
    assert "x" == caught.value.key


def test_a_serializer_must_name_the_kind():
    """Else nothing could read it."""

    class Nameless:
        pass

    serde.serialize.register(Nameless, lambda value, **kwargs: {"value": 1})
    with pytest.raises(StateError, match=r"must return a dict with serde\.KEY"):
        serde.serialize(Nameless())


def test_an_unknown_kind_says_what_to_run():
    """The code that registers it."""
    with pytest.raises(StateError, match=r"Nothing is registered to read 'never'"):
        serde.deserialize({serde.KEY: "never", "value": 1})


@pytest.mark.parametrize("kind", ["date", "ndarray", "uuid", "float"])
def test_damaged_json_is_one_clear_error(kind):
    """It is data, and nothing of it is run."""
    with pytest.raises(StateError, match=f"A serialized '{kind}' cannot be read"):
        serde.deserialize({serde.KEY: kind, "value": "?", "class": "builtins:int"} | {"value": {"a": []}})


@action(reads=[], writes=["price"])
def pay(state):
    return state.update(price=Money(7))


def test_a_registered_type_is_stored_exactly(tmp_path):
    """One registration serves the store too."""
    tracker = LocalTrackingClient("tests", tmp_path)
    builder = ApplicationBuilder().with_actions(pay).with_entrypoint("pay").with_tracker(tracker)
    app = builder.build()
    app.step()
    assert Money(7) == app.history.at(0)["price"]
    tracker.store.close()


class Client:
    """What a field holds that no codec knows."""

    def __init__(self, url):
        self.url = url


@action(reads=[], writes=["the_client"])
def connect(state):
    return state.update(the_client=Client("http://here"))


def test_a_field_is_written_and_read_by_its_own_functions(tmp_path):
    """In the store as in `serialize`."""
    register_field_serde(
        "the_client", lambda value, **kwargs: {"url": value.url}, lambda value, **kwargs: Client(value["url"])
    )
    tracker = LocalTrackingClient("tests", tmp_path)
    app = ApplicationBuilder().with_actions(connect).with_entrypoint("connect").with_tracker(tracker).build()
    app.step()
    kept = app.history.at(0)
    assert ("http://here", {"url": "http://here"}) == (kept["the_client"].url, kept.serialize()["the_client"])
    assert "http://here" == State.deserialize(kept.serialize())["the_client"].url
    tracker.store.close()


def test_a_field_whose_functions_fail_names_the_key():
    """Both ways."""
    register_field_serde("bad_field", lambda value, **kwargs: "text", lambda value, **kwargs: value)

    @action(reads=[], writes=["bad_field"])
    def act(state):
        return state.update(bad_field=1)

    app = ApplicationBuilder().with_actions(act).with_entrypoint("act").build()
    with pytest.raises(StateError, match=r"The serializer of state\['bad_field'\] returned a str"):
        app.step()
    register_field_serde("bad_field", lambda value, **kwargs: {}, lambda value, **kwargs: 1 / 0)
    app.step()
    with pytest.raises(
        StateError, match=r"The deserializer of state\['bad_field'\] raised ZeroDivisionError"
    ):
        app.history.at(1)


@pytest.mark.parametrize("place", [0, 1])
def test_field_functions_take_options(place):
    """A function without **kwargs is refused when it is registered."""
    functions = [lambda value, **kwargs: {}, lambda value, **kwargs: 1]
    functions[place] = lambda value: value
    role = ("serializer", "deserializer")[place]
    with pytest.raises(StateError, match=rf"the {role} <lambda> takes no \*\*kwargs"):
        register_field_serde("f", *functions)
