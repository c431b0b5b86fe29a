"""Tests for `notebook_agent.action.code_id` at the later steps of a run, where it is known from marks."""

import array
import enum
import functools
import json
import re
import sys
import types
from dataclasses import dataclass
from typing import ClassVar

import pydantic
import pytest

from notebook_agent.action import code_id

LIMIT = 3
TOOLS = [{"name": "search", "needs": ["query"]}]
PATTERN = re.compile("a")
LOG = []


class Client:
    """Stands for a library's: it is told by its class."""


class OtherClient:
    """Stands for another library's."""


Client.__module__ = OtherClient.__module__ = "json.client"
CLIENT = Client()


@dataclass
class Config:
    model: str


class Answer(pydantic.BaseModel):
    text: str


class Mode(enum.Enum):
    FAST = "fast"


class Tool:
    """A tool of the user's own."""

    LIMITS: ClassVar = [1, 2]

    def __init__(self, name):
        self.name = name

    def call(self):
        return self.name


def another_call(self):
    return self.name.upper()


TOOL = Tool("search")
CONFIG = Config("one")
CALLS = {"tool": TOOL.call, "helper": functools.partial(int, "1"), "modes": [Mode.FAST, CONFIG, {}]}


def helper(n):
    return n + 1


def other_helper(n):
    return n + 2


def settled(function):
    """The id of a function that was looked at more than once, as at the steps of a run."""
    for _ in range(3):
        code_id(function)
    return code_id(function)


def acting():
    """Make a function that names all of these."""

    def act(state, much=3, *, least=1):
        LOG.append(much)
        called = CALLS["tool"](), TOOL.call(), TOOL.name, CONFIG.model
        return helper(LIMIT), TOOLS, PATTERN, CLIENT, json, CLASS, Answer, Mode, Tool, called, least

    return act


CLASS = dict
NAMES = {
    "a constant": ("LIMIT", 4),
    "a constant of another kind": ("LIMIT", True),
    "a helper": ("helper", other_helper),
    "a pattern": ("PATTERN", re.compile("b")),
    "a client": ("CLIENT", OtherClient()),
    "a client for an object of the user's own": ("CLIENT", Config("a")),
    "a class of the user's own": ("CLASS", Config),
    "a name of the language's": ("dict", helper),
    "an equal log": ("LOG", [1, 2]),
    "an object of the user's own": ("TOOL", Tool("read")),
    "an object whose class says what it is": ("CONFIG", Config("two")),
    "a class of the user's own, defined anew": ("Answer", pydantic.create_model("Answer", text=(int, ...))),
    "an enum, defined anew": ("Mode", enum.Enum("Mode", {"FAST": "quick"})),
}


@pytest.mark.parametrize(("name", "value"), NAMES.values(), ids=NAMES)
def test_another_value_is_seen_after_many_looks(monkeypatch, name, value):
    """As where a cell of a notebook is run again."""
    act = acting() if name != "dict" else (lambda state: [dict(state)])
    before = settled(act)
    monkeypatch.setattr(sys.modules[__name__], name, value, raising=False)
    assert before != code_id(act) == settled(act)


def test_a_change_in_place_is_seen_after_many_looks():
    """At any depth."""
    act = acting()
    before = settled(act)
    TOOLS[0]["needs"].append("page")
    changed = code_id(act)
    TOOLS[0]["needs"].pop()
    assert (True, True) == (before != changed, before == code_id(act))


CHANGES = {
    "an attribute": (TOOL, "name", "read"),
    "an attribute of data": (CONFIG, "model", "two"),
    "an attribute of a class": (Tool, "LIMITS", [1, 3]),
    "a method": (Tool, "call", another_call),
    "a docstring": (Answer, "__doc__", "An answer."),
}


@pytest.mark.parametrize(("owner", "name", "value"), CHANGES.values(), ids=CHANGES)
def test_a_changed_attribute_is_seen_after_many_looks(monkeypatch, owner, name, value):
    """Of objects and of classes."""
    act = acting()
    before = settled(act)
    monkeypatch.setattr(owner, name, value)
    assert before != code_id(act) == settled(act)


GROWN = {
    "a list of a class": lambda: Tool.LIMITS.append(3),
    "a table": lambda: CALLS.update(more=helper),
    "what a table holds": lambda: CALLS["modes"][2].update(a=1),
    "a list in a table": lambda: CALLS["modes"].append(Mode.FAST),
}


@pytest.mark.parametrize("grow", GROWN.values(), ids=GROWN)
def test_what_objects_hold_is_seen_to_change_after_many_looks(monkeypatch, grow):
    """In the place where it is."""
    monkeypatch.setattr(Tool, "LIMITS", [*Tool.LIMITS])
    monkeypatch.setitem(globals(), "CALLS", {**CALLS, "modes": [*CALLS["modes"][:2], {}]})
    act = acting()
    before = settled(act)
    grow()
    assert before != code_id(act)


def test_what_the_code_changes_itself_does_not_count_after_many_looks():
    """A log that grows at each step."""
    act = acting()
    before = settled(act)
    LOG.append(1)
    grown = code_id(act)
    LOG.clear()
    assert (before, before) == (grown, code_id(act))


def test_other_code_of_a_helper_is_seen_after_many_looks():
    """As `%autoreload` puts it into the function that is there."""
    act, code = acting(), helper.__code__
    before = settled(act)
    helper.__code__ = other_helper.__code__
    changed = code_id(act)
    helper.__code__ = code
    assert (True, True) == (before != changed, before == code_id(act))


def test_other_defaults_are_seen_after_many_looks():
    """Those of parameters that go by name only too."""
    act = acting()
    ids = [settled(act)]
    act.__defaults__ = (4,)
    ids.append(settled(act))
    act.__kwdefaults__ = {"least": 2}
    ids.append(settled(act))
    act.__kwdefaults__ = {"most": 2}
    ids.append(settled(act))
    assert 4 == len(set(ids))


def test_another_closure_is_seen_after_many_looks():
    """Of what it closes over, and of what a wrapper wraps."""
    value = 1

    def act(state):
        return value

    def wrapper(state):
        return act

    wrapper.__wrapped__ = act
    before = settled(act), settled(wrapper)
    value = 2
    assert all(one != other for one, other in zip(before, (code_id(act), code_id(wrapper)), strict=True))


def test_an_empty_closure_is_filled_after_many_looks():
    """A function may be looked at before what it names is there."""

    def act(state):
        return late

    before = settled(act)
    late = 1
    assert before != settled(act)


def test_a_module_of_the_users_own_is_looked_at_each_time(monkeypatch):
    """Whether it is imported at the top or where it is used."""
    module = types.ModuleType("users_settings")
    module.__file__, module.MODEL = __file__, "one"
    monkeypatch.setitem(sys.modules, "users_settings", module)

    def act(state):
        import users_settings

        return users_settings.MODEL

    before = settled(act)
    module.MODEL = "two"
    assert before != code_id(act)


def test_what_has_no_marks_is_looked_at_each_time():
    """Circles, arrays, and tables of very many parts that are not plain."""
    circle = [helper]
    circle.append(circle)
    values = [circle, array.array("i", [1]), [Config("one") for _ in range(3_000)]]
    ids = []
    for value in values:

        def act(state, value=value):
            return value

        before = settled(act)
        value[0] = 2 if value is not values[2] else Config("two")
        ids.append((before, code_id(act)))
    assert all(before != after for before, after in ids)
