"""A graph is checked when it is built, and decides with its reasons."""

from __future__ import annotations

import pytest

from notebook_agent.action import action
from notebook_agent.condition import Check, Condition, Decision, default, when
from notebook_agent.errors import ConditionError, GraphError
from notebook_agent.graph import Graph, GraphBuilder, Transition
from notebook_agent.state import State


@action(reads=[], writes=["n"], tags=["count"])
def one(state, prompt, model="m"):
    return state.update(n=1)


@action(reads=["n"], writes=["n"])
def two(state, prompt, size):
    return state.update(n=2)


def build(*transitions, **actions):
    return (
        GraphBuilder()
        .with_actions(**(actions or {"a": one, "b": two, "c": one}))
        .with_transitions(*transitions)
        .build()
    )


def test_actions_keep_their_order_and_names():
    """Positional ones go by their function's name; one function can be two actions."""
    graph = GraphBuilder().with_actions(two, first=one.bind(prompt="x"), second=one).build()
    assert ["two", "first", "second"] == [each.name for each in graph.actions]


def test_a_list_of_sources_makes_one_edge_each():
    """A tuple does too."""
    graph = build((["a", "b"], "c"), (("c",), "a"))
    assert [Transition("a", "c"), Transition("b", "c"), Transition("c", "a")] == list(graph.transitions)


def test_input_names_are_those_of_all_actions():
    """Bound parameters are none."""
    assert ("model", "prompt", "size") == build(a=one.bind(prompt="x"), b=two).input_names


def test_actions_are_found_by_name_and_tag():
    """An unknown name offers the nearest."""
    graph = build()
    assert ["a", "c"] == [each.name for each in graph.get_actions_by_tag("count")]
    assert "a" == graph.get_action("a").name
    with pytest.raises(GraphError, match=r"There is no action 'bb'\. Did you mean 'b'"):
        graph.get_action("bb")


@pytest.mark.parametrize(
    ("transitions", "message"),
    [
        ([("a", "bb")], r"'a' -> 'bb' names no action 'bb'\. Did you mean 'b'\? There are: a, b, c\."),
        ([("aa", "b")], r"names no action 'aa'"),
        ([("a", "b"), ("a", "c")], r"Two edges from 'a' are always taken: to 'b' and to 'c'"),
        (
            [("a", "b", default), ("a", "c", when(n=1))],
            r"'a' -> 'c' \(n=1\) can never be taken.*Put the default",
        ),
        ([("a",)], r"A transition is \(source, target\)"),
        ([("a", "b", "c")], r"a condition is default, when"),
        ([("a", "b", lambda _: True)], r"Condition\.lmda"),
        ([(one, "b")], r"is not a name\. Write 'one'"),
        (["ab"], r"A transition is"),
    ],
)
def test_build_refuses(transitions, message):
    """Each error says what to write instead."""
    with pytest.raises(GraphError, match=message):
        build(*transitions)


def test_two_actions_of_one_name_are_refused():
    """The fix is a name of its own."""
    with pytest.raises(GraphError, match=r"Two actions are named 'one'.*with_actions\(other_name"):
        GraphBuilder().with_actions(one, one).build()


@pytest.mark.parametrize("thing", [lambda state: state, len, 3])
def test_what_is_no_action_is_refused(thing):
    """The decorator is named."""
    with pytest.raises(GraphError, match=r"is not an action\. Put @action"):
        GraphBuilder().with_actions(x=thing)


def test_an_empty_graph_is_refused():
    """It could not run."""
    with pytest.raises(GraphError, match="no actions"):
        GraphBuilder().build()


def test_a_graph_can_be_added_to_another():
    """Its actions and transitions come along."""
    graph = (
        GraphBuilder().with_graph(build(("a", "b"))).with_actions(d=one).with_transitions(("b", "d")).build()
    )
    assert (["a", "b", "c", "d"], 2) == ([each.name for each in graph.actions], len(graph.transitions))


def test_the_first_condition_that_holds_wins():
    """Each condition is reported in order; those after the match were not asked."""
    graph = build(("a", "b", when(n=1)), ("a", "c", when(n=2)), ("a", "a", when(m=1)), ("a", "b", default))
    assert Decision(
        "a",
        "c",
        (
            Check("b", "n=1", {"n": 2}, result=False),
            Check("c", "n=2", {"n": 2}, result=True),
            Check("a", "m=1", {}, result=None),
            Check("b", "default", {}, result=None),
        ),
    ) == graph.next("a", State({"n": 2}))


def test_no_condition_that_holds_ends_the_graph():
    """Nor does an action without edges go on."""
    graph = build(("a", "b", when(n=1)))
    assert Decision("a", None, (Check("b", "n=1", {"n": 5}, result=False),)) == graph.next(
        "a", State({"n": 5})
    )
    assert Decision("b", None, ()) == graph.next("b", State())


def test_each_condition_is_asked_once():
    """A function may be slow."""
    asked = []
    graph = build(("a", "b", Condition(["n"], lambda _: asked.append(1) or False)), ("a", "c"))
    graph.next("a", State({"n": 1}))
    assert [1] == asked


def test_a_missing_key_names_the_edge():
    """And the key, and what to do."""
    with pytest.raises(ConditionError, match=r"'a' -> 'b' \(mode=x\) cannot be decided: .*'mode'") as caught:
        build(("a", "b", when(mode="x"))).next("a", State({"n": 1}))
    assert ("a", "mode") == (caught.value.action, caught.value.key)


def test_an_exception_of_a_users_condition_is_passed_on():
    """It keeps its type."""

    def broken(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        build(("a", "b", Condition([], broken))).next("a", State())


def test_get_next_node_starts_at_the_entrypoint():
    """And ends with None."""
    graph = build(("a", "b"))
    steps = [graph.get_next_node(prior, State(), "a") for prior in (None, "a", "b")]
    assert ["a", "b", None] == [step and step.name for step in steps]


def test_replacing_an_action_keeps_bound_parameters():
    """An edited function stands in for all that was bound to the old one."""
    graph = build(("a", "b"), a=one.bind(prompt="x"), b=two).replace("a", two)
    assert (two.action_function.function, {"prompt": "x"}, ("size",)) == (
        graph.get_action("a").function,
        dict(graph.get_action("a").bound),
        graph.get_action("a").required,
    )


def test_a_graph_describes_itself_in_plain_json():
    """With code and source of each action."""
    graph = build(("a", "b", when(n=1)), a=one, b=two)
    described = graph.describe()
    assert {
        "name": "a",
        "reads": [],
        "writes": ["n"],
        "required": ["prompt"],
        "optional": ["model"],
        "tags": ["count"],
        "effect": None,
        "code": one.action_function.code,
        "source": one.action_function.source,
    } == described["actions"][0]
    assert [{"source": "a", "target": "b", "condition": "n=1", "data": {"when": {"n": 1}}}] == described[
        "transitions"
    ]


def test_a_graph_made_by_hand_is_checked_too():
    """The builder has no privilege."""
    with pytest.raises(GraphError, match="names no action"):
        Graph([one.action_function], [Transition("one", "x")])


def test_a_graph_names_its_actions():
    """One is one."""
    assert "<graph of 1 action: a>" == repr(build(a=one))
    assert "<graph of 3 actions: a, b, c>" == repr(build())
