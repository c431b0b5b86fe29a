"""What is stored comes back equal in value and type."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import KEEP, Enum, Flag, IntEnum, IntFlag, StrEnum, auto
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent import serde
from notebook_agent.errors import UnstorableError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import FrozenDict, FrozenList, State, freeze
from notebook_agent.state import same as alike
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store

from .runs import new_run

STORE = open_store(None)
NUMBERS = iter(range(1_000_000))


def kept(value: object, store: Store = STORE) -> object:
    """Store a value in a state and read it back."""
    key = RunKey("tests", str(next(NUMBERS)))
    store.create_run(new_run(key, value=value))
    return store.state(StepRef(key, None))["value"]


def plain(value: object) -> object:
    """A value as something whose equality means equal value and type, inside out."""
    kind = type(value)
    if isinstance(value, dict):
        return kind, [(plain(key), plain(item)) for key, item in value.items()]
    if isinstance(value, list | tuple | deque):
        return kind, [plain(item) for item in value]
    if isinstance(value, Pair):
        return kind, plain(value.left), plain(value.right)
    return kind, repr(value) if isinstance(value, EXACT_BY_REPR) else value


def same(a: object, b: object) -> bool:
    return plain(a) == plain(b)


EXACT_BY_REPR = (float, Decimal, datetime, time)


class Colour(Enum):
    RED = 1
    GREEN = "green"


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    YES = "yes"


class Right(Flag):
    READ = auto()
    WRITE = auto()


class Mode(IntFlag):
    """Keeps bits that have no name."""

    READ = 1
    WRITE = 2
    BOTH = 12


class Kept(Flag, boundary=KEEP):
    """Keeps such bits too."""

    ONE = 1


class Unlisted(Enum):
    """Makes members that are in no list."""

    A = 1

    @classmethod
    def _missing_(cls, value):
        made = object.__new__(cls)
        made._name_, made._value_ = f"w{value}", value
        return made


class Point(NamedTuple):
    x: int
    y: float = 0.0


Old = namedtuple("Old", "a b")  # noqa: PYI024 (the old form is the point)


@dataclass
class Note:
    text: str
    tags: list[str] = field(default_factory=list)
    ran: int = 0

    def __post_init__(self):
        self.ran += 1


@dataclass(frozen=True, slots=True)
class Pair:
    left: object
    right: object


class Model(pydantic.BaseModel):
    name: str
    sizes: list[int] = []
    _hidden: int = 3

    @pydantic.field_validator("name")
    @classmethod
    def short(cls, name: str) -> str:
        if len(name) > 5:
            raise ValueError(name)
        return name


class Open(pydantic.BaseModel, extra="allow"):
    id: int


class Numbers(pydantic.RootModel[list[int]]):
    """A model that is its one value."""


T = TypeVar("T")


class Box(pydantic.BaseModel, Generic[T]):
    x: T


@dataclass
class Crate(Generic[T]):
    x: T


@dataclass
class Private:
    __slots__ = ("__x",)
    __x: int

    def inside(self) -> int:
        return self.__x


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters(categories=None))
    | st.text(st.characters(categories=None), min_size=250, max_size=300)
    | st.binary(max_size=300)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.times()
    | st.timedeltas()
    | st.decimals()
    | st.uuids()
    | st.fractions()
    | st.complex_numbers(allow_nan=False)
    | st.sampled_from([*Colour, *Level, *Word, Right.READ | Right.WRITE, Path("/a/b"), "$", "{}"])
)
KEYS = st.text(max_size=5) | st.sampled_from(["$", ""])
HASHABLE = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.tuples(st.integers(), st.text())
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=40)
        | st.dictionaries(KEYS, inner, max_size=8)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.builds(Point, st.integers(), inner)
        | st.builds(Pair, inner, inner)
        | st.frozensets(HASHABLE, max_size=4)
        | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=30,
)


@given(st.integers(0, 300))
def test_flags_keep_bits_without_a_name(bits):
    """Whatever their number says."""
    for value in (Mode(bits), Kept(bits)):
        found = kept(value)
        assert (type(value), value.value) == (type(found), found.value)


def test_a_member_that_its_class_does_not_list_is_refused():
    """It could not be found again."""
    with pytest.raises(UnstorableError, match="Unlisted cannot be stored"):
        kept(Unlisted(7))


@settings(max_examples=200)
@given(VALUES)
def test_any_value_comes_back(value):
    """Any nesting of the known types is read as it was written."""
    frozen = freeze(value)
    assert same(frozen, kept(frozen))


@pytest.mark.parametrize(
    "value",
    [
        10**5000,
        -(2**64),
        float("inf"),
        float("-inf"),
        -0.0,
        "\ud800",
        "\ud83d\ude00",
        "😀 \x00 \u2028",
        b"",
        bytearray(b"ab"),
        range(1, 10, 3),
        Fraction(1, 3),
        time(1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Rome")),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(minutes=-90), "odd")),
        date(1, 1, 1),
        timedelta.max,
        Decimal("sNaN12"),
        Decimal("1E+1000"),
        UUID(int=7),
        PurePosixPath("a/b"),
        PureWindowsPath("c:/x"),
        Colour.RED,
        Right(0),
        Old([1], {"a": 2}),
        OrderedDict(b=[1], a=2),
        Counter("hello"),
        defaultdict(list, a=[1]),
        defaultdict(None, a=1),
        deque([1, {"a": []}], maxlen=3),
        {(1, 2): "tuple", None: 1, 1.5: 2, frozenset({1}): 3},
        Note("x", ["a"]),
        [Note("y" * 300, [])] * 3,
        Model(name="ab", sizes=[1, 2]),
        Open(id=1, more={"a": [1]}),
        {"$": 1},
        {"$": "tuple", "v": [1]},
        [[], [[]], {}, [{}], ()],
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_comes_back(value):
    """Each of the known types is read as it was written."""
    frozen = freeze(value)
    assert same(frozen, kept(frozen))


@pytest.mark.parametrize("values", [{"$": 1}, {"$": "tuple", "v": [1]}, {"$": 10**300, "long": "x" * 2000}])
def test_a_state_may_have_any_key(values):
    """A key that looks like one of the store's own marks is a key."""
    key = RunKey("tests", str(next(NUMBERS)))
    STORE.create_run(new_run(key, **values))
    assert values == STORE.state(StepRef(key, None))


