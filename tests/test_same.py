"""One idea of equality for users' values: exact in type and content, whatever their `==` does."""

from __future__ import annotations

import copy
import math
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent import ApplicationBuilder, State, action
from notebook_agent.history import changes
from notebook_agent.state import freeze, same
from notebook_agent.store import register

from .store.test_round_trip import kept


@dataclass
class Doc:
    text: str
    vector: object = field(default=None, compare=False)

    @cached_property
    def words(self) -> list[str]:
        return self.text.split()


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    value: object = None


class Point(NamedTuple):
    x: object


class Mode(Enum):
    RED = 1
    BLUE = 2


class Broken:
    """Its `==` raises."""

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None


class Coin:
    """Without `==`; registered."""

    def __init__(self, cents: object) -> None:
        self.cents = cents


register(Coin, lambda coin: {"cents": coin.cents}, lambda data: Coin(data["cents"]), name="a-coin")


def big(at: int | None = None) -> np.ndarray:
    """2,000 zeros, of which one may be another number."""
    array = np.zeros(2000)
    if at is not None:
        array[at] = 1
    return array


def table(at: int | None = None) -> pd.DataFrame:
    return pd.DataFrame({"a": range(200), "b": [0.0 if n != at else 1.0 for n in range(200)]})


EQUAL = [
    (math.nan, float("nan")),
    (np.float64("nan"), np.float64("nan")),
    (np.datetime64("NaT"), np.datetime64("NaT")),
    (Decimal("NaN"), Decimal("NaN")),
    (pd.NaT, pd.NaT),
    ([{"a": (math.nan,)}], [{"a": (float("nan"),)}]),
    ({math.nan, 1}, {float("nan"), 1}),
    (big(), big()),
    (np.array([math.nan, 1]), np.array([float("nan"), 1])),
    (np.array([[1, None]], object), np.array([[1, None]], object)),
    (np.array([(1, math.nan)], "i4,f8"), np.array([(1, math.nan)], "i4,f8")),
    (table(), table()),
    (pd.DataFrame({"a": [math.nan]}), pd.DataFrame({"a": [math.nan]})),
    (pd.Series([1], name="a"), pd.Series([1], name="a")),
    (Doc("a", big()), Doc("a", big())),
    (Model(value=math.nan), Model(value=float("nan"))),
    (Model(value=big()), Model(value=big())),
    (Point(big()), Point(big())),
    (Coin([1]), Coin([1])),
    (OrderedDict(a=1), OrderedDict(a=1)),
    (deque([math.nan], 3), deque([float("nan")], 3)),
    (defaultdict(list, a=[1]), defaultdict(list, a=[1])),
    (10**5000, 10**5000),
]

DIFFERENT = [
    (big(), big(1000)),
    (np.zeros(3), np.zeros(3, "f4")),
    (np.zeros(3), np.zeros((3, 1))),
    (np.array([0]), np.array([0, 0])),
    (table(), table(100)),
    (table(), table().rename_axis("n")),
    (pd.Series([1], name="a"), pd.Series([1], name="b")),
    (Doc("a", 1), Doc("a", 2)),
    (Doc("a", big()), Doc("a", big(1000))),
    (Model(value=big()), Model(value=big(1000))),
    (Coin([1]), Coin([2])),
    (1, True),
    (1, 1.0),
    ([1], (1,)),
    ([1], [1.0]),
    ({"a": 1}, OrderedDict(a=1)),
    (OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)),
    (Counter(a=1), {"a": 1}),
    (deque([1], 3), deque([1], 4)),
    (defaultdict(list), defaultdict(set)),
    ({"a": None}, {"b": None}),
    (Mode.RED, Mode.BLUE),
    (Broken(), Broken()),
    ([Broken()], [Broken()]),
    ("a", "b"),
    (None, 0),
]


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=lambda value: type(value).__name__)
def test_values_of_equal_type_and_content_are_the_same(one: object, other: object):
    """NaN, arrays, tables and objects that hold such."""
    assert (True, True) == (same(one, other), same(other, one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=lambda value: type(value).__name__)
def test_what_differs_anywhere_is_not_the_same(one: object, other: object):
    """Also far within, in type alone, and where `==` leaves it out or raises."""
    assert (False, False) == (same(one, other), same(other, one))


def test_what_an_object_computed_for_itself_does_not_count():
    """A `cached_property` that was asked for changes nothing."""
    asked = Doc("a b")
    assert ["a", "b"] == asked.words
    assert same(Doc("a b"), asked)


def test_the_one_object_is_the_same_whatever_its_equality_does():
    """Identity comes first."""
    one = Broken()
    assert same([one], [one])


def test_a_class_that_was_defined_anew_unchanged_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    """What was made before its cell ran again is as what is made after."""
    source = (
        "from dataclasses import dataclass\nfrom enum import Enum\n"
        "@dataclass\nclass Item:\n    n: int\nclass Mode(Enum):\n    RED = 1\n"
    )
    module = ModuleType("cells_run_again")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(source, vars(module))
    item, mode = module.Item, module.Mode
    exec(source, vars(module))
    assert same(item(1), module.Item(1))
    assert not same(item(1), module.Item(2))
    assert same(mode.RED, module.Mode.RED)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Doc, st.text(max_size=3), inner)
    ),
    max_leaves=12,
)


@given(value=ANY)
def test_a_copy_is_the_same(value: object):
    """So is what a state makes of it, and what a store gives back."""
    assert (True, True) == (same(value, copy.deepcopy(value)), same(value, freeze(value)))
    assert same(value, kept(value))


def run_of(*values: object):
    """A run that puts these values in the key `v`, one a step, the last one for good."""

    @action(reads=["n"], writes=["n", "v"])
    def put(state: State) -> State:
        n = state["n"]
        return state.update(n=n + 1, v=copy.deepcopy(values[n]))

    app = (
        ApplicationBuilder()
        .with_actions(put)
        .with_transitions(("put", "put"))
        .with_entrypoint("put")
        .with_state(n=0)
        .build()
    )
    for _ in values:
        app.step()
    return app.history


@pytest.mark.parametrize(
    "values",
    [(big(), big(), big(1000)), (table(), table(), table(100))],
    ids=["array", "table"],
)
def test_a_change_in_the_middle_of_a_big_value_is_found(values: tuple[object, ...]):
    """By diff, blame and watch alike."""
    history = run_of(*values)
    assert ["n"] == [change.path for change in history.diff(0, 1)]
    assert ["n", "v"] == [change.path for change in history.diff(0, 2)]
    assert 2 == history.blame("v").origin.step.seq
    assert [None, 0, 2] == [point.seq for point in history.watch("v").changes]


def test_a_nan_that_stays_is_no_change():
    """In no answer about the past."""
    history = run_of(np.float64("nan"), np.float64("nan"))
    assert ["n"] == [change.path for change in history.diff(0, 1)]
    assert [None, 0] == [point.seq for point in history.watch("v").changes]


def test_a_change_of_the_container_alone_is_a_change():
    """What has the same items in another type is told as a whole."""
    (found,) = changes({"a": {"k": 1}}, {"a": OrderedDict(k=1)})
    assert ("a", "changed", OrderedDict) == (found.path, found.kind, type(found.after))
