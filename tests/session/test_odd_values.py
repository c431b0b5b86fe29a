"""Values whose own methods raise, ints without a decimal text, and classes that change under a run."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

CLASSES = """
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from notebook_agent.store import register

class Mute:
    def __init__(self, n):
        self.n = n

    def __repr__(self):
        raise ValueError("no repr")

    def __eq__(self, other):
        raise ValueError("no eq")

    __hash__ = None

register(Mute, lambda mute: {"n": mute.n}, lambda data: Mute(data["n"]))

@dataclass
class Item:
    name: str
"""
WITH_TAGS = "    tags: list = field(default_factory=list)\n"
COUNT = """
from notebook_agent import action, graph

@action(reads=["n"], writes=["n", "value"])
def count(state):
    n = int(state["n"])
    return state.update(n=n + 1, value=make(n))

counting = graph.GraphBuilder().with_actions(count).with_transitions(("count", "count")).build()
"""


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch):
    """Give a function that runs source in a module whose classes are found again."""
    module = ModuleType("odd_values_of_a_test")
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def define(source: str) -> ModuleType:
        exec(source, vars(module))
        return module

    define(CLASSES)
    return define


@pytest.fixture
def counted(notebook, classes):
    """Give a function that makes three steps, each of which puts what `make` gives in the state."""

    def run(make: str):
        notebook.names["make"] = eval(make, vars(classes("")))
        notebook.cell(COUNT, "count")
        agent = notebook.agent.use("counting", state={"n": 0})
        for _ in range(3):
            agent.step()
        return agent

    return run


ASKED = {
    "state": lambda agent: agent.state(),
    "diff": lambda agent: agent.diff("@0", "@2"),
    "blame": lambda agent: agent.blame("value"),
    "watch": lambda agent: agent.watch("value"),
    "log": lambda agent: agent.log(),
    "replay": lambda agent: agent.test_run(),
    "export": lambda agent: agent.export("f.html"),
    "map": lambda agent: agent.map("@1", n=2, max_steps=1),
    "app": lambda agent: agent.app.state,
}


def shown(value: object) -> str:
    """All that a notebook shows of a value."""
    html = getattr(value, "_repr_html_", None)
    return repr(value) + str(html() if html else "")


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    "make",
    ["Mute", "lambda n: [Mute(n)]", "lambda n: 10**5000 + n", "lambda n: {Decimal('NaN'), 10**5000}"],
    ids=["mute", "within", "huge", "set"],
)
def test_no_value_breaks_a_command(counted, asked: str, make: str):
    """A `__repr__` or `__eq__` that raises, and an int of 5,001 digits, are shown as what they are."""
    agent = counted(make)
    assert "" != shown(ASKED[asked](agent))


def test_a_value_that_cannot_show_itself_is_named(counted):
    """With what its repr raised; the rest of a list or mapping is shown."""
    agent = counted("lambda n: {'mute': Mute(n), 'huge': 10**5000}")
    text = "{'mute': <Mute, whose repr raised ValueError>, 'huge': <int of 16,610 bits>}"
    assert f"{{'n': 3, 'value': {text}}}" == repr(agent.app.state)


def test_a_field_added_while_a_run_goes_on_breaks_nothing(counted, classes):
    """The run goes on, and every question about its past has its answer."""
    agent = counted("lambda n: Item(f'i{n}')")
    classes(CLASSES + WITH_TAGS)
    agent.step()
    assert "{'n': 4, 'value': Item(name='i3', tags=[])}" == repr(agent.app.state)
    assert all(shown(ask(agent)) for ask in ASKED.values())


MODE = """
from enum import Enum

class Mode(Enum):
    RED = 1
    BLUE = 2
"""
MATCH = """
@action(reads=["n"], writes=["n", "value"])
def count(state):
    n = int(state["n"])
    same = n == 0 or all(each is Mode.BLUE for each in state["value"][:-1])
    return state.update(n=n + 1, value=[*[Mode.BLUE] * 300, same])

counting = graph.GraphBuilder().with_actions(count).with_transitions(("count", "count")).build()
"""


def test_a_class_that_is_defined_again_is_the_class_of_the_state(notebook, classes):
    """In a step that goes on, and in a fork; it is said in one line, with the keys."""

    def cell(source: str) -> None:
        notebook.names["Mode"] = classes(source).Mode
        notebook.cell("pass", "classes")

    cell(MODE)
    notebook.cell(COUNT + MATCH, "count")
    agent = notebook.agent.use("counting", state={"n": 0})
    agent.step()
    cell(MODE)
    agent.step()
    assert agent.app.state["value"][-1]
    cell(MODE)
    agent.fork("@1")
    agent.step()
    assert agent.app.state["value"][-1]
    cell("other = 1")
    said = [line for line in notebook.screen.said if "defined again" in line]
    assert ["Mode was defined again: taken anew in the state: value"] * 2 == said


LATER = """
numbers = iter(range(100))

class Odd:
    def __init__(self, n):
        self.n = n

def read(data):
    if data["n"] > 2:
        raise RecursionError
    return Odd(data["n"])

register(Odd, lambda odd: {"n": odd.n}, read)
"""


def test_a_fork_that_cannot_be_measured_keeps_its_row(counted, classes):
    """What was run and paid stands in the grid, though its values cannot be read again."""
    classes(LATER)
    agent = counted("lambda n: Odd(next(numbers))")
    rows = agent.map("@1", n=2, until=["count"]).grid.forks
    assert [(1, "completed"), (2, "completed")] == [(row.number, row.outcome) for row in rows]
    assert [True, True] == [row.error.startswith("The store is damaged") for row in rows]


USES = """
import dataclasses
import enum

@dataclasses.dataclass
class Item:
    name: str

class Mode(enum.Enum):
    RED = 1
"""
USING = """
@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=[Item("a").name, Mode.RED.value])

counting = graph.GraphBuilder().with_actions(count).with_transitions(("count", "count")).build()
"""


@pytest.mark.parametrize(
    ("what", "edited"),
    [
        ("Item", USES.replace("    name: str", "    name: str\n    size: int = 0")),
        ("Mode", USES.replace("    RED = 1", "    RED = 1\n    BLUE = 2")),
    ],
)
def test_a_class_that_changed_is_named_once(notebook, what: str, edited: str):
    """What dataclasses and Enums make for themselves has no name in the notice."""
    notebook.cell(USES, "classes")
    notebook.cell(COUNT + USING, "count")
    notebook.agent.use("counting", state={"n": 0})
    notebook.cell(edited, "classes")
    (said,) = [line for line in notebook.screen.said if "changed" in line]
    assert said.startswith(f"{what} changed: count (")
