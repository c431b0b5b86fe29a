"""What a response body holds: its encoding undone, its headers that matter, its parts."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from importlib import import_module

from notebook_agent.calls.protocol import CallRecord

__all__ = ["Decoder", "decoded", "decoder", "encoding", "kept_headers", "servable"]

Decoder = Callable[[bytes], bytes]
_LIMIT = 64 * 2**20
_KEPT = frozenset({
    "apim-request-id",
    "azureml-model-session",
    "content-encoding",
    "openai-model",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-ms-region",
    "x-request-id",
    "x-should-retry",
})
_KEPT_STARTS = (
    "anthropic-ratelimit-",
    "openai-model",
    "openai-processing-",
    "openai-version",
    "x-ratelimit-",
)


def servable(call: CallRecord) -> bool:
    """Tell whether a record may answer a request: all of a 2xx response."""
    return call.complete and call.body is not None and call.status is not None and 200 <= call.status < 300  # noqa: PLR2004 (the range that HTTP calls success)


def kept_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Choose the response headers that serving it again needs; never cookies or names of accounts."""
    lower = ((name.lower(), value) for name, value in headers)
    return tuple((name, value) for name, value in lower if name in _KEPT or name.startswith(_KEPT_STARTS))


def encoding(headers: Iterable[tuple[str, str]]) -> str:
    """Name the content encoding of a response; empty where it has none."""
    return next((value.lower().strip() for name, value in headers if name == "content-encoding"), "")


def decoder(name: str) -> Decoder | None:
    """Make a decoder that takes a body piece by piece; None for an encoding that cannot be undone here."""
    if name in {"", "identity"}:
        return bytes
    if name in {"gzip", "x-gzip", "deflate"}:
        inflate = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
        return lambda data: inflate.decompress(data, _LIMIT)
    try:
        return _by_library(name)
    except ImportError:
        return None


def _by_library(name: str) -> Decoder | None:
    if name == "br":
        return import_module("brotli").Decompressor().process  # type: ignore[no-any-return]  # untyped library
    if name == "zstd":
        return import_module("zstandard").ZstdDecompressor().decompressobj().decompress  # type: ignore[no-any-return]  # untyped library
    return None


def decoded(call: CallRecord) -> bytes | None:
    """Give the body of a call without its content encoding; None where that cannot be undone."""
    undo = decoder(encoding(call.headers))
    if call.body is None or undo is None:
        return None
    try:
        return undo(call.body)
    except Exception:  # noqa: BLE001 (each library has its own errors, and a broken body is no error of ours)
        return None
