"""What any store must do, run on each kind."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from notebook_agent.calls.protocol import Usage
from notebook_agent.errors import (
    RunConflictError,
    RunError,
    RunExistsError,
    StoreError,
    UnknownRunError,
    UnknownStepError,
    UnstorableError,
)
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import FrozenDict, FrozenList, State
from notebook_agent.store.protocol import CallCount, Failure, StepValues, Store

from .runs import CALL, FORK, KEY, NEXT, begin, call, counted, end, new_run, step


def test_a_new_run_is_listed(store: Store):
    """A run is there as it was made, before its first step."""
    record = store.create_run(new_run())
    assert store.run(KEY) == record
    assert (KEY, None, None, 0) == (record.key, record.head, record.status, record.steps)
    assert [record] == store.runs("tests")
    assert [] == store.runs("other")
    assert {"actions": ["count"]} == store.graph(KEY)


def test_partitions_are_apart(store: Store):
    """The same app_id names other runs in other partitions."""
    other = RunKey("tests", "first", "p")
    store.create_run(new_run())
    store.create_run(new_run(other, n=7))
    assert {"n": 7} == store.head_state(other)
    assert {"n": 0} == store.head_state(KEY)


def test_a_taken_key_is_refused(store: Store):
    """A second run of the same key is an error that names it."""
    store.create_run(new_run())
    with pytest.raises(RunExistsError) as caught:
        store.create_run(new_run())
    assert caught.value.run == "first"


def test_a_step_reads_back_as_it_was(store: Store):
    """A step's record and values are what was written."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0, prompt="hi"), after=None)
    store.end_step(KEY, replace(end(0, {"n": 1}), events=[{"name": "span", "at": 1.5}]))
    record = store.steps(KEY)[0]
    assert StepRef(KEY, 0) == record.ref
    assert ("count", "completed", 100.0, 100.5, "c0de") == (
        record.action,
        record.status,
        record.started_at,
        record.ended_at,
        record.code,
    )
    assert (None, NEXT, None, ("n",), ("n",), ("n",)) == (
        record.decision,
        record.next,
        record.failure,
        record.reads,
        record.writes,
        record.grown,
    )
    assert StepValues(
        {"prompt": "hi"}, {"n": 0}, CALL, "def count(): ...", [{"name": "span", "at": 1.5}]
    ) == store.values(record.ref)


def test_every_state_stays(store: Store):
    """The state after each step, and the initial one, can be read for ever."""
    counted(store, 4)
    assert [0, 1, 2, 3, 4] == [store.state(StepRef(KEY, seq))["n"] for seq in (None, 0, 1, 2, 3)]
    assert {"n": 4} == store.head_state(KEY)


def test_a_decision_leads_to_the_next_step(store: Store):
    """The decision of a step is that which the step before recorded as next."""
    counted(store, 2)
    first, second = store.steps(KEY)
    assert NEXT == first.next == second.decision


def test_several_states_share_what_they_have_in_common(store: Store):
    """Each is as `state` gives it, and an item that both have is the same object."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.end_step(KEY, end(0, state=State({"chat": ["a" * 300]})))
    store.begin_step(KEY, begin(1), after=0)
    store.end_step(KEY, end(1, state=State({"chat": ["a" * 300, "b"]})))
    refs = [StepRef(KEY, 0), StepRef(KEY, 1), StepRef(KEY, None)]
    states = store.states(refs)
    assert [store.state(ref) for ref in refs] == states
    assert states[0]["chat"][0] is states[1]["chat"][0]


def test_a_failure_keeps_the_state_before(store: Store):
    """A failed step shows its exception, and the next one starts from the old state."""
    store.create_run(new_run())
    failure = Failure("ValueError", "no", "Traceback ..\n" * 100)
    store.begin_step(KEY, begin(0), after=None)
    store.end_step(KEY, replace(end(0, {"n": 0}, "failed"), failure=failure, result=None))
    assert ("failed", failure) == (store.steps(KEY)[0].status, store.steps(KEY)[0].failure)
    assert {"n": 0} == store.head_state(KEY)
    assert store.values(StepRef(KEY, 0)).result is None


def test_a_step_that_has_begun_is_running(store: Store):
    """Between begin and end the step is listed as running, with the state before it."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    assert ("running", 0) == (store.run(KEY).status, store.run(KEY).head)
    assert {"n": 0} == store.state(StepRef(KEY, 0))


