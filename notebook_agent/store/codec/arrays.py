"""Codecs of numpy arrays and PIL images; those of pandas are beside it. Nothing is imported before use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.store.codec import tables
from notebook_agent.store.codec.stored import NoCodecError
from notebook_agent.store.codec.tables import Fields
from notebook_agent.store.codec.types import thaw

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

__all__ = ["ARRAYS", "array_writer", "read_array"]

Written = tuple[str, str, object]
_PLAIN: Final = {str, bytes, int, float, bool, type(None)}


def array_writer(cls: type) -> Callable[[object], Written] | None:
    """How to write the instances of a class of these packages, or None."""
    package = cls.__module__.partition(".")[0]
    found = _WRITERS.get(f"{package}:{_plain_name(package, cls)}")
    if found is None:
        return None
    tag, write = found
    name = f"{cls.__module__}:{cls.__qualname__}"
    return lambda value: (tag, name, write(value))


def _plain_name(package: str, cls: type) -> str:
    """The name of a class, or of the base whose instances are all written alike."""
    names = {base.__name__ for base in cls.__mro__ if base.__module__.partition(".")[0] == package}
    alike = names & {"generic", "Image"}
    return alike.pop() if alike else cls.__name__


def read_array(tag: str, data: object) -> object:
    """A value again; ImportError where its package is not installed."""
    return ARRAYS[tag](cast("Fields", data))


def _array(value: object) -> Fields:
    from numpy.lib.format import dtype_to_descr

    array = cast("np.ndarray[tuple[int, ...], np.dtype[np.generic]]", value)
    if array.dtype.hasobject:
        raise NoCodecError(value)
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return {
        "dtype": dtype_to_descr(array.dtype),
        "shape": list(array.shape),
        "order": order,
        "data": array.tobytes(order),  # type: ignore[arg-type]  # one of the two
    }


def _read_array(data: Fields) -> object:
    import numpy as np
    from numpy.lib.format import descr_to_dtype

    dtype = descr_to_dtype(_descr(data["dtype"]))  # type: ignore[arg-type]  # it checks
    if dtype.hasobject:
        raise ValueError("an array of objects")
    raw = cast("bytes", data["data"])
    flat = np.frombuffer(raw, dtype) if raw else np.empty(0, dtype)
    shape = cast("Sequence[int]", data["shape"])
    return flat.reshape(shape, order=cast("str", data["order"])).copy("K")  # type: ignore[call-overload]


def _descr(found: object) -> object:
    """As numpy wants it: a text, or lists of tuples."""
    if isinstance(found, str):
        return found
    return [
        tuple(_descr(part) if isinstance(part, list) else part for part in field)
        for field in cast("Sequence[Sequence[object]]", found)
    ]


def _scalar(value: object) -> Fields:
    import numpy as np

    return _array(np.asarray(value))


def _read_scalar(data: Fields) -> object:
    return cast("np.ndarray[tuple[int, ...], np.dtype[np.generic]]", _read_array(data))[()]


def _image(value: object) -> Fields:
    image = cast("Image", value)
    return {
        "mode": image.mode,
        "size": list(image.size),
        "data": image.tobytes(),
        "palette": None if image.palette is None else [image.palette.mode, image.palette.tobytes()],
        "info": {key: item for key, item in image.info.items() if _is_plain(item)},
    }


def _is_plain(item: object) -> bool:
    """Tell data from what a reader of pictures has left in `info` for itself."""
    if isinstance(item, dict):
        return all(_is_plain(each) for pair in item.items() for each in pair)
    return type(item) in _PLAIN or (isinstance(item, list | tuple) and all(map(_is_plain, item)))


def _read_image(data: Fields) -> object:
    from PIL import Image

    width, height = cast("tuple[int, int]", data["size"])
    image = Image.frombytes(cast("str", data["mode"]), (width, height), cast("bytes", data["data"]))
    if data["palette"] is not None:
        mode, colours = cast("tuple[str, bytes]", data["palette"])
        image.putpalette(colours, mode)
    image.info = dict(cast("Mapping[str | tuple[int, int], object]", thaw(data["info"])))
    return image


_WRITERS: Final[dict[str, tuple[str, Callable[[object], Fields]]]] = {
    "numpy:ndarray": ("ndarray", _array),
    "numpy:generic": ("numpy-scalar", _scalar),
    **{f"pandas:{name}": found for name, found in tables.WRITERS.items()},
    "PIL:Image": ("image", _image),
}
"""By package and class: the tag, and how to write it."""

ARRAYS: Final[dict[str, Callable[[Fields], object]]] = {
    "ndarray": _read_array,
    "numpy-scalar": _read_scalar,
    **tables.READERS,
    "image": _read_image,
}
"""How to read what stands behind a tag."""
