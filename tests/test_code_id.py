"""Which values are part of an action's code: those that it names, except what it changes itself."""

from __future__ import annotations

import enum
import functools
import gc
import heapq
import os
import subprocess
import sys
import threading
import unittest.mock
import weakref
from dataclasses import dataclass, field
from types import SimpleNamespace

import pydantic
import pytest

from notebook_agent import action
from notebook_agent.action import code_id, code_parts
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
    assert code_id(naming(deep)) == code_id(naming([deep]))


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


class Conf:
    model = "one"


def test_a_class_attribute_that_is_set_is_seen(monkeypatch):
    """As a cell does to a class of settings."""

    def act(state):
        return state.update(y=Conf.model)

    before = code_id(act)
    monkeypatch.setattr(Conf, "model", "two")
    assert before != code_id(act)


def test_a_method_that_is_replaced_is_seen(monkeypatch):
    """And a default, and a variable closed over."""

    class Tool:
        def use(self):
            return 1

    text, tool = "a", Tool()

    def act(state, limit=1):
        return tool.use(), text

    ids = [code_id(act)]
    Tool.use = lambda self: 2
    ids.append(code_id(act))
    act.__defaults__ = (2,)
    ids.append(code_id(act))
    text = "b"
    ids.append(code_id(act))
    assert 4 == len(set(ids))


def test_a_function_put_into_a_table_is_seen():
    """Under the name of the one before."""

    def one():
        return 1

    tools = {"search": one}
    act = naming(tools)
    before = code_id(act)

    def one():
        return 2

    tools["search"] = one
    assert before != code_id(act)


def test_a_schema_counts_with_its_fields():
    """What it asks a model for, descriptions too."""

    def made(**fields):
        return naming(pydantic.create_model("Answer", **fields))

    plain = code_id(made(name=(str, ...)))
    described = code_id(made(name=(str, pydantic.Field(description="whose"))))
    more = code_id(made(name=(str, ...), age=(int, ...)))
    assert 3 == len({plain, described, more})
    assert plain == code_id(made(name=(str, ...)))


def test_docstrings_and_annotations_of_a_class_count():
    """They may be prompts and schemas."""

    def made(text, kind):
        return naming(
            type("Asked", (), {"__doc__": text, "__annotations__": {"x": kind}, "__module__": __name__})
        )

    ids = [code_id(made(*each)) for each in (("a", int), ("b", int), ("a", str), ("a", int))]
    assert (3, True) == (len(set(ids)), ids[0] == ids[3])


def test_bound_values_count_whatever_helpers_call_their_parameters():
    """Only what the action does to its own parameter matters."""

    def helper(model):
        model.append(1)

    @action(reads=[], writes=[])
    def act(state, model):
        result = Plain(None)
        result.model = model
        helper([])
        return state

    node = act.action_function
    assert node.bind(model="a").code != node.bind(model="b").code


def test_what_a_helper_changes_for_it_does_not_count():
    """Handed on, under another name, or by a function of the standard library."""
    stats, heap, other = {}, [], {"n": 0}

    def track(into, key):
        into[key] = 1

    def act(state):
        track(stats, "calls")
        heapq.heappush(heap, 1)
        alias = other
        alias["n"] += 1
        return state

    before = code_id(act)
    act(None)
    assert (before, {"calls": 1}, [1], {"n": 1}) == (code_id(act), stats, heap, other)


def test_another_object_under_the_name_of_a_log_counts():
    """A table that is filled up is still a table of prompts."""
    prompts = {"system": "be brief"}

    def act(state):
        prompts.setdefault("user", "")
        return state

    ids = [code_id(act)]
    act(None)
    ids.append(code_id(act))
    prompts = {"system": "be verbose"}
    ids.append(code_id(act))
    assert (True, True) == (ids[0] == ids[1], ids[1] != ids[2])


def test_a_property_that_was_worked_out_does_not_count():
    """It follows from the rest."""

    class Lazy:
        @functools.cached_property
        def client(self):
            return "made"

    lazy = Lazy()

    def act(state):
        return lazy.client

    before = code_id(act)
    act(None)
    assert before == code_id(act)


def test_modules_are_followed_to_what_is_named_in_them(tmp_path, monkeypatch):
    """Through packages, and where a function imports them itself."""
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "users_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "conf.py").write_text("MODEL = 'one'")
    import users_package.conf

    def dotted(state):
        return users_package.conf.MODEL

    def inner(state):
        from users_package.conf import MODEL

        return MODEL

    before = code_id(dotted), code_id(inner)
    users_package.conf.MODEL = "two"
    assert all(one != other for one, other in zip(before, (code_id(dotted), code_id(inner)), strict=True))


class Proxy:
    """As those of web frameworks, which raise outside of a request."""

    def __getattribute__(self, name):
        raise RuntimeError("outside of a request")


class Loading:
    """As those that load a library when they are looked at."""

    loads = 0

    @property
    def __class__(self):
        Loading.loads += 1
        return dict


STRANGE = {
    "proxy": Proxy,
    "loading": Loading,
    "mock": lambda: unittest.mock.MagicMock(spec=str),
    "huge number": lambda: 10**5000,
    "odd attribute": lambda: vars(thing := Plain(1)).update({3: 1}) or thing,
    "circle": lambda: (around := []).append(around) or around,
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
def test_no_value_keeps_an_action_from_running(make):
    """It counts as far as it can be told; none of its own code is run."""
    assert 16 == len(code_id(naming(make())))
    assert 0 == Loading.loads


def test_two_lambdas_of_one_line_are_told_apart():
    """Their source is the same line."""
    one, two = (lambda state: 1), (lambda state: 2)
    assert code_id(one) != code_id(two)


def test_a_constant_set_is_told_alike_in_every_process():
    """Its order differs from one to the next."""
    code = (
        "from notebook_agent.action import code_id; space = {};"
        'exec(\'def f(x):\\n    return x in {"a", "b", "c", "d"}\', space); print(code_id(space[\'f\']))'
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert 1 == len(told)


def test_nothing_is_kept_alive():
    """Functions, and what they close over."""
    big = Log()
    gone = weakref.ref(big)
    act = naming(big)
    code_id(act)
    del big, act
    gc.collect()
    assert gone() is None


def test_a_large_value_is_looked_at_again_where_its_size_changes():
    """Not all of it at every step."""
    large = list(range(5_000))
    act = naming(large)
    before = code_id(act)
    large.append(1)
    assert before != code_id(act)


def test_what_a_helper_keeps_in_its_default_does_not_count():
    """A cache that lives as long as the helper."""

    def helper(x, cache={}):  # noqa: B006  # a cache
        return cache.setdefault(x, x)

    def act(state):
        return helper(1)

    before = code_id(act)
    act(None)
    assert before == code_id(act)


def test_parts_are_called_what_a_person_calls_them():
    """A lambda by its variable, a default by its parameter."""
    scale = lambda n: n * 2  # noqa: E731 - as people write them in cells

    def work(state, much=3):
        return scale(state) + much

    _, parts = code_parts(work)
    assert {"scale", "default of much"} <= parts.keys()
    assert not any("<lambda>" in name for name in parts)
