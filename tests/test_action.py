"""Actions: declared by a decorator, bound, and known by their code."""

from __future__ import annotations

import functools
import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from notebook_agent.action import action, as_node, code_id, source_of
from notebook_agent.errors import ActionError, GraphError
from notebook_agent.state import State


@action(reads=["n"], writes=["n"], tags=["t"], effect="pure")
def add(state, amount, times=1):
    return state.update(n=state["n"] + amount * times)


def test_the_decorated_function_stays_callable():
    """It is the function itself."""
    assert {"n": 7} == add(State({"n": 1}), 2, times=3)


@pytest.mark.parametrize("declare", [action, lambda _: action(writes=[])])
def test_the_lists_of_keys_cannot_be_left_out(declare):
    """Not with the parentheses either."""
    with pytest.raises(ActionError, match=r"needs the lists of keys.*@action\(reads=\[..\], writes="):
        declare(lambda state: state)


def test_the_declaration_is_kept():
    """Parameters without a default are required inputs."""
    made = add.action_function
    assert ("add", ("n",), ("n",), ("t",), "pure", (("amount",), ("times",)), False) == (
        made.name,
        made.reads,
        made.writes,
        made.tags,
        made.effect,
        made.inputs,
        made.is_async(),
    )


def test_an_async_function_is_known_as_such():
    """The run loop asks before it starts."""

    @action(reads=[], writes=[])
    async def wait(state):
        return state

    assert wait.action_function.is_async()


def test_bound_parameters_are_inputs_no_more():
    """The function itself is left alone; the bound one can be called and bound again."""
    bound = add.bind(amount=2)
    assert ((), ("times",)) == bound.inputs
    assert ({"n": 3}, {"n": 5}) == (bound(State({"n": 1})), bound.bind(times=2)(State({"n": 1})))
    assert (("amount",), ("times",)) == add.action_function.inputs


def test_binding_an_unknown_parameter_is_refused():
    """The nearest one is offered."""
    with pytest.raises(ActionError, match=r"no such parameter. Did you mean 'amount'"):
        add.bind(amout=1)


@pytest.mark.parametrize(("reads", "writes"), [("n", []), ([], "n"), ([1], [])])
def test_names_are_lists_of_strings(reads, writes):
    """A bare string would be read letter by letter."""
    with pytest.raises(ActionError, match="takes a list of names"):
        action(reads=reads, writes=writes)(lambda state: state)


def test_an_unknown_effect_is_refused():
    """There are three."""
    with pytest.raises(ActionError, match="irreversible"):
        action(reads=[], writes=[], effect="bad")(lambda state: state)


@pytest.mark.parametrize(
    "function",
    [lambda: 1, lambda **state: 1, lambda state, *more: 1, lambda state, **more: 1, lambda a, b, /: 1],
)
def test_inputs_have_names(function):
    """So that a run can say which is missing."""
    with pytest.raises(ActionError):
        action(reads=[], writes=[])(function)


def test_a_class_is_no_function():
    """The decorator goes above a def."""
    with pytest.raises(ActionError, match="not a function"):
        action(reads=[], writes=[])(State)


def test_as_node_takes_functions_and_actions():
    """And names them."""
    assert ["add", "x", "x"] == [
        each.name for each in (as_node(add), as_node(add, "x"), as_node(add.bind(amount=1), "x"))
    ]
    with pytest.raises(GraphError, match="not an action"):
        as_node(print)


def test_an_action_reads_well():
    """Name, reads and writes."""
    assert "add: n -> n" == repr(add.action_function)


def test_the_source_is_the_functions_text():
    """With its decorator, as written."""
    assert add.action_function.source.startswith('@action(reads=["n"], writes=["n"]')


