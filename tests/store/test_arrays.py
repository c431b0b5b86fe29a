"""Arrays, tables and images come back equal in value and type."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from notebook_agent.errors import UnstorableError

from .test_round_trip import kept


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.ones((3, 2), ">f4")),
        np.array(["2026-01-01", "NaT"], "M8[s]"),
        np.array([("a", 1.5)], [("name", "U3"), ("size", "f8")]),
        np.zeros((0, 4), bool),
        np.array(5, "u1"),
        np.arange(100_000, dtype="i8"),
    ],
    ids=str,
)
def test_an_array_comes_back(array: np.ndarray):
    """Values, dtype, shape and memory order of an array stay."""
    read = kept(array)
    np.testing.assert_array_equal(array, read)
    assert (array.dtype, array.shape, array.flags.f_contiguous) == (
        read.dtype,
        read.shape,
        read.flags.f_contiguous,
    )
    assert read.flags.writeable


@pytest.mark.parametrize(
    "value", [np.float64(1.5), np.int8(-3), np.bool_(1), np.datetime64("2026-01-01", "D")]
)
def test_a_numpy_scalar_comes_back(value: np.generic):
    """A numpy scalar stays one, also where it is a float to Python."""
    assert (type(value), value) == (type(kept(value)), kept(value))


def test_an_array_of_objects_is_refused():
    """An array of Python objects has no codec, and its path is named."""
    with pytest.raises(UnstorableError, match=r"state\['value'\]: numpy.ndarray"):
        kept(np.array([object()]))


FRAME = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "part": [0.5, float("nan"), 2],
        "text": ["a", None, "c"],
        "kind": pd.Categorical(["u", "v", "u"], ordered=True),
        "when": pd.date_range("2026-01-01", periods=3, tz="Europe/Rome"),
        "day": pd.date_range("2026-01-01", periods=3),
        "maybe": pd.array([1, None, 3], dtype="Int64"),
        "object": pd.Series([{"a": 1}, "x", None], dtype=object),
        ("odd", 1): [True, False, True],
    },
    index=pd.Index(["x", "y", "z"], name="row"),
)


def test_a_frame_comes_back():
    """Columns of all the usual kinds, the index and the names of a frame stay."""
    pd.testing.assert_frame_equal(FRAME, kept(FRAME))


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(1, 7, 2, name="r"),
        pd.date_range("2026-01-01", periods=3, freq="D"),
        pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["l", "n"]),
        pd.CategoricalIndex(["a", "b"]),
        pd.timedelta_range("1h", periods=2),
    ],
    ids=lambda index: type(index).__name__,
)
def test_an_index_comes_back(index: pd.Index):
    """A series keeps its name and its index, of whatever kind."""
    series = pd.Series(range(len(index)), index=index, name="s")
    pd.testing.assert_series_equal(series, kept(series))


@pytest.mark.parametrize(
    "value", [pd.Timestamp("2026-01-01 12:00", tz="Europe/Rome"), pd.Timedelta("1h"), pd.NaT, pd.NA], ids=str
)
def test_a_moment_comes_back(value: object):
    """The scalars of pandas stay what they are."""
    assert (type(value), str(value)) == (type(kept(value)), str(kept(value)))


def test_what_columns_and_attributes_hold_is_plain():
    """A list in a column of objects, or among the attributes, can be changed; a series has attributes too."""
    series = pd.Series([[1], {"a": [2]}, None])
    series.attrs = {"unit": ["m"]}
    frame = pd.DataFrame({"a": series})
    frame.attrs = {"from": {"b": [1]}}
    column, whole = kept(series), kept(frame)
    assert [list, dict, type(None)] == list(map(type, column)) == list(map(type, whole["a"]))
    assert ({"unit": ["m"]}, list) == (column.attrs, type(column.attrs["unit"]))
    assert ({"from": {"b": [1]}}, dict) == (whole.attrs, type(whole.attrs["from"]))


@pytest.mark.parametrize(
    ("frame", "path"),
    [
        (pd.DataFrame({"ok": [1], "p": pd.period_range("2026", periods=1)}), "state['value']['p']: "),
        (pd.DataFrame({"o": [1, object()]}), "state['value']['o'][1]: "),
    ],
    ids=["dtype", "object"],
)
def test_a_column_that_cannot_be_stored_is_named(frame: pd.DataFrame, path: str):
    """And what is advised would help."""
    with pytest.raises(UnstorableError) as refused:
        kept(frame)
    assert str(refused.value).startswith(path)
    assert "dtype period[D] cannot be stored. Give it another dtype" in str(refused.value) or "'o'" in path


def test_what_a_picture_says_of_itself_stays():
    """All that is plain data."""
    image = Image.new("RGB", (1, 1))
    image.info = {"dpi": (72.0, 72.0), "xmp": {"by": ["me"]}, "icc_profile": b"x", "reader": object()}
    assert {"dpi": (72.0, 72.0), "xmp": {"by": ["me"]}, "icc_profile": b"x"} == kept(image).info


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1"])
def test_an_image_comes_back(mode: str):
    """Mode, size and pixels of an image stay."""
    image = Image.linear_gradient("L").resize((5, 7)).convert(mode)
    read = kept(image)
    assert (image, Image.Image) == (read, type(read))


@pytest.mark.parametrize("dtype", ["string", "string[python]", "str", "Int64", "boolean"])
def test_the_kind_of_a_column_stays(dtype: str):
    """Texts with a missing one keep what stands for it, as numbers do."""
    values = [1, None] if dtype == "Int64" else [True, None] if dtype == "boolean" else ["a", None]
    series = pd.Series(values, dtype=dtype)
    pd.testing.assert_series_equal(series, kept(series))
