"""The ends of long lists, read on from those of the lists before."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.tails import Tails
from notebook_agent.store.nodes import NoNodes

TEXT = st.text('ab,"[]{}\\ ', max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 30) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=3,
)
ENDS = st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.lists(VALUES, max_size=3)), max_size=12)


def written(items):
    """Write a list as the store does."""
    return json.dumps(items, separators=(",", ":"))


@given(ENDS)
def test_an_end_is_what_its_json_says(ends):
    """Whether it goes on from one of several lists, or begins anew."""
    tails, lists = Tails(Decoder(object(), NoNodes())), [[], [], []]
    for anew, which, more in ends:
        lists[which] = more if anew else [*lists[which], *more]
        assert lists[which] == list(tails.read(written(lists[which])))


def test_what_was_there_before_is_the_very_same():
    """Of a list that grows each item is made once, beside others that grow too."""
    tails = Tails(Decoder(object(), NoNodes()))
    one, other = [{"n": 1}], [{"n": 10}]
    before = tails.read(written(one)), tails.read(written(other))
    after = tails.read(written([*one, {"n": 2}])), tails.read(written([*other, {"n": 20}]))
    assert [True, True] == [old[0] is new[0] for old, new in zip(before, after, strict=True)]
    assert [{"n": 1}, {"n": 2}] == list(after[0])


def test_a_number_that_begins_alike_is_another():
    """A digit more is no item more."""
    tails = Tails(Decoder(object(), NoNodes()))
    assert [[1], [12], [12, 3]] == [list(tails.read(text)) for text in ("[1]", "[12]", "[12,3]")]


def test_what_can_be_changed_is_made_anew():
    """Who changes it changes it for nobody else."""
    tails = Tails(Decoder(object(), NoNodes()))
    text = '[1,{"$":"set","v":[1]}]'
    first, second = tails.read(text), tails.read(text)
    assert first[1] == second[1]
    assert first[1] is not second[1]
