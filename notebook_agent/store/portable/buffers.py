"""Secrets in what has a fixed size: the texts of arrays, and the bytes of arrays and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from notebook_agent.redact import redact_json
from notebook_agent.redact.masking import secret_spans
from notebook_agent.store.codec.arrays import array_writer
from notebook_agent.store.codec.tables import Fields

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]

__all__ = ["BUFFERS", "masked_buffer"]

BUFFERS: Final = {"ndarray", "numpy-scalar", "image"}
"""Tags of values whose field `data` must keep its length."""


def masked_buffer(value: object, fields: Fields) -> Fields:
    """The fields of an array or a picture, each secret in them replaced by its rule's name.

    Type, shape and length are kept: a name is cut where it must be, and filled with `*`.
    """
    if "dtype" in fields:
        fields = _array_fields(value, fields)
    return {**fields, "data": _blanked(cast("bytes", fields["data"]))}


def _array_fields(value: object, fields: Fields) -> Fields:
    import numpy as np

    array = np.asarray(value)
    masked = _masked(array)
    write = array_writer(np.ndarray)
    if masked is array or write is None:
        return fields
    return cast("Fields", write(masked if isinstance(value, np.ndarray) else np.asarray(masked[()]))[2])


def _blanked(data: bytes) -> bytes:
    found = bytearray(data)
    for start, end, rule in secret_spans(data.decode("latin-1")):
        length = end - start
        found[start:end] = f"[{rule}]".encode()[:length].ljust(length, b"*")
    return bytes(found)


def _masked(array: Array) -> Array:
    if array.dtype.names is not None:
        return _masked_fields(array)
    return _masked_items(array) if array.dtype.kind in "US" else array


def _masked_fields(array: Array) -> Array:
    fields = cast("dict[str, Array]", {name: array[name] for name in array.dtype.names or ()})  # type: ignore[call-overload]  # it has names
    changed = {name: new for name, old in fields.items() if (new := _masked(old)) is not old}
    masked = array.copy("K") if changed else array
    for name, new in changed.items():
        masked[name] = new  # type: ignore[index]  # as above
    return masked


def _masked_items(array: Array) -> Array:
    import numpy as np

    items = array.ravel().tolist()
    texts = [item.decode("latin-1") if isinstance(item, bytes) else item for item in items]
    redacted = cast("list[str]", redact_json(texts))
    if redacted == texts:
        return array
    written = redacted if array.dtype.kind == "U" else [text.encode("latin-1") for text in redacted]
    masked = array.copy("K")
    masked[...] = np.array(written, array.dtype).reshape(array.shape)
    return masked
