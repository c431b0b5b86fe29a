"""Reading Python source while something else reads some."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator

import pytest

from notebook_agent import syntax

LONG = "x = [f(a, b) for a in c if d]\n" * 400


@pytest.fixture
def disturbed() -> Iterator[list[int]]:
    """Let the garbage collector parse in the middle of a parse, three times, as another thread can."""
    parsed: list[int] = []

    def parse(phase: str, _: object) -> None:
        if phase == "start" and len(parsed) < 3:
            parsed.append(len(ast.parse("1").body))

    before = gc.get_threshold()
    gc.callbacks.append(parse)
    gc.set_threshold(500)
    yield parsed
    gc.callbacks.remove(parse)
    gc.set_threshold(*before)


def test_a_parse_that_another_one_disturbs_is_done_again(disturbed):
    """CPython 3.11 raises SystemError there."""
    assert 400 == len(syntax.parse(LONG).body)
    assert [1, 1, 1] == disturbed


def test_what_is_no_python_is_a_syntax_error():
    """As `ast.parse` says."""
    with pytest.raises(SyntaxError):
        syntax.parse("x = (")
