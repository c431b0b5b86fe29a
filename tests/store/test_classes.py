"""Stored objects whose class is not there, and classes that teach the store."""

from __future__ import annotations

import socket
import sqlite3
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from notebook_agent.errors import UnstorableError
from notebook_agent.ids import StepRef
from notebook_agent.store import Placeholder, open_store, register

from .runs import KEY, new_run
from .test_round_trip import kept

MODULE = "cells_of_a_notebook"


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
