"""Conditions are data: they decide, they name themselves, and they say what they looked at."""

from __future__ import annotations

import re

import pytest

from notebook_agent.condition import Condition, Expression, brief, default, expr, when
from notebook_agent.errors import ConditionError, MissingKeyError
from notebook_agent.state import State

STATE = State({"n": 3, "mode": "image", "tags": ["a", "b"], "none": None, "log": [{"role": "user", "n": 1}]})


@pytest.mark.parametrize(
    ("tests", "expected", "name"),
    [
        ({"mode": "image"}, True, "mode=image"),
        ({"mode": "text"}, False, "mode=text"),
        ({"n": 3, "mode": "image"}, True, "n=3, mode=image"),
        ({"n": 3, "mode": "text"}, False, "n=3, mode=text"),
        ({"n__eq": 3}, True, "n=3"),
        ({"n__ne": 3}, False, "n!=3"),
        ({"n__lt": 4}, True, "n<4"),
        ({"n__lte": 2}, False, "n<=2"),
        ({"n__gt": 3}, False, "n>3"),
        ({"n__gte": 3}, True, "n>=3"),
        ({"mode__in": ["image", "text"]}, True, "mode in ['image', 'text']"),
        ({"mode__notin": ["image"]}, False, "mode not in ['image']"),
        ({"tags__contains": "a"}, True, "tags contains a"),
        ({"none__is": None}, True, "none is None"),
        ({"none__isnot": None}, False, "none is not None"),
    ],
)
def test_when_compares_keys(tests, expected, name):
    """Each operator decides, and shows on the edge as it reads."""
    condition = when(**tests)
    assert (expected, name) == (condition.evaluate(STATE), condition.name)


def test_when_refuses_an_unknown_operator():
    """The nearest one is offered."""
    with pytest.raises(ConditionError, match=r"no operator 'get'.*Did you mean 'gt'"):
        when(n__get=3)


def test_when_needs_a_key():
    """An edge that is always taken has another name."""
    with pytest.raises(ConditionError, match="default"):
        when()


def test_a_missing_key_is_an_error():
    """It is never False."""
    with pytest.raises(MissingKeyError, match="Did you mean 'mode'") as caught:
        when(mod="x").evaluate(STATE)
    assert "mod" == caught.value.key


def test_values_that_cannot_be_compared_are_an_error():
    """The comparison is named."""
    with pytest.raises(ConditionError, match=r"mode__lt=3"):
        when(mode__lt=3).evaluate(STATE)


def test_default_always_holds():
    """Also on an empty state."""
    assert (True, "default", ()) == (default.evaluate(State()), default.name, default.keys)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n < 10", True),
        ("1 < n <= 3", True),
        ("n == 3 and mode != 'image'", False),
        ("n == 4 or not none", True),
        ("n * 2 - 1 == 5 and n / 2 == 1.5 and n // 2 == 1 and n % 2 == 1", True),
        ("-n == -3 and +n == 3", True),
        ("mode + '!' == 'image!'", True),
        ("'a' in tags and 'z' not in tags", True),
        ("none is None and n is not None", True),
        ("len(state['tags']) == 2", True),
        ("'n' in state and state.get('z', 5) == 5", True),
        ("tags[0] == 'a' and tags[-1:] == ['b'] and tags[:1] == ['a']", True),
        ("any(m['role'] == 'user' for m in log)", True),
        ("[m['n'] for m in log if m['n'] > 1] == []", True),
        ("{m['n'] for m in log} == {1}", True),
        ("sum(v for k, v in log[0].items() if k == 'n') == 1", True),
        ("[(a, b) for a in tags for b in tags if a < b] == [('a', 'b')]", True),
        ("max(n, 5) == 5 and sorted(tags, reverse=True) == ['b', 'a']", True),
        ("mode.upper().startswith('IM')", True),
        ("{'a': n} == {'a': 3}", True),
        ("(1 if n > 5 else 2) == 2", True),
        ("(n,) == (3,)", True),
    ],
)
def test_expr_evaluates_its_language(text, expected):
    """What is allowed gives what Python would give."""
    assert expected is expr(text).evaluate(STATE)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "().__class__",
        "mode.__class__",
        "mode.format(1)",
        "open('x')",
        "eval('1')",
        "lambda: 1",
        "(n := 3)",
        "f'{n}'",
        "n ** 9",
        "[*tags]",
        "dict(**log[0])",
        "print(n)",
        "getattr(mode, 'x')",
        "log[0]['role']()",
        "await n",
        "n = 3",
        "n <",
        "",
    ],
)
def test_expr_refuses_the_rest(text):
    """When it is written, not when it is reached."""
    with pytest.raises(ConditionError, match=re.escape(repr(text))):
        expr(text)


