"""Paths of many states: told apart by marks, and read without what is beside them."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent.errors import UnknownRunError, UnknownStepError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Part, Plain, Store

from .runs import FORK, KEY, counted, new_run, step

STORE = open_store(None)
NUMBERS = iter(range(1_000_000))


def grown(store: Store, sizes: Sequence[int]) -> None:
    """Make a run whose list `log` has so many items after each step."""
    state = State({"log": [], "kind": "x" * 300, "pair": (1, [2])})
    store.create_run(new_run(KEY, **state))
    for seq, size in enumerate(sizes):
        more = [{"n": n, "text": f"{n} " * 90} for n in range(len(state["log"]), size)]
        state = state.extend(log=more)
        step(store, seq, state)


def test_a_mark_stays_while_the_value_does(store: Store):
    """Of an item of a list that grows from no chunk to several; None where there is no such item."""
    sizes = [1, 6, 7, 33, 65, 1024, 1060, 2100]
    grown(store, sizes)
    marks = dict(store.marks(KEY, ("log", 5, "text")))
    assert [None, *range(8)] == list(marks)
    assert [None, None] == [marks[None], marks[0]]
    assert {marks[1]} == {marks[seq] for seq in range(1, 8)}
    assert 9 == len({mark for _, mark in store.marks(KEY, ("log",))})
    assert 1 == len({mark for _, mark in store.marks(KEY, ("kind",))})


def test_an_item_that_was_away_and_came_back_has_other_marks_between(store: Store):
    """Of a list of several chunks and runs, whose versions begin alike nearly everywhere."""
    items = [f"{n} " * 90 for n in range(2200)]
    other = [*items[:5], "other " * 90, *items[6:]]
    versions = [items[:2100], items[:2101], other[:2101], other[:2102], items[:2102], items[:4], items]
    versions += [items, [*items, "more " * 90], [1, *items]]
    store.create_run(new_run(KEY, log=[]))
    for seq, log in enumerate(versions):
        step(store, seq, {"log": log})
    for place in (5, 1030, 2080, -2150):
        marks = [mark for _, mark in store.marks(KEY, ("log", place))]
        values = [log[place] if -len(log) <= place < len(log) else None for log in ([], *versions)]
        assert [one == other for one in values for other in values] == [
            one == other for one in marks for other in marks
        ]


def test_plain_marks_tell_values_apart(store: Store):
    """By their kinds too: 1 is not True, and a text is not a number."""
    values = [1, True, 1.0, "1", None, "x", 2]
    store.create_run(new_run(KEY, n=0))
    for seq, value in enumerate(values):
        step(store, seq, {"n": value})
    marks = [mark for _, mark in store.marks(KEY, ("n",))]
    assert [Plain(type(value).__name__, 1, value) for value in (0, *values)] == marks
    assert 8 == len({(type(mark.value), mark) for mark in marks})


def test_marks_of_a_stretch(store: Store):
    """The numbers are inclusive; those of an ancestor belong to a fork's past, its first state too."""
    counted(store, 5)
    store.create_run(new_run(FORK, StepRef(KEY, 2)))
    step(store, 3, {"n": 9}, FORK)
    assert [1, 2, 3] == [seq for seq, _ in store.marks(KEY, ("n",), first=1, last=3)]
    marks = store.marks(FORK, ("n",))
    assert [None, 0, 1, 2, 3] == [seq for seq, _ in marks]
    assert marks[:4] == store.marks(KEY, ("n",), last=2)
    with pytest.raises(UnknownRunError):
        store.marks(RunKey("tests", "none"), ("n",))


def test_whole_states_are_told_apart(store: Store):
    """Those of a run that did the same as another are alike, long lists included."""
    grown(store, [40, 41, 41])
    again = RunKey("tests", "again")
    store.create_run(new_run(again, StepRef(KEY, 0)))
    state = store.state(StepRef(KEY, 0))
    step(store, 1, state.append(log={"n": 40, "text": "40 " * 90}), again)
    step(store, 2, state.append(log={"n": 41, "text": "40 " * 90}), again)
    marks, others = dict(store.marks(KEY, ())), dict(store.marks(again, ()))
    assert [True, True, False] == [marks[seq] == others[seq] for seq in (0, 1, 2)]
    assert marks[1] == marks[2]


def test_parts_are_the_values_alone(store: Store):
    """With the path as it is counted from the front, as far as it leads into lists and dicts."""
    grown(store, [3, 40])
    first, second = StepRef(KEY, 0), StepRef(KEY, 1)
    assert [Part(("log", 2, "n"), 2), Part(("log", 39, "n"), 39)] == store.parts(
        [first, second], ("log", -1, "n")
    )
    assert [None, Part(("log", 30), {"n": 30, "text": "30 " * 90})] == store.parts(
        [first, second], ("log", 30)
    )
    assert [Part(("pair",), (1, [2]))] == store.parts([first], ("pair", 1, 0))
    assert [None] == store.parts([StepRef(KEY, None)], ("nothing",))
    with pytest.raises(UnknownStepError):
        store.parts([StepRef(KEY, 7)], ("log",))


SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.text(max_size=3) | st.just("a" * 300)
)
VALUES = st.recursive(
    SCALARS | st.lists(st.integers(0, 1), min_size=30, max_size=70),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["a", "b", "$"]), inner, max_size=3)
        | st.dictionaries(st.integers(0, 1), inner, max_size=2)
        | st.tuples(inner, inner)
    ),
    max_leaves=15,
)


def paths(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], object]]:
    """All paths through lists and mappings, with what stands there."""
    if path:
        yield path, value
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from paths(below, (*path, key))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from paths(below, (*path, place))


def exact(value: object) -> str:
    return repr(State({"value": value}).plain().get_all())


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.sampled_from(["a", "b", "$"]), VALUES, max_size=3), min_size=1, max_size=3)
)
def test_equal_marks_stand_for_equal_values_and_parts_for_what_is_there(states):
    """At each path of generated states."""
    key = RunKey("tests", str(next(NUMBERS)))
    STORE.create_run(new_run(key, **states[0], start=0))
    for seq, state in enumerate(states):
        step(STORE, seq, state, key)
    for place, state in enumerate(states):
        for path, value in paths(state):
            assert exact(value) == exact(part(key, place, path))
            assert {exact(value)} == {exact(there) for there in alike(key, place, path, states)}


def part(key: RunKey, place: int, path: tuple[object, ...]) -> object:
    """What is read at a path."""
    (found,) = STORE.parts([StepRef(key, place)], path)
    assert found is not None
    return reduce(operator.getitem, path[len(found.path) :], found.value)


def alike(
    key: RunKey, place: int, path: tuple[object, ...], states: Sequence[Mapping[str, object]]
) -> Iterator[object]:
    """What stands at a path of all states that have the mark of this one there."""
    marks = dict(STORE.marks(key, path))
    for other, state in enumerate(states):
        if marks[other] == marks[place]:
            yield dict(paths(state))[path]
