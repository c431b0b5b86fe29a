"""The words of a command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.errors import CommandError
from notebook_agent.magics.splitter import split


def texts(line: str) -> list[str]:
    """Split a line into its texts."""
    return [word.text for word in split(line)]


def test_quotes_keep_spaces_together_and_are_taken_off():
    """A quoted value is one word, without its quotes."""
    assert texts('run prompt="draw a pen" --until response') == [
        "run",
        "prompt=draw a pen",
        "--until",
        "response",
    ]


def test_a_quote_of_the_other_kind_is_text():
    """An apostrophe may stand in double quotes."""
    assert texts('prompt="what\'s up" \'a "b"\'') == ["prompt=what's up", 'a "b"']


def test_quotes_in_the_path_of_a_value_stay():
    """As in Python; those around the whole are taken off."""
    assert texts("""blame d["x"]['y z'][1].t @4""") == ["blame", """d["x"]['y z'][1].t""", "@4"]
    assert texts("""blame 'd["x"]'""") == ["blame", 'd["x"]']


@pytest.mark.parametrize(
    "word",
    [
        "mode!='unknown'",
        "mode=='a  b'",
        "'draw'in(prompt)",
        '"a"==mode',
        'len(d["x"])>3',
        'd.get("x","y")',
        'tags=["a","b"]',
        'wanted={"a":1,"b":"c  d"}',
    ],
)
def test_quotes_within_a_word_stay(word):
    """They belong to an expression or a value, which would be another one without them."""
    assert texts(f"watch {word} @4") == ["watch", word, "@4"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ('--pytest="my tests/test_x.py"', "--pytest=my tests/test_x.py"),
        ("--pass='n > 3'", "--pass=n > 3"),
        ('prompt="draw a pen"', "prompt=draw a pen"),
        ("prompt=''", "prompt="),
        ('"my run"@4', "my run@4"),
        ("'my run'@answer", "my run@answer"),
    ],
)
def test_quotes_around_a_whole_value_or_name_are_taken_off(typed, meant):
    """After `=`, of a flag too, and before `@`."""
    assert texts(typed) == [meant]


def test_backslash_and_hash_are_plain_characters():
    """Windows paths and hashes survive."""
    assert texts(r"export C:\runs\#1.html") == ["export", r"C:\runs\#1.html"]


def test_an_open_quote_is_one_sentence():
    """A quote that is never closed is named, with how to write it as text."""
    with pytest.raises(CommandError) as caught:
        split('run prompt="draw a pen')
    sentence = """the quote " is never closed: "draw a pen; a text with one in it stands in '..'"""
    assert sentence + "'" == f"{caught.value}'"


def test_an_expression_keeps_its_quotes_and_goes_on_over_spaces():
    """`key:=expr` is Python up to where it is complete."""
    assert texts('fork @4 tags:=["a", "b"] n:=3') == ["fork", "@4", 'tags:=["a", "b"]', "n:=3"]


def test_an_incomplete_expression_ends_at_its_word():
    """What never becomes Python is left as typed, to be refused where it is evaluated."""
    assert texts("run n:=[1, 2 x") == ["run", "n:=[1,", "2", "x"]


def test_a_word_knows_its_key_and_value():
    """`key=text` and `key:=expr` are told from other words."""
    words = split("a=1 b:=2 c==3 @4 --until")
    assert [(word.key, word.is_expression) for word in words] == [
        ("a", False),
        ("b", True),
        (None, False),
        (None, False),
        (None, False),
    ]
    assert [words[0].value, words[1].value] == ["1", "2"]


@given(st.lists(st.text(st.characters(exclude_characters="\"'", exclude_categories=["Cs"]), max_size=20)))
def test_quoted_values_come_back_exactly(values):
    """Any text without quotes survives quoting."""
    line = " ".join(f'k="{value}"' for value in values)
    assert [word.value for word in split(line)] == values
