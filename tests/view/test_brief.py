"""Values in a few characters."""

from __future__ import annotations

import pytest

from notebook_agent.view.brief import brief


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{0: 0, 1: 1, 2: 2, 3: 3, ...}", {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}),
        ("{-1: 'a', -2: 'b'}", {-1: "a", -2: "b"}),
        ("{-1: 0, -2: 1, -3: 2, -4: 3, ...}", {-1 - n: n for n in range(6)}),
        ("{'b': 1, 'a': {'c': {'d': {...}}}}", {"b": 1, "a": {"c": {"d": {"e": 1}}}}),
        ("{}", {}),
    ],
)
def test_a_long_dict_shows_what_it_has_first(text: str, value: object):
    """No key or value is shown that is not there, and the order is its own."""
    assert text == brief(value)


def test_an_int_without_a_decimal_text_is_named():
    """Python writes no int of more than 4,300 digits."""
    assert "[<int of 16,610 bits>]" == brief([10**5000])
