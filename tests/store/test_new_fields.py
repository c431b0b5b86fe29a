"""Values of classes that have been defined anew since: new fields, lost members, other orders."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pydantic
import pytest

from notebook_agent import serde
from notebook_agent.errors import UnstorableError
from notebook_agent.ids import StepRef
from notebook_agent.store import Placeholder, open_store, register

from .runs import KEY, new_run
from .test_round_trip import kept

MODULE = "cells_that_change"


@pytest.fixture
def cells() -> Iterator[Cells]:
    """A module in which cells are run."""
    yield Cells()
    sys.modules.pop(MODULE, None)


class Cells:
    def __init__(self) -> None:
        self.module = sys.modules[MODULE] = ModuleType(MODULE)

    def run(self, source: str) -> ModuleType:
        """Run a cell; return what holds its names."""
        exec(source, vars(self.module))
        return self.module


def reopened(tmp_path: Path, value: object) -> Iterator[object]:
    """Store a value; then give it as it is read, once the test has defined its class anew."""
    store = open_store(tmp_path / "store.db")
    store.create_run(new_run(value=value))
    store.close()
    yield None
    store = open_store(tmp_path / "store.db")
    yield store.state(StepRef(KEY, None))["value"]
    store.close()


def read_anew(tmp_path: Path, cells: Cells, sources: tuple[str, str], made: str) -> object:
    """What `made` is read as after the second source has been run."""
    way = reopened(tmp_path, eval(made, vars(cells.run(sources[0]))))
    next(way)
    cells.run(sources[1])
    return next(way)


DATA = "from dataclasses import dataclass, field\n@dataclass{}\nclass Item:\n    name: str\n"


@pytest.mark.parametrize("how", ["", "(frozen=True)", "(slots=True)", "(kw_only=True)"])
def test_a_new_field_of_a_dataclass_gets_its_default(tmp_path: Path, cells: Cells, how: str):
    """What the stored value lacks is what the class gives, made anew for each."""
    old = DATA.format(how)
    new = old + "    tags: list = field(default_factory=list)\n    n: int = 3\n"
    found = read_anew(tmp_path, cells, (old, new), "Item(name='a')")
    assert cells.module.Item(name="a", tags=[], n=3) == found


def test_a_new_field_is_given_without_running_the_constructor(tmp_path: Path, cells: Cells):
    """Neither `__init__` nor `__post_init__` runs when a value is read."""
    old = DATA.format("")
    new = old + "    n: int = 3\n    def __post_init__(self):\n        self.name = 'made'\n"
    assert "a" == read_anew(tmp_path, cells, (old, new), "Item('a')").name


def test_a_new_field_without_a_default_leaves_a_placeholder(tmp_path: Path, cells: Cells):
    """A value that its class cannot hold shows its data, and says what it lacks."""
    old = DATA.format("")
    found = read_anew(tmp_path, cells, (old, old + "    price: float\n"), "Item('a')")
    assert Placeholder("dataclass", f"{MODULE}:Item", {"name": "a"}) == found
    said = "defined anew: it has no price, which has no default"
    assert f"<{MODULE}:Item ({said}): {{'name': 'a'}}>" == repr(found)


def test_a_default_factory_that_raises_leaves_a_placeholder(tmp_path: Path, cells: Cells):
    """What a user's class raises is no damage of the store."""
    old = DATA.format("")
    new = old + "    n: int = field(default_factory=lambda: 1 // 0)\n"
    found = read_anew(tmp_path, cells, (old, new), "Item('a')")
    assert isinstance(found, Placeholder)
    assert "it cannot be read: ZeroDivisionError: integer division or modulo by zero" == found.why


def test_an_attribute_that_is_set_later_may_be_missing(tmp_path: Path, cells: Cells):
    """A field that the constructor does not take comes back without a value, as it was stored."""
    source = DATA.format("") + "    cache: object = field(init=False, repr=False, compare=False)\n"
    found = read_anew(tmp_path, cells, (source, source), "Item('a')")
    assert ("a", False) == (found.name, hasattr(found, "cache"))


MODEL = "from pydantic import BaseModel, Field, PrivateAttr\nclass Item(BaseModel):\n    name: str\n"


def test_a_new_field_of_a_model_gets_its_default(tmp_path: Path, cells: Cells):
    """Defaults, factories and private attributes are given; what was set stays what was set."""
    new = MODEL + (
        "    tags: list = Field(default_factory=list)\n    n: int = 3\n"
        "    size: int = Field(default_factory=lambda data: len(data['name']))\n"
        "    _seen: int = PrivateAttr(default=7)\n"
    )
    found = read_anew(tmp_path, cells, (MODEL, new), "Item(name='ab')")
    assert cells.module.Item(name="ab") == found
    assert ({"name"}, 7, 2) == (found.model_fields_set, found._seen, found.size)