@pytest.mark.parametrize(
    "text", ["mode < 3", "tags[9]", "'%s' % mode", "mode * 9", "n.bit_length == n.items()"]
)
def test_expr_names_itself_when_it_cannot_be_evaluated(text):
    """The text and the reason are in the error."""
    with pytest.raises(ConditionError, match="cannot be evaluated"):
        expr(text).evaluate(STATE)


def test_expr_needs_only_the_keys_that_it_reaches():
    """`or` stops at the first that holds."""
    assert expr("n == 3 or later > 1").evaluate(STATE)
    with pytest.raises(MissingKeyError):
        expr("n == 4 or later > 1").evaluate(STATE)


def test_an_expression_knows_its_keys():
    """Names of loops and functions are none."""
    text = "any(m['n'] > n for m in log) and len(state['tags'])"
    assert {"n", "log", "tags"} == set(Expression(text).keys)


def test_an_expression_gives_any_value():
    """Watching needs more than true and false."""
    assert 2 == Expression("len(tags)").evaluate(STATE)


def test_conditions_combine():
    """Names and results follow."""
    a, b = when(n=3), when(mode="text")
    combined = [~a, a & b, a | b, ~(a | b), (a | b) & a]
    assert [False, False, True, False, True] == [each.evaluate(STATE) for each in combined]
    assert [
        "~n=3",
        "n=3 & mode=text",
        "n=3 | mode=text",
        "~(n=3 | mode=text)",
        "(n=3 | mode=text) & n=3",
    ] == [each.name for each in combined]
    assert ("n", "mode") == (a & b).keys


def test_a_condition_says_what_it_is_in_plain_json():
    """So that what would flip it can be worked out."""
    condition = ~when(n__gte=3) | expr("n < 1") & when(m=1)
    assert {
        "or": [{"not": {"when": {"n__gte": 3}}}, {"and": [{"expr": "n < 1"}, {"when": {"m": 1}}]}]
    } == condition.data
    assert {"default": True} == default.data


def test_a_function_can_be_a_condition():
    """It is shown as opaque, and its keys must be there."""

    def long(state):
        return len(state["tags"]) > 1

    condition = Condition.lmda(long, ["tags"])
    assert (True, "lmda_long_", {"opaque": "lmda_long_"}) == (
        condition.evaluate(STATE),
        condition.name,
        condition.data,
    )
    with pytest.raises(MissingKeyError):
        condition.evaluate(State())


def test_the_operands_are_short():
    """A decision is kept with each step, so it never holds a whole history."""
    state = State({"a": "x" * 500, "b": [[1]] * 50, "c": {1}, "d": object(), "e": 1.5, "f": [1, "a"]})
    condition = Condition(["a", "b", "c", "d", "e", "f", "gone"], lambda _: True)
    assert {
        "a": "x" * 200 + "…",
        "b": "<list of 50>",
        "c": "{1}",
        "d": "<object>",
        "e": 1.5,
        "f": "[1, 'a']",
    } == condition.operands(state)


def test_brief_says_what_a_dict_is():
    """Dicts are named by size."""
    assert "<dict of 1>" == brief({"a": 1})


def test_run_gives_what_people_know():
    """`run(state)["PROCEED"]` is the older form."""
    assert {"PROCEED": True} == when(n=3).run(STATE)
