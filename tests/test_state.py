"""State is immutable, lists and dicts in it too."""

from __future__ import annotations

import bisect
import copy
import heapq
import json
import pickle
import random
from operator import setitem
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.errors import FrozenValueError, MissingKeyError, StateError, UnstorableError
from notebook_agent.state import FrozenDict, FrozenList, State, TypingSystem, freeze, thaw

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)


class Pair(NamedTuple):
    a: object
    b: object


def test_a_change_returns_a_new_state():
    """The state that was changed stays as it was."""
    before = State({"n": 1})
    after = before.update(n=2, m=[3])
    assert ({"n": 1}, {"n": 2, "m": [3]}) == (before, after)


def test_unchanged_values_are_the_same_objects():
    """A new version shares what did not change."""
    before = State({"log": [1], "n": 1})
    assert before.update(n=2)["log"] is before["log"]


def test_append_starts_an_absent_list_and_adds_one_item():
    """A list as item is nested, not spread."""
    assert State({"log": [[1]]}) == State().append(log=[1])


def test_append_shares_the_items_that_were_there():
    """Appending copies no item."""
    before = State({"log": [{"role": "user"}]})
    assert before.append(log=2)["log"][0] is before["log"][0]


def test_extend_adds_all_items():
    """Any iterable is spread."""
    assert State({"log": [1, 2, 3]}) == State({"log": [1]}).extend(log=iter([2, 3]))


@pytest.mark.parametrize("value", [(1,), {"a": 1}, "text", {1}])
def test_append_refuses_what_is_no_list(value):
    """The error says what it is and what to do."""
    with pytest.raises(StateError, match=r"state\['log'\] is a .*update\(log=\.\.\)"):
        State({"log": value}).append(log=1)


def test_increment_starts_at_zero():
    """An absent number counts as 0."""
    assert State({"n": 3, "m": 1}) == State({"n": 1}).increment(n=2, m=1)


def test_increment_refuses_what_is_no_number():
    """The key is named."""
    with pytest.raises(StateError, match="'n'"):
        State({"n": "1"}).increment(n=1)


def test_wipe_deletes_or_keeps_or_clears():
    """Without arguments all goes."""
    state = State({"a": 1, "b": 2})
    assert ({"b": 2}, {"a": 1}, {}) == (state.wipe(delete=["a"]), state.wipe(keep=["a"]), state.wipe())


def test_wipe_takes_one_of_its_arguments():
    """Both at once would contradict each other."""
    with pytest.raises(StateError, match="not both"):
        State().wipe(delete=["a"], keep=["b"])


def test_merge_prefers_the_other():
    """Values of the other state win."""
    assert State({"a": 2, "b": 1}) == State({"a": 1, "b": 1}).merge(State({"a": 2}))


def test_subset_keeps_the_named_keys():
    """Missing keys are passed over."""
    assert State({"a": 1}) == State({"a": 1, "b": 2}).subset("a", "z")


def test_subset_can_insist():
    """A missing key is an error on request."""
    with pytest.raises(MissingKeyError):
        State().subset("z", ignore_missing=False)


def test_a_missing_key_is_named_with_the_nearest():
    """The error is a KeyError that reads as a sentence."""
    with pytest.raises(KeyError, match=r"no key 'promt'\. Did you mean 'prompt'\?") as caught:
        State({"prompt": 1})["promt"]
    assert "promt" == caught.value.key


def test_a_state_equals_a_dict_and_reads_as_one():
    """Equality, repr and length are the dict's."""
    state = State({"a": [1]})
    assert ({"a": [1]}, "{'a': [1]}", 1) == (state, repr(state), len(state))


def test_item_assignment_says_what_to_do():
    """The common mistake has an answer."""
    with pytest.raises(FrozenValueError, match=r"state\.update\(n=\.\.\)"):
        State()["n"] = 1
    with pytest.raises(FrozenValueError, match="wipe"):
        del State({"n": 1})["n"]


def test_keys_are_strings():
    """Another key is refused."""
    with pytest.raises(StateError, match="names are strings, and 1 is a int"):
        State({1: 2})


def test_update_keeps_a_snapshot():
    """What is given may change later; the state does not."""
    given_list = [[1]]
    state = State().update(log=given_list)
    given_list[0].append(2)
    assert {"log": [[1]]} == state