def test_a_second_writer_is_told_before_it_acts(store: Store):
    """While one writer is in a step, another cannot begin one."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    with pytest.raises(RunConflictError) as caught:
        store.begin_step(KEY, begin(0), after=None)
    assert ("first", 0, "count") == (caught.value.run, caught.value.seq, caught.value.action)


def test_a_stale_writer_is_told(store: Store):
    """A writer that knows an older head is refused, and the run is as it was."""
    counted(store, 3)
    with pytest.raises(RunConflictError, match="at step 2 now"):
        store.begin_step(KEY, begin(2), after=1)
    assert 3 == store.run(KEY).steps


def test_a_step_ends_once(store: Store):
    """A step that has ended, or never begun, cannot be ended."""
    counted(store, 1)
    with pytest.raises(RunConflictError):
        store.end_step(KEY, end(0, {"n": 9}))
    assert {"n": 1} == store.head_state(KEY)


def test_what_cannot_be_stored_is_named(store: Store):
    """A value without a codec is an error with its path; the step can still be ended."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    with pytest.raises(UnstorableError) as caught:
        store.end_step(KEY, end(0, {"n": 1, "client": {"locks": [1, threading.Lock()]}}))
    assert "state['client']['locks'][1]" == caught.value.path
    assert "state['client']['locks'][1]: _thread.lock cannot be stored." in str(caught.value)
    store.end_step(KEY, end(0, {"n": 0}, "failed"))
    assert "failed" == store.run(KEY).status


def test_an_input_that_cannot_be_stored_begins_nothing(store: Store):
    """An input without a codec is named, and no step is there."""
    store.create_run(new_run())
    with pytest.raises(UnstorableError, match=r"inputs\['lock'\]: _thread.lock"):
        store.begin_step(KEY, begin(0, lock=threading.Lock()), after=None)
    assert store.run(KEY).head is None


def test_an_edit_is_where_the_next_step_starts(store: Store):
    """An edited state counts from now on; the checkpoint under it is unchanged."""
    counted(store, 2)
    store.edit_state(KEY, State({"n": 50}), after=1)
    assert {"n": 50} == store.head_state(KEY)
    assert {"n": 2} == store.state(StepRef(KEY, 1))
    assert store.steps(KEY)[1].next is None
    store.begin_step(KEY, begin(2), after=1)
    assert {"n": 50} == store.state(StepRef(KEY, 2))


def test_an_edit_before_the_first_step(store: Store):
    """A run that has not run yet can be edited too."""
    store.create_run(new_run())
    store.edit_state(KEY, State({"n": 5}), after=None)
    assert ({"n": 5}, {"n": 0}) == (store.head_state(KEY), store.state(StepRef(KEY, None)))


def test_an_edit_in_the_middle_of_a_step_is_refused(store: Store):
    """Nobody edits a state while a step runs."""
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    with pytest.raises(RunConflictError):
        store.edit_state(KEY, State({"n": 5}), after=0)


def test_a_fork_starts_from_the_checkpoint(store: Store):
    """A fork has its parent's steps up to the fork point, and its state there."""
    counted(store, 5)
    record = store.create_run(new_run(FORK, StepRef(KEY, 2)))
    assert (StepRef(KEY, 2), 2, "completed", "count", 0) == (
        record.parent,
        record.head,
        record.status,
        record.action,
        record.steps,
    )
    assert {"n": 3} == store.head_state(FORK)
    assert [StepRef(KEY, seq) for seq in range(3)] == [each.ref for each in store.steps(FORK)]


