"""Tests for `notebook_agent.action.values`: what is told of a value, and what is kept of that."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.action import code_id
from notebook_agent.action.glance import glance
from notebook_agent.action.values import tell

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)
)
KEYS = st.none() | st.booleans() | st.integers(0, 3) | st.floats() | st.text(max_size=2)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(KEYS, inner, max_size=5)
        | st.tuples(inner, inner)
        | st.frozensets(KEYS, max_size=5)
    ),
    max_leaves=20,
)
TEXTS = {
    "scalars": ([None, True, 1, 1.0, -0.0, 2j, "a", b"a"], "[None, True, 1, 1.0, -0.0, 2j, 'a', b'a']"),
    "one of a kind": (({}, (1,), [[]], set()), "({}, (1), [[]], <>)"),
    "a tool": ({"name": "f", "of": {"x": ["int"]}}, "{'name': 'f', 'of': {'x': ['int']}}"),
    "a set": ({3, 1, 2}, "<1, 2, 3>"),
    "a large number": (1 << 10_000, hex(1 << 10_000)),
    "a long text": ("a" * 15_000, repr("a" * 15_000)),
    "two hundred parts": (list(range(199)), str(list(range(199)))),
}


def told(value, kept=None):
    """Tell a value that has no code in it."""
    return tell(value, lambda code: None, lambda cls, name: True, {} if kept is None else kept)


def exactly(value):
    """A value as what equals only its like, signs of zeros and kinds of numbers included."""
    if isinstance(value, dict):
        return "dict", [(exactly(key), exactly(each)) for key, each in value.items()]
    if isinstance(value, frozenset):
        return "set", frozenset(map(repr, value))
    if isinstance(value, list | tuple):
        return type(value), [exactly(each) for each in value]
    return type(value), repr(value)


def lists_in(value):
    """All lists that a value holds, at any depth."""
    parts = list(value.values()) if isinstance(value, dict) else value
    if isinstance(parts, list | tuple):
        for each in parts:
            yield from lists_in(each)
    if isinstance(value, list):
        yield value


@pytest.mark.parametrize(("value", "text"), TEXTS.values(), ids=TEXTS)
def test_plain_values_are_told_as_they_are(value, text):
    """Ids of code that is kept in stores rest on these texts."""
    assert text == told(value)


def test_more_than_two_hundred_parts_are_told_by_a_hash():
    """Also where they are nested, and the last container has more items than there is room for."""
    assert ["050029a81b691389", "da3b758aad5a4a9d"] == [
        told(list(range(200))),
        told([{"n": n, "text": "a"} for n in range(300)]),
    ]


@given(PLAIN, PLAIN)
def test_texts_are_alike_where_values_are(one, other):
    """A value of another kind is another one, though it be equal."""
    assert (exactly(one) == exactly(other)) == (told(one) == told(other))


@given(PLAIN, PLAIN)
def test_a_glance_sees_what_a_text_would_show(one, other):
    """So what is kept under it is never another value's."""
    seen = glance(one, 200)
    if seen is not None and seen == glance(other, 200):
        assert told(one) == told(other)


@given(PLAIN, st.data())
def test_what_is_kept_of_a_value_follows_its_changes(value, data):
    """Wherever in it, in the place of whatever."""
    whole, kept = [value], {}
    told(whole, kept)
    changed = data.draw(st.sampled_from(list(lists_in(whole))))
    changed[:1] = [data.draw(SCALARS)]
    assert told(copy.deepcopy(whole)) == told(whole, kept)


@given(PLAIN)
def test_a_value_is_told_alike_each_time(value):
    """From what is kept, too."""
    kept = {}
    assert told(value, kept) == told(value, kept) == told(copy.deepcopy(value))


def test_a_large_value_counts_by_its_first_parts_and_its_size():
    """What changes far behind them is not looked for at every step."""
    value = [{"n": n, "text": "a"} for n in range(300)]
    kept = {}
    first = told(value, kept)
    value[299]["text"] = "b"
    second = told(value, kept)
    value[0]["text"] = "b"
    assert (True, True) == (first == second, first != told(value, kept))


def test_a_circle_is_told():
    """It has no end at which a glance could stop."""
    circle = [1]
    circle.append(circle)
    assert "[1, ...]" == told(circle)


def test_a_long_table_of_functions_counts_alike_at_each_look():
    """The later ones too, though their texts are kept."""
    table = [lambda x, n=n: x + n for n in range(300)]

    def act(state):
        return table[0](state)

    assert code_id(act) == code_id(act)
