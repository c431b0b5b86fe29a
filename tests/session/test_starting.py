"""What a new run needs."""

import pytest

from notebook_agent.action import action
from notebook_agent.condition import when
from notebook_agent.errors import CommandError, MissingKeyError
from notebook_agent.graph import GraphBuilder
from notebook_agent.session.starting import (
    check_edits,
    check_state,
    entrypoint_of,
    label_for,
    unwritten_reads,
)


def node(reads, writes):
    """Make an action that only declares."""

    @action(reads=reads, writes=writes)
    def nothing(state):
        return state

    return nothing


def graph(transitions=(("a", "b"), ("b", "c")), **declared):
    """Build a graph of declarations."""
    actions = {name: node(*pair) for name, pair in declared.items()}
    return GraphBuilder().with_actions(**actions).with_transitions(*transitions).build()


CHAIN = graph(c=([], []), a=([], []), b=([], []))


def test_the_only_action_that_nothing_leads_to_begins():
    """Order does not matter where the edges say it."""
    assert entrypoint_of(CHAIN) == "a"


def test_in_a_circle_the_first_action_begins():
    """Where edges leave it open, the order in which actions were given decides."""
    assert entrypoint_of(graph((("a", "b"), ("b", "a")), b=([], []), a=([], []))) == "b"


def test_the_given_action_begins():
    """A person may say it."""
    assert entrypoint_of(CHAIN, "c") == "c"


def test_an_unknown_entrypoint_is_named():
    """The message lists what there is."""
    with pytest.raises(CommandError, match=r"--entrypoint z: there is no such action. There are: c, a, b."):
        entrypoint_of(CHAIN, "z")


def test_a_key_that_every_path_writes_need_not_be_given():
    """What an earlier action writes is there."""
    chain = graph(a=([], ["x"]), b=(["x"], ["y"]), c=(["x", "y"], []))
    assert unwritten_reads(chain, "a") == {}


def test_a_key_that_only_some_paths_write_must_be_given():
    """A branch that skips the writer counts."""
    forked = graph(
        (("a", "b", when(m=1)), ("b", "c"), ("a", "c")), a=([], ["m"]), b=([], ["x"]), c=(["x", "m"], [])
    )
    assert unwritten_reads(forked, "a") == {"x": "c"}


def test_a_key_that_its_reader_writes_need_not_be_given():
    """`append` creates the list."""
    assert unwritten_reads(graph((), a=(["log"], ["log"])), "a") == {}


def test_a_missing_first_value_is_asked_for():
    """The message is the line to type."""
    with pytest.raises(MissingKeyError) as caught:
        check_state("g", graph((), a=(["x"], [])), "a", {})
    assert str(caught.value) == (
        "a reads 'x' before anything writes it: give its first value, %agent use g x:=..."
    )


def test_an_edit_may_set_what_a_condition_reads():
    """The key is new to the state then."""
    told = graph((("a", "b", when(n=1)), ("a", "c")), a=([], []), b=([], []), c=([], []))
    assert check_edits(told, {"x": 1}, ["x", "n"]) == ["n"]


def test_an_edit_that_means_an_input_is_told_so():
    """The message is the line to type."""

    @action(reads=[], writes=["answer"])
    def ask(state, question):
        return state

    with pytest.raises(CommandError, match=r"It is an input: %agent run question=\.\. takes it\."):
        check_edits(GraphBuilder().with_actions(ask).build(), {}, ["question"])


def test_a_label_takes_as_many_digits_as_it_needs():
    """Two runs of a project never share a label."""
    assert label_for("chat", "7f3a9b", ()) == "chat-7f3a"
    assert label_for("chat", "7f3a9b", {"chat-7f3a"}) == "chat-7f3a9"
