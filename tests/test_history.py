"""Questions to the past of a run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.errors import UnknownStepError
from notebook_agent.history import Change, changes
from notebook_agent.state import State
from tests.story import FORK, MAIN, tell


@pytest.fixture(name="story", scope="module")
def _story(tmp_path_factory):
    story = tell(str(tmp_path_factory.mktemp("store")))
    yield story
    story.store.close()


def test_a_run_is_a_sequence_of_steps(story):
    """Length, order and the end are those of the run."""
    history = story.main.history
    assert [len(history), history[-1].seq, history[0].action] == [11, 10, "prompt"]
    assert [step.seq for step in history] == list(range(11))


def test_a_history_names_its_run(story):
    """In a cell it is shown so."""
    assert f"<history of {MAIN} in {story.main.key.project!r}>" == repr(story.main.history)


def test_a_slice_is_a_list_of_steps(story):
    """Steps can be taken by their place."""
    assert [step.seq for step in story.main.history[4:6]] == [4, 5]


def test_a_fork_has_its_parents_steps(story):
    """They come first, and say which run made them."""
    runs = [step.ref.run.app_id for step in story.fork.history]
    assert runs == [MAIN] * 5 + [FORK] * 3


@pytest.mark.parametrize("seq", [11, -12])
def test_a_step_that_does_not_exist_is_told_with_those_that_do(story, seq):
    """The message names the run and its steps."""
    with pytest.raises(UnknownStepError) as caught:
        story.main.history[seq]
    assert str(caught.value) == f"@{seq}: run chat-7f3a has 11 steps (0-10)."
    assert [caught.value.run, caught.value.seq] == [MAIN, seq]


def test_the_state_after_a_step_and_at_the_start(story):
    """At 4 there are three items, the last is the user's; at the start there is none."""
    history = story.main.history
    chat = history.at(4)["chat_history"]
    assert [len(chat), chat[-1]["content"]] == [3, "write hello world in java"]
    assert history.at(None)["chat_history"] == []


def test_a_step_has_its_inputs_and_source(story):
    """They are loaded when asked for."""
    values = story.main.history.values(4)
    assert values.inputs == {"prompt": "write hello world in java"}
    assert "def process_prompt" in (values.source or "")


def test_calls_of_a_step_and_of_all(story):
    """A fork's history counts its parent's calls up to the fork point."""
    history = story.main.history
    assert [len(history.calls(6)), len(history.calls(3)), len(history.calls())] == [1, 0, 6]
    assert [call.replayed for call in story.fork.history.calls()] == [False, False, True, True]


def test_what_differs_between_two_steps(story):
    """Paths, not whole values."""
    assert [change.path for change in story.main.history.diff(2, 3)] == ["chat_history[1]"]


def test_why_an_action_was_next(story):
    """The decision with its checks; the entrypoint was not decided."""
    history = story.main.history
    decision = history.why(6)
    assert decision is not None
    assert [decision.source, decision.target] == ["decide_mode", "generate_code"]
    assert [check.result for check in decision.checks] == [False, True, None, None]
    assert history.why(0) is None


def test_the_family_has_parents_before_children(story):
    """The run, its ancestors and all their forks."""
    for app in (story.main, story.fork):
        assert [run.key.app_id for run in app.history.family()] == [MAIN, FORK]


def test_the_table_of_steps(story):
    """One row a step."""
    table = story.main.history.df()
    assert list(table.index) == list(range(11))
    assert table.loc[10, "status"] == "failed"


@pytest.mark.parametrize(
    ("after", "path"), [(["0", "a", "b"], "l[0]"), (["a", "0", "b"], "l[1]"), (["a", "b", "0"], "l[2]")]
)
def test_an_item_put_into_a_list_is_one_addition(after, path):
    """Before, between or after the old ones."""
    found = list(changes({"l": ["a", "b"]}, {"l": after}))
    assert [(each.kind, each.path, each.after) for each in found] == [("added", path, "0")]


def test_equal_numbers_of_other_types_differ():
    """1, 1.0 and True are not the same value."""
    assert list(changes({"n": 1}, {"n": True})) == [Change("n", "changed", 1, True)]


class Uncomparable:
    """Stands for what raises when compared, as arrays do."""

    __hash__ = None

    def __eq__(self, other):
        raise ValueError("ambiguous")

    def __repr__(self):
        return "uncomparable"


def test_values_that_cannot_be_compared_are_told_as_changed():
    """No state makes a diff raise; the one object is what it was."""
    one = Uncomparable()
    assert [] == list(changes({"a": one}, {"a": one}))
    assert ["a"] == [change.path for change in changes({"a": one}, {"a": Uncomparable()})]


KEYS = st.text(min_size=1, max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
STATES = st.dictionaries(KEYS, VALUES, max_size=4)


@given(STATES)
def test_a_copy_does_not_differ(values):
    """Equal states have no difference."""
    assert list(changes(State(values), State(values))) == []


@given(STATES, STATES)
def test_states_without_difference_are_equal(before, after):
    """Whatever differs is found."""
    assert (not list(changes(before, after))) <= (before == after)


@given(STATES, STATES)
def test_the_other_way_round_it_is_the_opposite(before, after):
    """What was added is removed, on the same paths."""
    there = {(each.path, each.kind) for each in changes(before, after)}
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(each.path, opposite[each.kind]) for each in changes(after, before)} == there


def test_what_names_no_step_is_said_to_be_none(story):
    """The initial state is asked for in another way."""
    with pytest.raises(UnknownStepError, match=r"^None is no step: .* history.at\(None\) the initial state"):
        story.main.history[None]
