"""Graphs whose cell was run again: taken up by the run in use and its forks, and said."""

import pytest

from notebook_agent.errors import ConditionError

INC = """
from notebook_agent import action, expr, when, default, Condition, GraphBuilder, ApplicationBuilder, State

@action(reads=["n"], writes=["n"])
def inc(state):
    return state.update(n=state["n"] + 1)

@action(reads=["n"], writes=["n"])
def half(state):
    return state.update(n=state["n"] // 2)
"""
GRAPH = "g = GraphBuilder().with_actions({actions}).with_transitions({edges}).build()"


def graph(edges, actions="inc"):
    """Write the cell that builds the graph."""
    return GRAPH.format(actions=actions, edges=edges)


UP_TO_6 = graph('("inc", "inc", expr("n < 6"))')
UP_TO_3 = graph('("inc", "inc", expr("n < 3"))')
EDGES_MOVED = (
    "new in the graph: half; the edge half → inc (default) is new; the edge inc → inc (n < 6) is gone"
)
CHANGED = "the edge inc → inc changed: n < 6 → n < 3"


@pytest.fixture
def counting(notebook):
    """Give the agent of a run that has counted to 6."""
    notebook.cell(INC, "actions")
    notebook.cell(UP_TO_6, "graph")
    agent = notebook.agent.use("g", state={"n": 0})
    agent.run()
    return agent


def test_a_fork_goes_by_the_condition_that_was_repaired(notebook, counting):
    """The cell of the graph is enough; what is another in it is said once."""
    notebook.cell(UP_TO_3, "graph")
    notebook.cell("x = 1", "other")
    assert [CHANGED] == notebook.screen.said
    counting.fork("@0")
    assert 3 == counting.run().state["n"]


def test_the_run_in_use_decides_again(notebook, counting):
    """What comes next is asked of the new conditions, and what was decided then stays as it was."""
    notebook.cell(graph('("inc", "inc", expr("n < 8"))'), "graph")
    assert 8 == counting.run().state["n"]
    assert ["n < 6"] * 5 + ["n < 8"] * 2 == [
        step.decision.checks[0].condition for step in counting.app.history[1:]
    ]


def test_another_run_of_the_graph_takes_it_when_it_comes_into_use(notebook, counting):
    """Though the session has kept its application, and another one was in use meanwhile."""
    name = counting.workspace.label()
    counting.use("g", state={"n": 0})
    notebook.cell(UP_TO_3, "graph")
    counting.use(name)
    assert CHANGED == "; ".join(notebook.screen.said)
    counting.fork(f"{name}@0")
    assert 3 == counting.run().state["n"]


def test_a_replay_asks_the_new_conditions(notebook, counting):
    """A run that they would have ended before is not as recorded."""
    notebook.cell(UP_TO_3, "graph")
    assert 3 == counting.test_run().divergence.seq


def test_the_same_cell_run_again_says_nothing(notebook, counting):
    """A graph that was made again as it was is no news."""
    notebook.cell(UP_TO_6, "graph")
    assert [] == notebook.screen.said


def test_why_does_not_contradict_what_was_decided(notebook, counting):
    """Other conditions are spoken of where they lead elsewhere, and only there."""
    notebook.cell(UP_TO_3, "graph")
    head = f"{counting.workspace.label()}@4: inc → inc"
    assert [head, "the conditions have changed since: now it would be the end"] == [
        line.strip() for line in str(counting.why("@4")).splitlines()[::2]
    ]
    assert 2 == len(str(counting.why("@2")).splitlines())


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            graph('("inc", "inc", expr("n < 6")), ("inc", "half")', "inc, half"),
            "new in the graph: half; the edge inc → half (default) is new",
        ),
        ("g = GraphBuilder().with_actions(inc).build()", "the edge inc → inc (n < 6) is gone"),
        (
            graph('("half", "inc")', "half, inc"),
            EDGES_MOVED,
        ),
        (
            graph('("half", "half", when(n=1))', "half"),
            "g has no inc any more: the run in use keeps its graph, %agent use g begins a new one",
        ),
    ],
)
def test_what_changed_is_named(notebook, counting, cell, said):
    """Actions and edges, in one line."""
    notebook.cell(cell, "graph")
    assert [said] == notebook.screen.said


