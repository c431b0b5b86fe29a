"""Values as Python source."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent.testing.literal import Code, assigned, call, is_literal, literal

RUFF = str(Path(sys.executable).parent / "ruff")
plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=90)
    | st.text("ab \n'\"\\", max_size=120)
    | st.binary(max_size=40)
)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=20), inner, max_size=5)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(values)
def test_what_is_written_reads_back(value):
    """Exactly."""
    assert is_literal(value)
    assert value == ast.literal_eval(literal(value, before=8))


@pytest.mark.skipif(not Path(RUFF).exists() and shutil.which("ruff") is None, reason="needs ruff")
@settings(max_examples=1)
@given(st.lists(values, min_size=200, max_size=200))
def test_a_formatter_leaves_it_as_it_is(many):
    """At any usual line length."""
    source = "".join(f"value = {literal(value, before=8)}\n" for value in many)
    for width in ("80", "110"):
        command = [RUFF, "format", "--isolated", "--line-length", width, "-"]
        done = subprocess.run(
            command, input=source.encode("utf-8", "surrogatepass"), capture_output=True, check=True
        )
        assert source == done.stdout.decode()


@pytest.mark.parametrize(
    "value", [float("nan"), object(), set(), {1: object()}, type("S", (str,), {})(), [[0]] * 5000]
)
def test_what_is_no_literal(value):
    """It has another type, or too many items."""
    assert not is_literal(value)


def test_a_long_text_of_several_lines_is_split_at_them():
    """So that code that a model wrote can be read."""
    written = literal({"code": "def f():\n" + "    return 1\n" * 6})
    assert written.startswith('{\n    "code": (\n        "def f():\\n"\n        "    return 1\\n"\n')


def test_a_call_keeps_names_as_they_are():
    """And stands on one line where it fits."""
    assert "f(x, b=[1])" == call("f", Code("x"), named={"b": [1]})
    assert "f(\n    " + repr("a" * 80).replace("'", '"') + ",\n)" == call("f", "a" * 80)


@given(
    st.lists(
        st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False),
        min_size=41,
        max_size=90,
    )
)
def test_many_numbers_share_lines(numbers):
    """Of 79 characters at most where the numbers let them; they read back exactly."""
    written = literal({"key": [numbers]}, before=8)
    assert {"key": [numbers]} == ast.literal_eval(written)
    assert len(written.splitlines()) < 4 + len(numbers)
    assert all(len(line) <= 79 or line.count(",") == 1 for line in written.splitlines())


@pytest.mark.skipif(not Path(RUFF).exists() and shutil.which("ruff") is None, reason="needs ruff")
def test_a_formatter_leaves_many_numbers_on_their_lines():
    """As the assignment says."""
    value = {"big": list(range(500)), "small": [1]}
    source = assigned("value", literal(value, before=8), value) + "\n"
    done = subprocess.run(
        [RUFF, "format", "--isolated", "-"], input=source.encode(), capture_output=True, check=True
    )
    assert source == done.stdout.decode()
    assert 40 > len(source.splitlines())
