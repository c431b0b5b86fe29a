"""Values that are written once."""

import json

from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.view.sharing import Shared
from tests.sharing import unshared

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30
)


def rows_of(*values):
    shared = Shared()
    for value in values:
        shared.put(value)
    return shared


@given(VALUES)
def test_a_value_comes_back_as_it_was(value):
    """In its kinds too: true is not 1, 0.0 is not -0.0."""
    assert json.dumps(unshared(json.loads(rows_of(value).text()))) == json.dumps(value)


def test_a_value_is_written_once():
    """Members go before what holds them, which names their rows."""
    shared = rows_of({"who": "user", "parts": ["a", "b"]}, [{"who": "user", "parts": ["a", "b"]}, "b"])
    assert shared.text() == '["user","a","b",[1,2],{"who":0,"parts":3},[4,2]]'


def test_what_is_there_already_takes_nothing_more():
    """The number that it has is given again."""
    shared = rows_of(["a", 1, True])
    before = shared.text()
    assert shared.put(["a", 1, True]) == 3
    assert shared.text() == before
