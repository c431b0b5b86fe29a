"""Actions that a cell defined again."""

import re

import pytest

from tests.session.chat import ACTIONS, CELLS, FIXED

USING = """
FACTOR = 2
TABLE = {"a": 1}

def helper(n):
    return n + FACTOR

class Adder:
    def add(self, n):
        return n + FACTOR

@action(reads=[], writes=["n"])
def work(state):
    return state.update(n=Adder().add(helper(TABLE["a"])))

using = graph.GraphBuilder().with_actions(work).build()
"""

LOGGING = """
@action(reads=[], writes=["n"])
def note(state):
    LOG.append(helper(1))
    return state.update(n=len(LOG))

logging = graph.GraphBuilder().with_actions(note).build()
"""


def code(agent, name):
    """Give the source that a node runs."""
    return agent.app.graph.get_action(name).source


def test_the_same_cell_run_again_takes_effect(notebook, agent):
    """The node runs the new function at once, and it is said."""
    notebook.cell(ACTIONS.replace("Demo error", "Other error"))
    assert "Other error" in code(agent, "image")
    assert re.fullmatch(r"edited: image \([0-9a-f]{4} → [0-9a-f]{4}\)", notebook.screen.said[-1])


def test_where_it_failed_retry_is_named(notebook, agent):
    """The sentence says what to type."""
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw x")
    notebook.cell(ACTIONS.replace("Demo error", "Other error"))
    assert notebook.screen.said[-1].endswith("; %agent retry goes on with it")


def test_another_cell_is_only_offered(notebook, agent):
    """The node keeps its function until the person takes the new one."""
    notebook.cell(FIXED, "two")
    assert "Demo error" in code(agent, "image")
    said = (
        "image was defined again in another cell; image still runs the old one. "
        "%agent fork --with image=image takes the new one"
    )
    assert notebook.screen.said == [said]


def test_an_offer_is_made_once(notebook, agent):
    """Later cells do not repeat it."""
    notebook.cell(FIXED, "two")
    notebook.cell("x = 1", "three")
    assert len(notebook.screen.said) == 1


def test_bound_variants_follow(notebook, agent):
    """Both nodes of one function take the new one, with their own parameters."""
    notebook.cell(ACTIONS.replace("{prefix}: ", "[{prefix}] "))
    assert agent.run(prompt="write x").state["response"] == "[code] write x"
    assert notebook.screen.said[0].count("→") == 2


def test_comments_are_no_edit(notebook, agent):
    """A cell that means the same is not reported."""
    notebook.cell(CELLS.replace("def image(state):", "def image(state):\n    # later"))
    assert notebook.screen.said == []


def test_without_cell_ids_the_same_definitions_are_the_same_cell(notebook):
    """A front end that sends no ids is served as well; another cell stays another."""
    notebook.cell(CELLS, None)
    agent = notebook.agent.use("chat")
    notebook.cell(ACTIONS.replace("Demo error", "Other error"), None)
    assert "Other error" in code(agent, "image")
    notebook.cell(FIXED, None)
    assert "Other error" in code(agent, "image")


def test_functions_made_by_functions_are_left_alone(notebook):
    """Which of them a node should take cannot be told."""
    notebook.cell(
        "def make(n):\n"
        "    @action(reads=[], writes=['n'])\n"
        "    def inner(state):\n"
        "        return state.update(n=n)\n"
        "    return inner\n"
        "inner = make(1)\n"
        "made = graph.GraphBuilder().with_actions(inner).build()"
    )
    agent = notebook.agent.use("made")
    notebook.cell("inner = make(2)")
    assert agent.run().state["n"] == 1


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("def helper(n):\n    return n * 3", "helper"),
        ("FACTOR = 7", "FACTOR"),
        ("TABLE['a'] = 7", "TABLE"),
        ("class Adder:\n    def add(self, n):\n        return n + FACTOR + 1", "Adder.add"),
        ("FACTOR = 7\ndef helper(n):\n    return n * 3", "helper, FACTOR"),
    ],
)
def test_what_an_action_uses_is_named_when_it_changes(notebook, cell, names):
    """At once, with the action's code before and after; the next cell does not say it again."""
    notebook.cell(USING, "using")
    agent = notebook.agent.use("using")
    before = agent.app.graph.get_action("work").code
    notebook.cell(cell, "other")
    notebook.cell("unrelated = 1", "third")
    after = agent.app.graph.get_action("work").code
    assert [f"{names} changed: work ({before[:4]} → {after[:4]})"] == notebook.screen.said


