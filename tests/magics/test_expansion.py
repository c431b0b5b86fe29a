"""`{expr}` and `$name` in a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.errors import CommandError
from notebook_agent.magics.expansion import Scope, expand


def fail():
    """Raise as a function of the user's does."""
    raise ValueError("mine")


VALUES = {"q": 'a "quoted" {thing}', "n": 3, "fail": fail}


def evaluate(expression: str) -> object:
    """Evaluate as a shell would."""
    return eval(expression, {}, VALUES)


SCOPE = Scope(VALUES.__contains__, evaluate)


def test_braces_and_dollar_are_replaced():
    """Both forms give the value's text; what they bring in is not expanded again."""
    assert expand("{n + 1} $n {q}", SCOPE) == '4 3 a "quoted" {thing}'


def test_doubled_signs_stand_for_themselves():
    """`{{n}}` and `$$n` are the way to write what would be replaced."""
    assert expand("{{n}} $$n", SCOPE) == "{n} $n"


@pytest.mark.parametrize(
    "text",
    [
        'set {1,2} and {"hello"}',
        '{} {{}} {"a": 1} {"a": {"n": 1}}',
        "{n:>10} {n!r} {n, q} {1: n}",
        "costs $5, see $HOME and $PATH.x",
        "{missing} {{missing}} $$missing",
        "for (;;) { return 1 }",
    ],
)
def test_all_else_stays(text):
    """Code, JSON, sets, format specs, prices and names that are not defined are text."""
    assert expand(text, SCOPE) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{n + missing}", "name 'missing' is not defined; write {{n + missing}}"),
        ("{n / 0}", "ZeroDivisionError: division by zero; write {{n / 0}}"),
        ("$n.x", "AttributeError: 'int' object has no attribute 'x'; write $$n.x"),
    ],
)
def test_a_field_that_cannot_be_evaluated_says_how_to_mean_it(text, sentence):
    """What uses a variable is never sent on as text by itself."""
    with pytest.raises(CommandError) as caught:
        expand(text, SCOPE)
    assert str(caught.value) == f"{text}: {sentence} to mean these very characters"


def test_what_a_called_function_raises_leaves_as_it_is():
    """It is the user's, with the user's frame last."""
    with pytest.raises(ValueError, match="mine") as caught:
        expand("{fail()}", SCOPE)
    assert caught.traceback[-1].name == "fail"


@given(st.text(st.characters(exclude_characters="{}$")))
def test_text_without_signs_is_left_alone(text):
    """Nothing else means anything."""
    assert expand(text, SCOPE) == text


@given(st.text(st.sampled_from("{}$ 1,:\"'ab\\")))
def test_signs_without_variables_are_left_alone(text):
    """No character of a text is lost where it names nothing."""
    assert expand(text, SCOPE) == text
