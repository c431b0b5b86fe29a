"""Which values are part of an action's code: those that it names, except what it changes itself."""

from __future__ import annotations

import enum
import functools
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import pydantic
import pytest

from notebook_agent import action
from notebook_agent.action import code_id
from notebook_agent.action.base import Base


class Plain:
    def __init__(self, model):
        self.model = model


class Slotted:
    __slots__ = ("model",)

    def __init__(self, model):
        self.model = model


@dataclass
class Config:
    model: str
    nested: list = field(default_factory=list)


class Model(pydantic.BaseModel):
    model: str


class Colour(enum.Enum):
    RED = "red"


MAKERS = {
    "object": Plain,
    "slots": Slotted,
    "dataclass": Config,
    "pydantic": lambda model: Model(model=model),
    "namespace": lambda model: SimpleNamespace(model=model),
    "nested": lambda model: {"a": [Config(model)]},
    "large": lambda model: {**{str(n): n for n in range(5_000)}, "model": model},
    "partial": lambda model: functools.partial(str.replace, "a", model),
    "array": lambda model: bytearray(model, "utf-8"),
    "method": lambda model: Plain(model).__init__,
    "set": lambda model: {model, "b", "c"},
}


def naming(value):
    """Make a function that names a value."""

    def act(state):
        return state.update(y=value)

    return act


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_a_named_value_holds_counts(make):
    """Another value is other code; an equal one is not."""
    ids = [code_id(naming(make(model))) for model in ("one", "two", "one")]
    assert (True, True) == (ids[0] == ids[2], ids[0] != ids[1])


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_a_bound_value_holds_counts(make):
    """Fixed parameters count as variables do."""

    @action(reads=[], writes=["y"])
    def act(state, value):
        return state.update(y=value)

    node = act.action_function
    ids = [node.bind(value=make(model)).code for model in ("one", "two", "one")]
    assert (True, True) == (ids[0] == ids[2], ids[0] != ids[1])


@pytest.mark.parametrize("make", [Plain, Slotted, Config, MAKERS["pydantic"], MAKERS["namespace"]])
def test_an_object_changed_in_place_is_seen(make):
    """As a cell does that sets an attribute of a configuration."""
    value = make("one")
    act = naming(value)
    before = code_id(act)
    value.model = "two"
    assert before != code_id(act)


def test_attributes_of_a_class_action_count():
    """Objects too."""

    class Ask(Base):
        reads, writes = (), ("y",)

        def __init__(self, config):
            self.config = config

        def run(self, state):
            return {"y": self.config.model}

        def update(self, result, state):
            return state.update(**result)

    assert 2 == len({code_id(Ask(Config(model))) for model in ("one", "two", "one")})


def test_constants_of_a_class_count():
    """Those in its body."""

    def made(model):
        class Tool:
            MODEL = model

            def use(self):
                return self.MODEL

        return naming(Tool())

    assert 2 == len({code_id(made(model)) for model in ("one", "two", "one")})


def test_a_default_counts():
    """Its source is `model=model`, whatever that was."""

    def made(model):
        def act(state, model=model, *, other=[model]):  # noqa: B006  # a default that can change
            return state.update(y=model)

        return act

    assert 2 == len({code_id(made(model)) for model in ("one", "two", "one")})


def test_functions_in_a_table_count():
    """As a table of tools holds them."""

    def made(number):
        def tool():
            return number

        return naming({"tool": tool})

    assert 2 == len({code_id(made(number)) for number in (1, 2, 1)})


class Log:
    def __init__(self):
        self.lines, self.count = [], 0

    def note(self, line):
        self.lines.append(line)
        self.count += 1


def test_what_the_code_changes_itself_does_not_count():
    """Logs, counters and caches are not what the code is."""
    log, seen, cache, total = [], Log(), {}, 0

    def act(state, own=[]):  # noqa: B006  # a list that lives as long as the function
        nonlocal total
        total += 1
        log.append(1)
        own.append(1)
        seen.note("a")
        cache["a"] = [1]
        return state

    before = code_id(act)
    act(None)
    assert (before, [1], 1) == (code_id(act), log, total)


def test_an_object_that_a_bound_parameter_names_may_change():
    """The action appends to it."""

    @action(reads=[], writes=[])
    def act(state, log):
        log.append(1)
        return state

    log = []
    node = act.action_function.bind(log=log)
    before = node.code
    log.append(1)
    assert before == node.code


def test_a_setting_that_only_a_person_changes_counts():
    """The code calls another method of the object."""

    class Tool:
        def __init__(self):
            self.model, self.calls = "one", 0

        def configure(self, model):
            self.model = model

        def use(self):
            self.calls += 1

    tool = Tool()

    def act(state):
        tool.use()
        return state

    before = code_id(act)
    tool.use()
    used = code_id(act)
    tool.configure("two")
    assert (True, True) == (before == used, used != code_id(act))


def test_an_object_of_a_library_counts_by_its_class():
    """A client or a lock has no value that could be told."""
    ids = {code_id(naming(thing)) for thing in (threading.Lock(), threading.Lock(), threading.Event())}
    assert 2 == len(ids)


def test_values_in_a_circle_are_told():
    """Each of them once."""

    def circle(end):
        value = [end]
        value.append(value)
        return code_id(naming(value))

    assert (True, True) == (circle(1) == circle(1), circle(1) != circle(2))


def test_a_very_deep_value_counts_by_its_class():
    """Rather than not at all, or with an error."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert code_id(naming(deep)) == code_id(naming([[] for _ in range(200_000)]))


def test_an_enum_counts_by_its_name():
    """And its class is code."""
    assert code_id(naming(Colour.RED)) == code_id(naming(Colour("red")))


def test_a_cached_helper_counts():
    """What `functools.cache` wraps is code of ours."""

    def made(number):
        @functools.cache
        def helper():
            return number

        return naming(helper)

    assert 2 == len({code_id(made(number)) for number in (1, 2, 1)})


def test_a_table_may_grow_while_it_is_told():
    """Another thread fills it."""
    table, stop = {}, threading.Event()

    def fill():
        number = 0
        while not stop.is_set():
            number += 1
            table[number % 90] = number
            if number % 97 == 0:
                table.clear()

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        ids = {len(code_id(naming(table))) for _ in range(300)}
    finally:
        stop.set()
        thread.join()
    assert {16} == ids