LIST_CHANGES = {
    "append": lambda x: x.append(1),
    "extend": lambda x: x.extend([1]),
    "insert": lambda x: x.insert(0, 1),
    "remove": lambda x: x.remove(1),
    "pop": lambda x: x.pop(),
    "clear": lambda x: x.clear(),
    "reverse": lambda x: x.reverse(),
    "sort": lambda x: x.sort(key=str),
    "set": lambda x: x.__setitem__(0, 1),
    "del": lambda x: x.__delitem__(0),
}
DICT_CHANGES = {
    "clear": lambda x: x.clear(),
    "pop": lambda x: x.pop("a"),
    "popitem": lambda x: x.popitem(),
    "update": lambda x: x.update(a=2),
    "setdefault": lambda x: x.setdefault("b", 1),
    "set": lambda x: x.__setitem__("a", 2),
    "del": lambda x: x.__delitem__("a"),
}


@pytest.mark.parametrize("change", LIST_CHANGES.values(), ids=LIST_CHANGES)
def test_a_list_of_a_state_cannot_be_changed(change):
    """Each mutator raises with advice, and the list is as before."""
    state = State({"k": [1, 2]})
    with pytest.raises(FrozenValueError, match=r"copy\.deepcopy"):
        change(state["k"])
    assert {"k": [1, 2]} == state


@pytest.mark.parametrize("change", DICT_CHANGES.values(), ids=DICT_CHANGES)
def test_a_dict_of_a_state_cannot_be_changed(change):
    """Each mutator raises with advice, and the dict is as before."""
    state = State({"k": {"a": 1}})
    with pytest.raises(FrozenValueError, match=r"state\.thaw"):
        change(state["k"])
    assert {"k": {"a": 1}} == state


def test_setdefault_on_a_present_key_returns_it():
    """Nothing would change, so nothing is refused."""
    assert 1 == State({"k": {"a": 1}})["k"].setdefault("a", 2)


def test_c_functions_get_past():
    """These are known to change a frozen list; the docs warn of them."""
    past = freeze([3, 1])
    list.append(past, 2)
    heapq.heapify(past)
    heapq.heappush(past, 0)
    items = freeze({"a": 1})
    dict.update(items, b=2)
    assert ([0, 1, 2, 3], {"a": 1, "b": 2}) == (past, items)


@pytest.mark.parametrize(
    "change", [lambda x: bisect.insort(x, 1), random.shuffle, lambda x: setitem(x, 0, 1)]
)
def test_what_asks_the_list_is_refused(change):
    """Also from the standard library."""
    with pytest.raises(FrozenValueError):
        change(freeze([3, 1, 2]))


@pytest.mark.parametrize(
    "make",
    [
        *(copy.copy, copy.deepcopy, thaw, list.copy),
        *(lambda x: x[:], lambda x: x.__add__([]), lambda x: x * 1, lambda x: pickle.loads(pickle.dumps(x))),
    ],
)
def test_copies_of_a_list_are_plain(make):
    """A copy may be changed."""
    assert list is type(make(freeze([1])))


@pytest.mark.parametrize(
    "make",
    [copy.copy, copy.deepcopy, thaw, lambda x: x | {}, dict.copy, lambda x: pickle.loads(pickle.dumps(x))],
)
def test_copies_of_a_dict_are_plain(make):
    """A copy may be changed."""
    assert dict is type(make(freeze({"a": 1})))


def test_augmented_assignment_gives_a_new_plain_value():
    """As with a tuple, the old value stays."""
    first = listed = freeze([1])
    table = old = freeze({"a": 1})
    listed += [2]
    table |= {"b": 2}
    assert ([1], [1, 2], {"a": 1}, {"a": 1, "b": 2}) == (first, listed, old, table)
    assert (list, dict) == (type(listed), type(table))


def test_multiplying_in_place_gives_a_new_plain_value():
    """As with a tuple."""
    first = listed = freeze([1])
    listed *= 2
    assert ([1], [1, 1]) == (first, listed)


def test_a_frozen_value_is_still_a_list_and_a_dict():
    """Other packages see what they know."""
    value = freeze([{"a": (1, [2])}])
    assert isinstance(value, list)
    assert isinstance(value[0], dict)
    assert '[{"a": [1, [2]]}]' == json.dumps(value)


def test_a_tuple_is_frozen_inside():
    """Lists in tuples cannot be changed either, and the tuple keeps its type."""
    state = State({"t": (1, [2]), "p": Pair([1], 2)})
    assert (FrozenList, FrozenList) == (type(state["t"][1]), type(state["p"].a))
    assert Pair([1], 2) == state["p"]
    assert Pair is type(state["p"])