def test_a_fork_goes_its_own_way(store: Store):
    """A fork's steps count on from its parent's, which stays as it is."""
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    step(store, 3, {"n": 99}, FORK)
    assert ({"n": 99}, {"n": 4}) == (store.state(StepRef(FORK, 3)), store.state(StepRef(KEY, 3)))
    assert [KEY, KEY, KEY, FORK] == [each.ref.run for each in store.steps(FORK)]
    with pytest.raises(UnknownStepError):
        store.state(StepRef(FORK, 4))


def test_a_fork_of_a_fork_reaches_back(store: Store):
    """Inherited steps are found however many forks lie between, past a fork point too."""
    late, early = RunKey("tests", "late"), RunKey("tests", "early")
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    step(store, 3, {"n": 99}, FORK)
    store.create_run(new_run(late, StepRef(FORK, 3)))
    store.create_run(new_run(early, StepRef(FORK, 1)))
    assert [1, 2, 3, 99] == [store.state(StepRef(late, seq))["n"] for seq in range(4)]
    assert [1, 2] == [store.state(each.ref)["n"] for each in store.steps(early)]
    with pytest.raises(UnknownStepError):
        store.state(StepRef(early, 2))


def test_a_fork_can_start_from_an_edited_state(store: Store):
    """A fork may begin with another state than the checkpoint's."""
    counted(store, 2)
    store.create_run(new_run(FORK, StepRef(KEY, 1), n=77))
    assert ({"n": 77}, {"n": 77}, {"n": 2}) == (
        store.head_state(FORK),
        store.state(StepRef(FORK, None)),
        store.state(StepRef(FORK, 1)),
    )


def test_a_fork_from_the_start_counts_from_zero(store: Store):
    """A fork of the initial state has no past."""
    counted(store, 2)
    record = store.create_run(new_run(FORK, StepRef(KEY, None)))
    assert (None, []) == (record.head, store.steps(FORK))
    step(store, 0, {"n": 8}, FORK)
    assert {"n": 8} == store.head_state(FORK)


@pytest.mark.parametrize("values", [{}, {"n": 77}])
def test_a_fork_from_the_start_of_a_fork_has_the_same_past(store: Store, values: dict[str, object]):
    """However deep: its initial state, edited or not, its numbers and its steps are the fork's own."""
    counted(store, 4)
    source = StepRef(KEY, 2)
    start = {"n": 3} | values
    for depth in range(4):
        key = RunKey("tests", f"fork {depth}")
        record = store.create_run(new_run(key, source, **({} if depth else values)))
        assert (source, 2, "count") == (record.parent, record.head, record.action)
        assert (start, start) == (store.head_state(key), store.state(StepRef(key, None)))
        assert [StepRef(KEY, seq) for seq in range(3)] == [each.ref for each in store.steps(key)]
        step(store, 3, {"n": depth}, key)
        assert [KEY, KEY, KEY, key] == [each.ref.run for each in store.steps(key)]
        assert [1, 2, 3, depth] == [store.state(StepRef(key, seq))["n"] for seq in range(4)]
        source = StepRef(key, None)


def test_the_start_of_a_deleted_fork_stays_for_its_forks(store: Store):
    """Its own steps go, its place in the past of the others does not."""
    last = RunKey("tests", "last")
    counted(store, 3)
    store.create_run(new_run(FORK, StepRef(KEY, 1), n=77))
    step(store, 2, {"n": 78}, FORK)
    store.create_run(new_run(last, StepRef(FORK, None)))
    store.delete_run(FORK)
    assert ({"n": 77}, [0, 1]) == (store.head_state(last), [each.seq for each in store.steps(last)])
    step(store, 2, {"n": 79}, last)
    assert [1, 2, 79] == [store.state(StepRef(last, seq))["n"] for seq in range(3)]