def test_the_insides_of_objects_are_plain():
    """A list in a dataclass, model or deque is a list again, which can be changed."""
    note = kept(Note("x", ["a"]))
    model = kept(Model(name="ab", sizes=[1]))
    assert (list, list) == (type(note.tags), type(model.sizes))


def test_no_constructor_runs():
    """Neither __post_init__ nor a validator runs when a value is read."""
    note, model = Note("x"), Model(name="ab")
    model.__dict__["name"] = "longer than allowed"
    assert 1 == kept(note).ran
    assert "longer than allowed" == kept(model).name


def test_private_and_extra_fields_of_models_stay():
    """A model keeps its private attributes, its extra fields and which fields were set."""
    model = Model(name="ab")
    model._hidden = 9
    read = kept(model)
    assert (9, {"name"}) == (read._hidden, read.model_fields_set)
    assert {"more": 2} == kept(Open(id=1, more=2)).model_extra


def test_a_model_that_is_one_value_comes_back():
    """And its insides hold nothing else."""
    read = kept(Numbers([1, 2]))
    assert (Numbers([1, 2]), {"root": [1, 2]}) == (read, vars(read))


def test_a_class_with_parameters_is_found():
    """Though it stands in no module."""
    box = Box[Box[int]](x=Box[int](x=1))
    read = kept(box)
    assert (box, Box[Box[int]], Box[int]) == (read, type(read), type(read.x))


def test_a_dataclass_made_with_parameters_is_kept():
    """Its values are, and the parameters were only said."""
    assert Crate(3) == kept(Crate[int](3))


def test_a_private_slot_is_kept():
    """Under the name that Python gives it."""
    assert 7 == kept(Private(7)).inside()


def test_an_answer_of_openai_comes_back():
    """A response object of the openai package is read as it was."""
    from openai.types.chat import ChatCompletion

    answer = ChatCompletion.model_validate({
        "id": "1",
        "created": 1,
        "model": "m",
        "object": "chat.completion",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi" * 300}}
        ],
    })
    read = kept({"answer": answer})["answer"]
    assert answer == read
    assert type(answer.choices[0]) is type(read.choices[0])


def test_long_lists_come_back():
    """Lists of all lengths around a chunk's and a run's are read as they were."""
    for size in (31, 32, 33, 1023, 1024, 1025, 2100):
        numbers = list(range(size))
        mixed = [f"{n}" * (n % 150) for n in range(size)]
        assert [numbers, mixed] == [kept(numbers), kept(mixed)]


def test_mutable_values_are_never_shared():
    """Two equal sets in a state are two objects again, so that one can be changed alone."""
    first, second = kept([{1, 2}, {1, 2}])
    assert first is not second


def test_frozen_values_carry_on():
    """A value that was read and is written again makes no new value of it."""
    value = kept({"a": ["x" * 300] * 50})
    assert value == kept(value)
    assert (FrozenDict, FrozenList) == (type(value), type(value["a"]))
    assert isinstance(State(value), State)


@pytest.mark.parametrize(
    "value",
    [10**5000, -(10**5000), [10**5000], {10**5000: 1}, {10**5000, 1}, {Decimal("NaN"), Decimal(1)}],
    ids=["int", "negative", "list", "key", "set", "decimals"],
)
def test_what_python_does_not_write_in_decimals_or_put_in_order(value: object):
    """Ints of more than 4,300 digits, and sets without an order, are kept; as JSON too."""
    assert (True, True) == (
        alike(value, kept(value)),
        alike(value, serde.deserialize(json.loads(json.dumps(serde.serialize(value))))),
    )