def test_the_order_of_edges_counts(notebook):
    """The first that holds is taken."""
    edges = '("inc", "half", expr("n > 2")), ("inc", "inc", expr("n < 6"))'
    notebook.cell(INC, "actions")
    notebook.cell(graph(edges, "inc, half"), "graph")
    notebook.agent.use("g", state={"n": 0})
    first, second = edges.split(", (")
    notebook.cell(graph(f"({second}, {first}", "inc, half"), "graph")
    assert ["the edges from inc are tried in another order"] == notebook.screen.said


def test_functions_as_conditions_are_told_apart_by_their_code(notebook):
    """They have one name, before and after."""
    edge = '("inc", "inc", Condition.lmda(lambda state: state["n"] < {}, ["n"]))'
    notebook.cell(INC, "actions")
    notebook.cell(graph(edge.format(6)), "graph")
    agent = notebook.agent.use("g", state={"n": 0})
    notebook.cell(graph(edge.format(3)), "graph")
    assert ["the edge inc → inc changed: lmda_<lambda>_ is another function"] == notebook.screen.said
    assert 3 == agent.run().state["n"]


def test_functions_of_the_new_graph_are_taken_and_said(notebook, counting):
    """Also one that another cell had defined, which is not offered then."""
    notebook.cell(f"{INC.replace('+ 1', '+ 2')}\n{UP_TO_6}", "graph")
    said = notebook.screen.said
    assert 1 == len(said)
    assert said[0].startswith("edited: inc (")
    counting.fork("@start")
    assert 6 == counting.run().state["n"]
    assert 3 == len(counting.app.history)


def test_what_a_fork_was_given_stays(notebook, counting):
    """A function put in with --with is the fork's own, whatever becomes of the edges."""
    notebook.cell(INC.replace("def inc", "def leap").replace("+ 1", "+ 3"), "leap")
    counting.fork("@start", actions={"inc": notebook.names["leap"]})
    notebook.cell(graph('("inc", "inc", expr("n < 9"))'), "graph")
    assert 9 == counting.run().state["n"]
    assert 3 == len(counting.app.history)


APP = """
app = (
    ApplicationBuilder().with_graph(GraphBuilder().with_actions(inc)
    .with_transitions(("inc", "inc", expr("n < {most}"))).build())
    .with_entrypoint("inc").with_state(n=0).build()
)
"""


def test_an_application_made_again_gives_its_graph(notebook):
    """The run in use goes on by the new edges, and the way to the new application is said."""
    notebook.cell(INC, "actions")
    notebook.cell(APP.format(most=6), "app")
    agent = notebook.agent.use("app")
    agent.run()
    notebook.cell(APP.format(most=8), "app")
    assert [
        "the edge inc → inc changed: n < 6 → n < 8; app is another application now: %agent use app takes it"
    ] == notebook.screen.said
    assert 8 == agent.run().state["n"]


def test_a_fork_put_into_the_variable_changes_nothing_in_the_run_in_use(notebook):
    """Its functions are its own."""
    notebook.cell(INC, "actions")
    notebook.cell(APP.format(most=6), "app")
    agent = notebook.agent.use("app")
    agent.step()
    notebook.cell("app = app.fork(0, actions={'inc': half})", "fork")
    assert ["app is another application now: %agent use app takes it"] == notebook.screen.said
    assert 6 == agent.run().state["n"]


def test_a_replay_takes_the_newest_definition_of_another_cell(notebook, counting):
    """As a retry does; it says so."""
    notebook.cell(INC.replace("+ 1", "+ 2"), "elsewhere")
    told = str(counting.test_run())
    assert told.startswith(
        f"{counting.workspace.label()}: 0 steps replayed as recorded (inc as another cell defines it now)"
    )


def test_a_condition_that_could_not_be_decided_is_asked_no_more(notebook):
    """The repaired one decides, and the step before it is not made again."""
    notebook.cell(INC, "actions")
    notebook.cell(graph('("inc", "inc", expr("m < 6"))'), "graph")
    agent = notebook.agent.use("g", state={"n": 0})
    with pytest.raises(ConditionError, match="cannot be decided"):
        agent.step()
    notebook.cell(UP_TO_3, "graph")
    assert 3 == agent.run().state["n"]
    assert 3 == len(agent.app.history)
