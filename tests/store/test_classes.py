"""Stored objects whose class is not there, and classes that teach the store."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import numpy as np
import pytest

from notebook_agent.errors import UnstorableError
from notebook_agent.ids import StepRef
from notebook_agent.store import Placeholder, open_store, register

from .runs import KEY, new_run
from .test_round_trip import kept

MODULE = "cells_of_a_notebook"
ROOT = Path(__file__).parents[2]


class Client:
    """Without a codec."""

    def __init__(self, url: str):
        self.url = url


@dataclass
class Session:
    name: str
    client: object


def defined(module: str = MODULE) -> type:
    """A dataclass in a module of its own, as a cell would define it."""
    place = sys.modules.setdefault(module, ModuleType(module))
    exec("from dataclasses import dataclass\n@dataclass\nclass Note:\n    text: str\n", vars(place))
    return vars(place)["Note"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (len, "builtin_function_or_method cannot be stored: code is no data. Keep its name in the state"),
        (lambda: 1, "function cannot be stored: code is no data."),
        (partial(print, 1), "functools.partial cannot be stored: code is no data."),
        (sys, "module cannot be stored: code is no data."),
        (Client, "type cannot be stored: code is no data."),
        (NotImplemented, "NotImplemented cannot be stored: it stands for no value. Use None."),
        (..., "Ellipsis cannot be stored: it stands for no value. Use None."),
        (np.array([None]), "numpy.ndarray of dtype object cannot be stored. Give it another dtype"),
        (
            Client("x"),
            "Client cannot be stored. Keep it out of the state and make it in the action, or teach",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_advice_fits_what_cannot_be_stored(value, told):
    """A codec is advised where one can be written."""
    with pytest.raises(UnstorableError) as refused:
        kept([value])
    assert told in str(refused.value)
    assert "state['value'][0]: " == str(refused.value)[:19]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store that holds a Note, whose class is gone."""
    place = tmp_path / "store.db"
    store = open_store(place)
    store.create_run(new_run(note=defined()("hi")))
    store.close()
    del sys.modules[MODULE]
    return place


def opened(path: Path) -> object:
    store = open_store(path)
    value = store.state(StepRef(KEY, None))["note"]
    store.close()
    return value


def test_a_class_that_is_gone_leaves_a_placeholder(path: Path):
    """An object whose class is not there shows its data, and nothing is imported for it."""
    value = opened(path)
    assert Placeholder("dataclass", f"{MODULE}:Note", {"text": "hi"}) == value
    assert f"<{MODULE}:Note (not defined here): {{'text': 'hi'}}>" == repr(value)
    assert MODULE not in sys.modules


def test_a_class_that_is_defined_again_is_itself(path: Path):
    """Once the cell has run again, the object is one of the new class."""
    note = defined()
    try:
        assert note("hi") == opened(path)
    finally:
        del sys.modules[MODULE]


def test_a_placeholder_is_written_as_it_was_read(path: Path):
    """A run can go on around a placeholder without losing it."""
    value = opened(path)
    again = kept(value)
    assert (Placeholder, value) == (type(again), again)


@pytest.mark.parametrize(
    "name", ["os:system", "subprocess:Popen", "builtins:eval", "antigravity:x", "os:path.join"]
)
def test_no_name_in_a_file_is_ever_called(path: Path, name: str):
    """A stored name that is no data class gives a placeholder, and imports nothing."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE run SET state = replace(state, ?, ?)", (f"{MODULE}:Note", name))
    connection.commit()
    connection.close()
    assert Placeholder("dataclass", name, {"text": "hi"}) == opened(path)
    assert "antigravity" not in sys.modules


def test_the_path_names_the_field():
    """A field that cannot be stored is named down to its attribute."""
    with pytest.raises(UnstorableError) as caught:
        kept({"a": [Session("s", socket.socket)]})
    assert "state['value']['a'][0].client" == caught.value.path
    assert "value" == caught.value.key


class Raising:
    """Whose attributes and text raise."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (deque([1, {"a": Client("x")}]), "state['value'][1]['a']"),
        ({"a": Raising()}, "state['value']['a']"),
        ({Raising(): 1}, "state['value'] key <Raising, whose repr raised RuntimeError>"),
        (MagicMock(), "state['value']"),
    ],
    ids=["deque", "raising", "key", "mock"],
)
def test_the_path_goes_wherever_values_are(value, path):
    """Whatever the value answers when it is asked what it is."""
    with pytest.raises(UnstorableError, match="Keep it out of the state") as refused:
        kept(value)
    assert path == refused.value.path


def test_an_encode_that_raises_is_named():
    """The path leads to its value."""
    register(Broken, lambda value: value.gone, lambda _: Broken())
    with pytest.raises(UnstorableError) as refused:
        kept([Broken()])
    assert (
        "state['value'][0]: the encode that tests.store.test_classes.Broken was registered with raised"
        " AttributeError: 'Broken' object has no attribute 'gone'. Mend it."
    ) == str(refused.value)


class Broken:
    """What its encode takes for another class."""


MODELS = """
import sys
from typing import Generic, TypeVar
import pydantic
from notebook_agent.ids import StepRef
from notebook_agent.store import open_store
from tests.store.runs import FORK, KEY, new_run
T = TypeVar("T")
class Person(pydantic.BaseModel):
    name: str
class Box(pydantic.BaseModel, Generic[T]):
    x: T
store = open_store(sys.argv[1])
if sys.argv[2] == "write":
    store.create_run(new_run(box=Box[Box[Person]](x=Box[Person](x=Person(name="Bo")))))
    store.create_run(new_run(FORK, box=Box[TypeVar("U")](x=1)))
else:
    box = store.state(StepRef(KEY, None))["box"]
    print(type(box) is Box[Box[Person]], type(box.x) is Box[Person], type(box.x.x) is Person)
    print(type(store.state(StepRef(FORK, None))["box"]).__name__)
"""


def test_a_class_with_parameters_is_made_again(tmp_path: Path):
    """After a restart, of the classes that the kernel has by then."""
    for what, said in (("write", ""), ("read", "True True True\nBox[~U]\n")):
        command = [sys.executable, "-c", MODELS, str(tmp_path / "store.db"), what]
        ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        assert said == ended.stdout


def test_a_value_that_holds_itself_is_refused():
    """A value without an end is an error, not a crash."""
    session = Session("s", None)
    session.client = session
    with pytest.raises(UnstorableError, match=r"state\['value'\]"):
        kept(session)


def test_a_registered_class_is_kept():
    """With two functions a class is kept, its subclasses too."""
    register(Client, lambda client: {"url": client.url}, lambda data: Client(data["url"]))
    read = kept(Client("http://a"))
    assert (Client, "http://a") == (type(read), read.url)


def test_a_local_class_can_be_registered():
    """A class that is not at the top of a module is found once it is registered."""

    @register
    @dataclass
    class Local:
        n: int

    assert Local(3) == kept(Local(3))


def test_half_a_codec_is_refused():
    """Registering takes both functions or neither."""
    with pytest.raises(TypeError, match="both"):
        register(Client, lambda client: client.url)