@pytest.mark.parametrize(
    ("parent", "error"), [(StepRef(KEY, 9), UnknownStepError), (StepRef(FORK, 0), UnknownRunError)]
)
def test_a_fork_from_nothing_is_refused(store: Store, parent: StepRef, error: type[RunError]):
    """A fork point that does not exist is an error, and no run is made."""
    counted(store, 2)
    with pytest.raises(error):
        store.create_run(new_run(RunKey("tests", "new"), parent))
    assert [KEY] == [record.key for record in store.runs()]


def test_what_is_not_there_is_an_error(store: Store):
    """Unknown runs and steps raise, in every question about them."""
    for ask in (store.run, store.graph, store.steps, store.call_counts, store.head_state, store.delete_run):
        with pytest.raises(UnknownRunError):
            ask(KEY)
    counted(store, 1)
    for ref in (StepRef(KEY, 1), StepRef(KEY, -1), StepRef(KEY, 1 << 40)):
        with pytest.raises(UnknownStepError):
            store.state(ref)
        with pytest.raises(UnknownStepError):
            store.values(ref)
        with pytest.raises(UnknownStepError):
            store.step(ref)


def test_a_label_may_be_given_again_and_taken_away(store: Store):
    """Labels are for people: the same branch name in two notebooks is no conflict."""
    store.create_run(new_run())
    store.create_run(new_run(FORK))
    store.label_run(KEY, "best")
    store.label_run(FORK, "best")
    store.label_run(KEY, None)
    assert (None, "best") == (store.run(KEY).label, store.run(FORK).label)


def test_a_pinned_run_is_not_deleted(store: Store):
    """A pin keeps a run until it is taken off."""
    store.create_run(new_run())
    store.pin_run(KEY, True)
    with pytest.raises(RunError, match="pinned"):
        store.delete_run(KEY)
    assert store.run(KEY).pinned
    store.pin_run(KEY, False)
    store.delete_run(KEY)
    assert [] == store.runs()


def test_a_deleted_run_leaves_its_forks(store: Store):
    """What forks need of a deleted run stays, and its key is free again."""
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    store.delete_run(KEY)
    assert [FORK] == [record.key for record in store.runs()]
    assert [1, 2, 3] == [store.state(StepRef(FORK, seq))["n"] for seq in range(3)]
    assert 3 == len(store.steps(FORK))
    with pytest.raises(UnknownRunError):
        store.run(KEY)
    store.create_run(new_run(n=123))
    assert {"n": 123} == store.head_state(KEY)
    assert {"n": 3} == store.head_state(FORK)


def test_a_run_kept_for_its_fork_goes_with_it(store: Store):
    """When the last fork is deleted, nothing of the deleted parent is left."""
    counted(store, 3)
    store.create_run(new_run(FORK, StepRef(KEY, 1)))
    store.delete_run(KEY)
    store.delete_run(FORK)
    with pytest.raises(UnknownRunError):
        store.state(StepRef(KEY, 0))


def test_one_step_is_as_it_is_listed(store: Store):
    """A step asked for by its number is the listed one, with the decision of the step before it."""
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    step(store, 3, {"n": 99}, FORK)
    for key in (KEY, FORK):
        listed = store.steps(key)
        assert listed == [store.step(StepRef(key, seq)) for seq in range(len(listed))]


def test_steps_can_be_listed_in_part(store: Store):
    """A page of the list is what the whole list has there, past a fork point too."""
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    for seq in (3, 4):
        step(store, seq, {"n": 99}, FORK)
    for key in (KEY, FORK):
        listed = store.steps(key)
        for first in range(7):
            assert listed[first:] == store.steps(key, first=first)
            for last in (-1, 0, 2, 3, 4, 9, 1 << 40):
                assert listed[first : last + 1] == store.steps(key, first=first, last=last)