def test_a_new_required_field_of_a_model_leaves_a_placeholder(tmp_path: Path, cells: Cells):
    """A model without a required field would fail somewhere else, later."""
    found = read_anew(tmp_path, cells, (MODEL, MODEL + "    price: float\n"), "Item(name='a')")
    assert isinstance(found, Placeholder)
    assert "defined anew: it has no price, which has no default" == found.why


def test_a_model_made_without_a_field_comes_back_so():
    """What `model_construct` leaves out is left out."""
    read = kept(Made.model_construct(n=1))
    assert (Made, {"n": 1}) == (type(read), vars(read))


class Made(pydantic.BaseModel):
    n: int
    text: str


ENUM = "from enum import Enum, Flag\nclass Mode(Enum):\n    RED = 1\n"


def test_a_member_that_is_gone_leaves_a_placeholder(tmp_path: Path, cells: Cells):
    """A lost member of an Enum is no damage: what was stored is shown."""
    found = read_anew(tmp_path, cells, (ENUM + "    BLUE = 2\n", ENUM), "[Mode.RED, Mode.BLUE]")
    assert [cells.module.Mode.RED, Placeholder("enum", f"{MODULE}:Mode", "BLUE")] == found
    assert f"<{MODULE}:Mode (defined anew: the class has no BLUE any more): 'BLUE'>" == repr(found[1])


def test_a_part_of_a_flag_that_is_gone_leaves_a_placeholder(tmp_path: Path, cells: Cells):
    """A flag is only read as a whole."""
    flag = "from enum import Flag\nclass Mode(Flag):\n    RED = 1\n"
    found = read_anew(tmp_path, cells, (flag + "    BLUE = 2\n", flag), "Mode.RED | Mode.BLUE")
    assert Placeholder("enum", f"{MODULE}:Mode", ["RED", "BLUE"]) == found


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


def test_a_decode_that_raises_leaves_a_placeholder():
    """What a registered function raises is said, and the store is not called damaged."""

    def decode(data: dict[str, int]) -> Money:
        return Money(data["pence"])

    register(Money, lambda money: {"cents": money.cents}, decode, name="money")
    found = kept([1, Money(5)])
    assert [1, Placeholder("object", "money", {"cents": 5})] == found
    assert "<money (it cannot be read: KeyError: 'pence'): {'cents': 5}>" == repr(found[1])
    assert found == kept(found)


TUPLE = "from typing import NamedTuple\nclass P(NamedTuple):\n"


def test_the_fields_of_a_named_tuple_are_kept_by_name(tmp_path: Path, cells: Cells):
    """Fields in another order, and a new one with a default, do not swap what was stored."""
    sources = (TUPLE + "    a: int\n    b: int\n", TUPLE + "    b: int\n    a: int\n    c: int = 9\n")
    assert "P(b=2, a=1, c=9)" == repr(read_anew(tmp_path, cells, sources, "P(1, 2)"))


def test_a_named_tuple_that_lost_a_field_leaves_a_placeholder(tmp_path: Path, cells: Cells):
    """Nothing stored is dropped silently."""
    sources = (TUPLE + "    a: int\n    b: int\n", TUPLE + "    a: int\n")
    found = read_anew(tmp_path, cells, sources, "P(1, 2)")
    assert Placeholder("namedtuple", f"{MODULE}:P", {"a": 1, "b": 2}) == found


class Pair(namedtuple("Pair", "a b")):  # noqa: PYI024, SLOT002  # the old form is the point
    def total(self) -> int:
        return self.a + self.b


def test_a_class_made_of_a_namedtuple_is_kept():
    """`class P(namedtuple(..))` is as good as a NamedTuple."""
    read = kept(Pair(1, [2]))
    assert (Pair, (1, [2])) == (type(read), tuple(read))
    assert Pair(1, 2) == serde.deserialize(json.loads(json.dumps(serde.serialize(Pair(1, 2)))))


def test_a_named_tuple_with_attributes_beside_its_fields_is_refused():
    """What would be lost is an error when it is written."""
    pair = Pair(1, 2)
    pair.more = 3
    with pytest.raises(UnstorableError, match="Pair"):
        kept(pair)


def test_a_named_tuple_of_an_earlier_file_is_read_by_position(tmp_path: Path):
    """Files that have the items without their names stay readable."""
    place = tmp_path / "store.db"
    store = open_store(place)
    store.create_run(new_run(value=Pair(1, 2)))
    store.close()
    connection = sqlite3.connect(place)
    changed = connection.execute(
        "UPDATE run SET state = replace(state, ?, ?)", ('{"a":1,"b":2}', "[1,2]")
    ).rowcount
    held = connection.execute("SELECT state FROM run").fetchone()[0]
    connection.commit()
    connection.close()
    assert (1, True) == (changed, '"v":[1,2]' in held)
    store = open_store(place)
    assert Pair(1, 2) == store.state(StepRef(KEY, None))["value"]
    store.close()
