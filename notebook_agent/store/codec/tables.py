"""Codecs of pandas: frames, series, indexes and moments, column by column."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.store.codec.stored import NoCodecError
from notebook_agent.store.codec.types import thaw

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["READERS", "WRITERS", "Fields"]

Fields = dict[str, object]


def _frame(value: object) -> Fields:
    frame = cast("pd.DataFrame", value)
    return {
        "columns": frame.columns,
        "index": frame.index,
        "data": [_column(frame.iloc[:, at].array) for at in range(frame.shape[1])],
        "attrs": dict(frame.attrs),
    }


def _read_frame(data: Fields) -> object:
    import pandas as pd

    columns = [_read_column(each) for each in cast("Sequence[Fields]", data["data"])]
    index = cast("pd.Index", data["index"])
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    frame.columns = cast("pd.Index", data["columns"])
    frame.attrs = dict(cast("dict[Hashable | None, object]", thaw(data["attrs"])))
    return frame


def _series(value: object) -> Fields:
    series = cast("pd.Series[str]", value)
    attrs = {"attrs": dict(series.attrs)} if series.attrs else {}
    return {"index": series.index, "name": series.name, "data": _column(series.array), **attrs}


def _read_series(data: Fields) -> object:
    import pandas as pd

    values = _read_column(cast("Fields", data["data"]))
    series = pd.Series(values, cast("pd.Index", data["index"]), name=cast("str", data["name"]))
    series.attrs = dict(cast("dict[Hashable | None, object]", thaw(data.get("attrs", {}))))
    return series


def _range_index(value: object) -> Fields:
    index = cast("pd.RangeIndex", value)
    return {"range": range(index.start, index.stop, index.step), "name": index.name}


def _read_range_index(data: Fields) -> object:
    import pandas as pd

    return pd.RangeIndex(cast("range", data["range"]), name=cast("str", data["name"]))


def _index(value: object) -> Fields:
    index = cast("pd.Index", value)
    frequency = getattr(index, "freqstr", None)
    return {"data": _column(index.array), "name": index.name, "freq": frequency}


def _read_index(data: Fields) -> object:
    import pandas as pd

    index = pd.Index(_read_column(cast("Fields", data["data"])), name=cast("str", data["name"]))  # type: ignore[call-overload]
    if data["freq"] is not None:
        index.freq = data["freq"]
    return index


def _multi_index(value: object) -> Fields:
    index = cast("pd.MultiIndex", value)
    return {
        "levels": list(index.levels),
        "codes": [list(map(int, codes)) for codes in index.codes],
        "names": list(index.names),
    }


def _read_multi_index(data: Fields) -> object:
    import pandas as pd

    return pd.MultiIndex(data["levels"], data["codes"], names=data["names"])  # type: ignore[arg-type]


def _column(array: object) -> Fields:
    """The values of a column: as an array where they are one, else one by one."""
    import numpy as np
    import pandas as pd

    plain = isinstance(array, pd.arrays.NumpyExtensionArray) and not isinstance(array, pd.arrays.StringArray)
    values = array.to_numpy() if plain else array  # type: ignore[attr-defined]  # plain ones have it
    dtype: object = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype):
        return (
            {"items": list(cast("Sequence[object]", values))}
            if dtype.hasobject
            else {"values": np.asarray(values)}
        )
    if isinstance(dtype, pd.CategoricalDtype):
        codes = np.asarray(cast("pd.Categorical", values).codes)
        return {"codes": codes, "categories": dtype.categories, "ordered": dtype.ordered}
    if isinstance(dtype, pd.DatetimeTZDtype):
        moments = pd.DatetimeIndex(values).tz_convert("UTC").tz_localize(None)  # type: ignore[arg-type]  # of that dtype
        return {"values": np.asarray(moments), "zone": str(dtype.tz)}
    return _items(cast("Sequence[object]", values), dtype)


def _items(values: Sequence[object], dtype: object) -> Fields:
    import pandas as pd

    plain = [None if missing else item for item, missing in zip(values, pd.isna(values), strict=True)]  # type: ignore[call-overload]  # an array
    if isinstance(dtype, pd.StringDtype):
        return {"items": plain, "text": [dtype.storage, "NA" if dtype.na_value is pd.NA else "nan"]}
    if str(dtype) in _MASKED:
        return {"items": plain, "dtype": str(dtype)}
    raise NoCodecError(values)


def _read_column(data: Fields) -> object:
    import pandas as pd

    if "codes" in data:
        return pd.Categorical.from_codes(
            cast("list[int]", data["codes"]), cast("pd.Index", data["categories"]), bool(data["ordered"])
        )
    if "zone" in data:
        moments = pd.DatetimeIndex(cast("list[str]", data["values"]))
        return moments.tz_localize("UTC").tz_convert(cast("str", data["zone"])).array
    return data["values"] if "values" in data else _read_items(data)


def _read_items(data: Fields) -> object:
    import numpy as np
    import pandas as pd

    items = cast("list[str]", data["items"])
    if "text" in data:
        storage, missing = cast("Sequence[str]", data["text"])
        dtype = pd.StringDtype(storage, pd.NA if missing == "NA" else np.nan)  # type: ignore[call-overload]  # it checks
        return pd.array(items, dtype)
    if data.get("dtype") in _MASKED:
        return pd.array(items, cast("str", data["dtype"]))  # type: ignore[call-overload]  # one of those
    column = np.empty(len(items), object)
    column[:] = [thaw(item) for item in items]
    return column


def _moment(value: object) -> Fields:
    import pandas as pd

    if value is pd.NaT or value is pd.NA:
        return {"missing": "NaT" if value is pd.NaT else "NA"}
    moment = cast("pd.Timestamp", value)
    zone = getattr(moment, "tz", None)
    return {
        "value": int(moment.asm8.astype("int64")),
        "unit": moment.unit,
        "zone": None if zone is None else str(zone),
        "delta": isinstance(value, pd.Timedelta),
    }


def _read_moment(data: Fields) -> object:
    import pandas as pd

    if "missing" in data:
        return pd.NaT if data["missing"] == "NaT" else pd.NA
    unit = cast("str", data["unit"])
    if data["delta"]:
        return pd.Timedelta(cast("int", data["value"]), unit).as_unit(unit)  # type: ignore[arg-type]
    moment = pd.Timestamp(cast("int", data["value"]), unit=unit).as_unit(unit)  # type: ignore[arg-type]
    return moment if data["zone"] is None else moment.tz_localize("UTC").tz_convert(cast("str", data["zone"]))


_MASKED: Final = {
    *("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"),
    *("Float32", "Float64", "boolean"),
}
WRITERS: Final[dict[str, tuple[str, Callable[[object], Fields]]]] = {
    "DataFrame": ("frame", _frame),
    "Series": ("series", _series),
    "RangeIndex": ("range-index", _range_index),
    "Index": ("index", _index),
    "DatetimeIndex": ("index", _index),
    "TimedeltaIndex": ("index", _index),
    "CategoricalIndex": ("index", _index),
    "MultiIndex": ("multi-index", _multi_index),
    "Timestamp": ("moment", _moment),
    "Timedelta": ("moment", _moment),
    "NaTType": ("moment", _moment),
    "NAType": ("moment", _moment),
}
"""By class of pandas: the tag, and how to write it."""

READERS: Final[dict[str, Callable[[Fields], object]]] = {
    "frame": _read_frame,
    "series": _read_series,
    "range-index": _read_range_index,
    "index": _read_index,
    "multi-index": _read_multi_index,
    "moment": _read_moment,
}
"""How to read what stands behind a tag."""