def test_other_types_are_left_alone():
    """Sets and objects are the caller's own."""
    thing = {1, 2}
    assert freeze(thing) is thing


def test_a_value_that_contains_itself_is_refused():
    """The error says why."""
    loop = []
    loop.append(loop)
    with pytest.raises(UnstorableError, match="contains itself"):
        State({"loop": loop})


@given(VALUES)
def test_freezing_keeps_the_value_and_is_idempotent(value):
    """A frozen value equals the plain one and freezes to itself."""
    frozen = freeze(value)
    assert value == frozen
    assert frozen is freeze(frozen)


@given(VALUES)
def test_thawing_gives_plain_values(value):
    """Nothing frozen is left inside."""

    def kinds(item):
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list | tuple) else ()
        return {type(item)}.union(*map(kinds, inner))

    thawed = thaw(freeze(value))
    assert value == thawed
    assert not kinds(thawed) & {FrozenList, FrozenDict}


def test_a_longer_list_knows_what_it_grew_from():
    """The store reads it to write the tail only."""
    short = freeze([1])
    short.memo = "known"
    longer = State({"k": short}).append(k=2).append(k=3)["k"]
    assert ("known", None, [1, 2, 3]) == (longer.grown_from, longer.memo, longer)


def test_a_state_pickles_and_copies():
    """A copy is equal and immutable."""
    state = State({"k": [1]})
    assert [state, state] == [pickle.loads(pickle.dumps(state)), copy.deepcopy(state)]


def test_reads_are_noticed_in_order():
    """Asking whether a key is there counts, also if it is not."""
    view, watch = State({"a": 1, "b": [1], "c": 3}).watched()
    view.append(b=2)
    assert (1, None, False) == (view["a"], view.get("z"), "y" in view)
    assert ["b", "a", "z", "y"] == list(watch.reads)


def test_what_an_action_wrote_itself_is_no_read():
    """Blame must not name the action for its own value."""
    view, watch = State({"a": 1}).watched()
    view = view.update(a=2, b=3)
    assert (2, 3) == (view["a"], view["b"])
    assert ({}, ("a", "b")) == (watch.reads, view.touched_since(State()) and view._written)


def test_reading_all_counts_all():
    """Whoever takes everything may have used it."""
    view, watch = State({"a": 1, "b": 2}).watched()
    view.get_all()
    assert ["a", "b"] == list(watch.reads)


def test_a_state_outside_an_action_is_not_watched():
    """Looking at a finished state records nothing."""
    view, watch = State({"a": 1}).watched()
    assert 1 == view.plain()["a"]
    assert {} == watch.reads


def test_without_a_typing_system_the_data_is_a_plain_dict():
    """A deep copy, free to change."""
    state = State({"k": [1]})
    data = state.data
    data["k"].append(2)
    assert ({"k": [1, 2]}, {"k": [1]}) == (data, state)


class Upper(TypingSystem):
    """A typing system of one's own: a state is one text."""

    def state_type(self):
        return str

    def construct_data(self, state):
        return state["text"].upper()

    def construct_state(self, data):
        return State({"text": data.lower()}, self)


def test_a_typing_system_says_what_the_data_is():
    """Every version of the state keeps it."""
    state = State({"text": "a"}, Upper())
    later = state.update(text="b").append(x=1).merge({"y": 1}).subset("text").wipe(delete=[])
    assert ("A", "B", "C") == (state.data, later.data, later.typing_system.construct_state("C").data)
    assert "A" == copy.deepcopy(state).data


def test_a_typing_system_can_be_put_on_and_is_checked():
    """The class in the place of an object is the common mistake."""
    assert "A" == State({"text": "a"}).with_typing_system(Upper()).data
    for wrong in (Upper, dict, "str", None):
        with pytest.raises(StateError, match="is no typing system"):
            State().with_typing_system(wrong)
    with pytest.raises(StateError, match="is no typing system"):
        State({}, dict)


def test_a_notebook_shows_a_state_as_a_table():
    """Secrets masked, and what a model wrote as text."""
    from IPython.core.formatters import DisplayFormatter

    shown, _ = DisplayFormatter().format(State({"said": "<b>hi</b>", "api_key": "abcdefgh1234"}))
    table = shown["text/html"]
    assert ["<table", "said", "&lt;b&gt;hi&lt;/b&gt;"] == [
        each for each in ("<table", "said", "&lt;b&gt;hi&lt;/b&gt;", "abcdefgh1234") if each in table
    ]
    assert "{'said': '<b>hi</b>', 'api_key': '[assigned-secret]'}" == shown["text/plain"]