def test_a_decorator_is_seen_through():
    """The source is the function's own, and the decorator's code counts too."""

    def logged(function):
        @functools.wraps(function)
        def inner(*args):
            return function(*args)

        return inner

    def one(state):
        return state

    def two(state):
        return state.update()

    first, second = logged(one), logged(two)
    assert "def one(state):" in source_of(first)
    assert "def two(state):" in source_of(second)
    assert 3 == len({code_id(first), code_id(second), code_id(one)})


def test_a_function_without_source_has_none():
    """And still a code id."""
    space = {}
    exec("def f(state):\n    return state", space)
    assert source_of(space["f"]) is None
    assert 16 == len(code_id(space["f"]))


def test_what_is_no_python_function_has_a_code_id():
    """Builtins and callables by their type."""
    assert (16, None) == (len(code_id(len)), source_of(len))


HELPERS = """
import json
LIMIT = {limit}
TABLE = {{"a": [1]}}

class Tool:
    def use(self):
        return {tool}

def helper(x):
    {comment}
    return x + {number}

def f(state):
    return helper(LIMIT) + len(TABLE) + Tool().use() + len(json.dumps(1))
"""


@pytest.fixture
def load(tmp_path):
    """Write a module of the user's and import it afresh."""
    count = iter(range(99))

    def make(limit=1, number=1, tool=1, comment="# nothing"):
        name = f"users_{next(count)}"
        path = tmp_path / f"{name}.py"
        path.write_text(HELPERS.format(limit=limit, number=number, tool=tool, comment=comment))
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    yield make
    for name in [name for name in sys.modules if name.startswith("users_")]:
        del sys.modules[name]


def test_equal_code_has_an_equal_id(load):
    """Comments and layout do not count."""
    assert code_id(load().f) == code_id(load(comment="# another comment\n").f)


@pytest.mark.parametrize("change", [{"limit": 2}, {"number": 2}, {"tool": 2}])
def test_what_a_function_names_counts(load, change):
    """Constants, helpers and classes, however deep."""
    assert code_id(load().f) != code_id(load(**change).f)


def test_a_changed_global_is_seen_at_the_next_call(load):
    """The cache holds only while everything is the same."""
    module = load()
    before = code_id(module.f)
    module.LIMIT = 5
    changed = code_id(module.f)
    module.LIMIT = 1
    assert (True, True) == (before != changed, before == code_id(module.f))


def test_a_table_changed_in_place_is_seen(load):
    """Its identity is the same, its value is not."""
    module = load()
    before = code_id(module.f)
    module.TABLE["a"].append(2)
    assert before != code_id(module.f)


def test_a_global_of_an_attributes_name_does_not_count(load):
    """`json.dumps` names no variable `dumps`, whatever a later cell calls so."""
    module = load()
    before = code_id(module.f)
    module.dumps = "of another cell"
    assert before == code_id(module.f)


def test_a_redefined_helper_is_seen(load):
    """As a re-run cell or a reloaded module redefines it."""
    module, other = load(), load(number=9)
    before = code_id(module.f)
    module.helper = other.helper
    assert before != code_id(module.f)


def test_bound_parameters_count(load):
    """Two nodes of one function run different code."""
    bound = [add.bind(amount=1).code, add.bind(amount=2).code, add.bind(amount=1).code]
    assert (True, True) == (bound[0] != bound[1], bound[0] == bound[2])


def test_a_closure_counts():
    """What a factory closed over is part of the code."""

    def make(text):
        def inner(state):
            return text

        return inner

    assert (True, True) == (
        code_id(make("a")) != code_id(make("b")),
        code_id(make("a")) == code_id(make("a")),
    )


def test_sources_are_read_by_many_threads_at_a_time():
    """Branches that run side by side begin with it; two parsers at a time fail in Python 3.11."""
    kinds = [_shape(n) for n in range(40)]

    with ThreadPoolExecutor(8) as executor:
        ids = list(executor.map(lambda kind: (code_id(kind()), source_of(kind())), kinds))
    assert (40, True) == (len(ids), all("class Shape" in source for _, source in ids))


def _shape(n):
    class Shape:
        def size(self):
            return n

    return Shape
