"""Which recorded steps may serve the step that begins."""

from dataclasses import dataclass, replace

import pytest

from notebook_agent.calls import Branch, MemoryLog, Pairing
from notebook_agent.calls import pair as pair_step
from notebook_agent.ids import RunKey, StepRef
from tests.calls.conftest import CALL


@dataclass(frozen=True)
class Step:
    ref: StepRef
    action: str
    status: str = "completed"
    code: str | None = "old"


def run(name, *steps, start=0):
    """Make the steps of a run: `draw`, or `draw!` for a failed one, `draw?` for an interrupted one."""
    status = {"!": "failed", "?": "interrupted"}
    return [
        Step(StepRef(RunKey("p", name), start + n), text.rstrip("!?"), status.get(text[-1], "completed"))
        for n, text in enumerate(steps)
    ]


def refs(steps, *positions):
    return tuple(steps[n].ref for n in positions)


def pair(action, code, own, ancestors, log, *given):
    """Pair a step; where inputs do not matter, none are given anywhere."""
    branches = [each if isinstance(each, Branch) else Branch(each) for each in ancestors]
    inputs, recorded = given or ({}, {})
    return pair_step(action, code, inputs, own, branches, log, lambda ref: recorded.get(ref, {}))


@pytest.fixture
def log():
    return MemoryLog()


def called(log, step, **changes):
    log.record_call(replace(CALL, step=step.ref, **changes))


def test_new_run_is_live(log):
    """A run without a past has no partners, however often an action comes."""
    assert Pairing(()) == pair("draw", "old", run("a", "ask", "draw", "ask"), [], log)


def test_fork_pairs_by_action_and_occurrence(log):
    """The second `draw` since the fork point is served by the parent's second."""
    parent = run("a", "ask", "draw", "ask", "draw", start=5)
    own = run("b", "ask", "draw", "ask", start=5)
    assert Pairing(refs(parent, 3)) == pair("draw", "new", own, [parent], log)


def test_occurrence_that_the_parent_lacks_is_live(log):
    """A fork that goes further than its parent has no partner there."""
    parent = run("a", "draw", start=5)
    assert Pairing(()) == pair("draw", "old", run("b", "draw", start=5), [parent], log)


def test_nearest_ancestor_comes_first(log):
    """A fork of a fork asks its parent, then the parent's parent."""
    parent, grandparent = run("b", "draw", start=5), run("a", "draw", start=5)
    assert Pairing((*refs(parent, 0), *refs(grandparent, 0))) == pair(
        "draw", "old", [], [parent, grandparent], log
    )


def test_attempts_at_one_step_are_one_occurrence(log):
    """The parent's failed attempt and its success are served together, the success first."""
    parent = run("a", "draw!", "draw", "draw", start=5)
    assert Pairing(refs(parent, 1, 0)) == pair("draw", "old", [], [parent], log)
    assert Pairing(refs(parent, 2)) == pair("draw", "old", run("b", "draw", start=5), [parent], log)


def test_retry_with_changed_code_is_served_what_matches(log):
    """The attempts that it repeats are its partners, the last first."""
    own = run("a", "ask", "draw!", "draw!")
    for step in own:
        called(log, step)
    assert Pairing(refs(own, 2, 1)) == pair("draw", "new", own, [], log)


def test_retry_of_a_failed_call_is_served_what_had_succeeded(log):
    """With unchanged code too, if one of its calls had failed: only that one is made again."""
    own = run("a", "draw!")
    called(log, own[0])
    called(log, own[0], status=500, complete=True)
    assert Pairing(refs(own, 0)) == pair("draw", "old", own, [], log)


def test_retry_with_unchanged_code_after_good_calls_is_live_and_says_so(log):
    """The same answer would fail it again."""
    own, parent = run("b", "draw!", start=5), run("a", "draw", start=5)
    called(log, own[0])
    note = "draw failed although its call had succeeded, and its code is unchanged: the model is called again"
    assert Pairing((), note) == pair("draw", "old", own, [parent], log)


def test_retry_of_a_step_without_calls_says_nothing(log):
    """Where no call was made there is no bad answer to fear, and the ancestors may serve."""
    own, parent = run("b", "draw!", start=5), run("a", "draw", start=5)
    assert Pairing((*refs(own, 0), *refs(parent, 0))) == pair("draw", "old", own, [parent], log)


def test_interrupted_step_is_served_its_calls(log):
    """Stop, or a kernel that died, is no bad answer: what was paid is not paid again."""
    own = run("a", "ask", "draw?")
    called(log, own[1])
    assert Pairing(refs(own, 1)) == pair("draw", "old", own, [], log)


def test_bad_answer_is_not_served_through_a_later_attempt(log):
    """An interrupted live attempt serves what it got, and nothing older."""
    own = run("a", "draw!", "draw?")
    called(log, own[0])
    called(log, own[1])
    assert Pairing(refs(own, 1)) == pair("draw", "old", own, [], log)


def test_other_action_after_a_failure_is_no_retry(log):
    """A failed step that was left behind is an occurrence like any other."""
    own, parent = run("b", "draw!", "ask", start=5), run("a", "draw", "ask", "draw", start=5)
    assert Pairing(refs(parent, 2)) == pair("draw", "old", own, [parent], log)


def test_a_grandparent_is_met_where_the_ways_part(log):
    """The steps since then count, also those that the parent made."""
    past = run("parent", "draw!", "draw", start=2)
    grandparent = run("grandparent", "draw", "ask", "draw", start=2)
    assert Pairing(refs(grandparent, 2)) == pair("draw", "old", [], [Branch(grandparent, past)], log)


def test_a_step_that_is_made_again_in_a_fork_counts_once(log):
    """The attempts before the fork point are attempts at the same step."""
    past = run("parent", "draw!", start=2)
    grandparent = run("grandparent", "draw", "draw", start=2)
    assert Pairing(refs(grandparent, 0)) == pair("draw", "old", [], [Branch(grandparent, past)], log)


def test_another_input_ends_pairing_for_good(log):
    """With that ancestor; one whose inputs are the same goes on."""
    same, other = run("b", "ask", "ask", start=5), run("a", "ask", "ask", start=5)
    branches = [Branch(other), Branch(same)]
    recorded = {other[0].ref: {"prompt": "x"}, same[0].ref: {"prompt": "y"}}
    first = pair("ask", "old", [], branches, log, {"prompt": "y"}, recorded)
    second = pair("ask", "old", run("c", "ask", start=5), branches, log, {}, recorded)
    assert (Pairing(refs(same, 0)), Pairing(refs(same, 1))) == (first, second)


def test_a_step_beyond_the_recorded_ones_ends_nothing(log):
    """There is no input to differ from."""
    branch = Branch(run("a", "draw", start=5))
    assert Pairing(()) == pair("ask", "old", [], [branch], log, {"prompt": "x"}, {})
    assert not branch.ended


def test_a_retry_with_another_input_is_live(log):
    """Attempts with the same input may serve."""
    own = run("a", "ask?", "ask?")
    recorded = {own[0].ref: {"prompt": "x"}, own[1].ref: {"prompt": "y"}}
    assert Pairing(refs(own, 0)) == pair("ask", "old", own, [], log, {"prompt": "x"}, recorded)
    assert Pairing(()) == pair("ask", "old", own, [], log, {"prompt": "z"}, recorded)