def test_retry_says_what_changed_before_it_runs(notebook):
    """After the cell that changed it, and once more before the step runs."""
    notebook.cell(USING.replace("n + FACTOR\n\n@", "n / 0\n\n@"), "using")
    agent = notebook.agent.use("using")
    with pytest.raises(ZeroDivisionError):
        agent.run()
    before = agent.app.history[0].code
    notebook.cell("class Adder:\n    def add(self, n):\n        return n", "other")
    after = agent.app.graph.get_action("work").code
    agent.retry()
    ids = f"{before[:4]} → {after[:4]}"
    assert [
        f"Adder.add changed: work ({ids}); %agent retry goes on with it",
        f"code changed since: work ({ids}: Adder.add)",
    ] == notebook.screen.said


def test_a_graph_that_changes_nothing_is_not_spoken_of(notebook, agent):
    """What runs change by themselves is no edit."""
    notebook.cell(USING + "LOG = []\n" + LOGGING, "using")
    agent = notebook.agent.use("logging")
    agent.run()
    notebook.cell("unrelated = 1", "third")
    assert [] == notebook.screen.said


def test_a_state_that_a_cell_changed_by_hand_is_told_once(notebook, agent):
    """At the end of the cell, also after a step that it ran itself; not what a command has told already."""
    agent.run(prompt="what is x")
    notebook.names["app"] = agent.app
    told = []
    agent.workspace.rested.append(lambda: told.append(agent.app.state["mode"]))
    notebook.cell("app.step(inputs={'prompt': 'x'})", "other")
    notebook.cell("app.update_state(app.state.update(mode='by hand'))", "other")
    notebook.cell("app.step(); app.update_state(app.state.update(mode='again'))", "other")
    notebook.cell("unrelated = 1", "other")
    assert ["by hand", "again"] == told


BAD = """
class Bad(Action):
    def __init__(self, by):
        self.by = by
    @property
    def reads(self):
        return ["n"]
    @property
    def writes(self):
        return ["w"]
    def run(self, state):
        return {"w": self.by / 0}
    def update(self, result, state):
        return state.update(**result)
"""
GOOD = BAD.replace("self.by / 0", "self.by + state['n']")


@pytest.fixture
def failed(notebook):
    """A run whose object of an action class has failed; the class stands in a cell of its own."""
    notebook.cell("from notebook_agent import Action", "imports")
    notebook.cell(BAD, "class")
    notebook.cell("holds = graph.GraphBuilder().with_actions(bad=Bad(4)).build()", "graph")
    agent = notebook.agent.use("holds", state={"n": 1})
    with pytest.raises(ZeroDivisionError):
        agent.run()
    return agent


def test_an_object_of_a_class_that_its_cell_defines_again_becomes_one_of_the_new(notebook, failed):
    """With the values that it was made with."""
    notebook.cell(GOOD, "class")
    assert re.fullmatch(
        r"edited: bad \(\w{4} → \w{4}\); %agent retry goes on with it", notebook.screen.said[-1]
    )
    assert 5 == failed.retry().state["w"]


def test_a_class_of_another_cell_is_taken_by_a_retry(notebook, failed):
    """It is offered before."""
    notebook.cell(GOOD, "repair")
    assert notebook.screen.said[-1].startswith(
        "Bad was defined again in another cell: %agent retry goes on with it, bad ("
    )
    assert 5 == failed.retry().state["w"]


def test_an_object_that_a_new_class_makes_otherwise_is_said_to_be_of_the_old_one(notebook, failed):
    """Once: its values may lack what the new class needs."""
    notebook.cell(GOOD.replace("self.by = by", "self.by, self.more = by, 1"), "class")
    notebook.cell("x = 1", "later")
    said = (
        "Bad was defined again and makes its objects otherwise; bad is one of the old class: "
        "run the cell that builds the graph"
    )
    assert [said] == [told for told in notebook.screen.said if "Bad" in told]
    with pytest.raises(ZeroDivisionError):
        failed.retry()
