"""What a response body holds: its encoding undone, its headers that matter, its parts."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

from notebook_agent.calls.protocol import CallRecord

__all__ = ["Decoder", "decoded", "decoder", "encoding", "is_false", "kept_headers", "servable"]

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
    kept = [pair for pair in lower if pair[0] in _KEPT or pair[0].startswith(_KEPT_STARTS)]
    return tuple((name, value) for name, value in kept if value.isascii())


def encoding(headers: Iterable[tuple[str, str]]) -> str:
    """Name the content encoding of a response; empty where it has none."""
    return next((value.lower().strip() for name, value in headers if name == "content-encoding"), "")


def decoder(name: str) -> Decoder | None:
    """Make a decoder that takes a body piece by piece; None for an encoding that cannot be undone here.

    Several encodings are named in the order in which they were applied, with commas between.
    """
    undo = [_decoder(each.strip()) for each in reversed(name.split(","))]
    if len(undo) == 1:
        return undo[0]
    known = [each for each in undo if each is not None]
    return _Chain(known) if len(known) == len(undo) else None


class _Chain:
    def __init__(self, decoders: Sequence[Decoder]) -> None:
        self._decoders = decoders

    def __call__(self, data: bytes) -> bytes:
        for undo in self._decoders:
            data = undo(data)
        return data


class _Deflate:
    """RFC 9110's deflate is zlib's format; some servers send the bare one."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj()
        self._begun = False

    def __call__(self, data: bytes) -> bytes:
        try:
            return self._inflate.decompress(data, _LIMIT)
        except zlib.error:
            if self._begun:
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflate.decompress(data, _LIMIT)
        finally:
            self._begun = True


def _decoder(name: str) -> Decoder | None:
    if name in {"", "identity"}:
        return bytes
    if name in {"gzip", "x-gzip"}:
        inflate = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
        return lambda data: inflate.decompress(data, _LIMIT)
    if name == "deflate":
        return _Deflate()
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


def is_false(call: CallRecord) -> bool:
    """Tell whether a body is not in the content encoding that its headers name."""
    return decoder(encoding(call.headers)) is not None and decoded(call) is None


def decoded(call: CallRecord) -> bytes | None:
    """Give the body of a call without its content encoding; None where that cannot be undone."""
    undo = decoder(encoding(call.headers))
    if call.body is None or undo is None:
        return None
    try:
        return undo(call.body)
    except Exception:  # noqa: BLE001 (each library has its own errors, and a broken body is no error of ours)
        return None