def test_a_listed_decision_is_a_plain_one(store: Store):
    """However it is looked at, a decision from a list is equal to the one that was written."""
    counted(store, 1)
    for look in (lambda it: it.source, lambda it: it.target, lambda it: it.checks, repr):
        assert look(NEXT) == look(store.steps(KEY)[0].next)
    assert NEXT == store.steps(KEY)[0].next
    assert store.steps(KEY)[0].next == NEXT
    assert NEXT == replace(store.steps(KEY)[0].next, source="count")


def test_calls_are_counted_by_step(store: Store):
    """What the live calls of each step took is summed, of inherited steps too."""
    counted(store, 4)
    paid = call(StepRef(KEY, 1), usage=Usage(3, 4), cost=0.25)
    for each in (paid, paid, replace(paid, replayed=True), call(StepRef(KEY, 3))):
        store.record_call(each)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    step(store, 3, {"n": 99}, FORK)
    store.record_call(call(StepRef(FORK, 3), usage=Usage(1, 1), cost=None))
    first = CallCount(live=2, replayed=1, tokens=14, cost=0.5, priced=2)
    assert {1: first, 3: CallCount(1, 0, 0, 0.0, 0)} == store.call_counts(KEY)
    assert {1: first, 3: CallCount(1, 0, 2, 0.0, 0)} == store.call_counts(FORK)


def test_lists_and_dicts_come_back_frozen(store: Store):
    """What is read is frozen as what was written, inside out."""
    store.create_run(new_run(items=[{"a": [1]}]))
    items = store.head_state(KEY)["items"]
    assert (FrozenList, FrozenDict, FrozenList) == (type(items), type(items[0]), type(items[0]["a"]))


def test_a_call_is_amended_in_its_place(store: Store):
    """What came later stands in the same record, and is counted once."""
    counted(store, 2)
    ref = StepRef(KEY, 1)
    first, other = (store.record_call(call(ref, body=body)) for body in (b"a", b"z"))
    store.amend_call(call(ref, body=b"ab", usage=Usage(3, 4), id=first))
    assert [(first, b"ab", Usage(3, 4)), (other, b"z", None)] == [
        (each.id, each.body, each.usage) for each in store.calls([ref])
    ]


def test_calls_are_kept_with_their_step(store: Store):
    """A recorded call reads back exactly, in the order in which calls were begun."""
    counted(store, 2)
    late = call(
        StepRef(KEY, 1),
        started_at=5.0,
        chunks=((0.1, 10), (0.2, 20)),
        usage=Usage(3, 4),
        cost=0.01,
        replayed=True,
        headers=(("content-encoding", "gzip"),),
        drift="model: a → b",
        body=bytes(range(256)) * 10,
    )
    early = call(StepRef(KEY, 1), error="timeout", status=None, body=None, complete=False, usage=None)
    late_id, early_id = store.record_call(late), store.record_call(early)
    store.record_call(call(StepRef(KEY, 0)))
    assert [replace(early, id=early_id), replace(late, id=late_id)] == store.calls([StepRef(KEY, 1)])


def test_a_fork_finds_the_calls_of_its_past(store: Store):
    """Calls of inherited steps are found by the fork's own numbers."""
    counted(store, 2)
    number = store.record_call(call(StepRef(KEY, 1)))
    store.create_run(new_run(FORK, StepRef(KEY, 1)))
    assert [number] == [each.id for each in store.calls([StepRef(FORK, 1)])]


def test_calls_of_no_step_are_found_by_time(store: Store):
    """Those of steps are not among them."""
    counted(store, 2)
    store.record_call(call(StepRef(KEY, 1), started_at=2.0))
    found = [store.record_call(call(None, started_at=at)) for at in (1.0, 2.0, 3.0)]
    assert [found[1:], []] == [[each.id for each in store.strays(*time)] for time in ((2.0, 3.0), (4.0, 5.0))]
    assert [None] == [each.step for each in store.strays(1.0, 1.0)]


def test_a_closed_store_says_so(store: Store):
    """After close, any use is an error; closing again is none."""
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.runs()
