"""Response streams that pass every piece on as it comes: a tape notes it before, and tells of it after."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from types import ModuleType

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.calls.tape import Tape

__all__ = ["APieces", "pieces", "stream_classes"]


class SyncTee:
    """Reads `source`, once whatever number of times it is iterated."""

    def __init__(self, source: Iterable[bytes], tape: Tape, network: object = None) -> None:
        self._source, self._tape, self._network = source, tape, network

    def __iter__(self) -> Iterator[bytes]:
        with self._tape.cuts(self._network):
            try:
                for piece in self._source:
                    self._tape.chunk(piece)
                    self._check()
                    yield piece
                    self._tape.tell()
            except GeneratorExit:
                raise
            except BaseException as error:
                self._tape.lost(error)
                raise
            self._tape.exhausted()

    def _check(self) -> None:
        try:
            self._tape.check()
        except BaseException as error:
            self._tape.failed(error)
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._tape.closed()
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


class AsyncTee:
    """As `SyncTee`, for async clients."""

    def __init__(self, source: AsyncIterable[bytes], tape: Tape, _network: object = None) -> None:
        self._source, self._tape = source, tape

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._source:
                self._tape.chunk(piece)
                await self._check()
                yield piece
                self._tape.tell()
        except GeneratorExit:
            raise
        except BaseException as error:
            self._tape.failed(error)
            raise
        self._tape.exhausted()

    async def _check(self) -> None:
        try:
            self._tape.check()
        except BaseException as error:
            self._tape.failed(error)
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Let go of the connection."""
        self._tape.closed()
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()


class APieces:
    """The pieces of a recorded body for an async reader."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._source:
            return piece
        raise StopAsyncIteration


def pieces(call: CallRecord) -> Iterator[bytes]:
    """Cut a recorded body where it was cut when it came, so that a stream is served as a stream."""
    body, start = call.body or b"", 0
    for _, end in call.chunks:
        if start < end <= len(body):
            yield body[start:end]
            start = end
    if start < len(body):
        yield body[start:]


_classes: dict[str, tuple[type, type]] = {}


def stream_classes(module: ModuleType) -> tuple[type, type]:
    """Make the tees as streams of `httpx` or `httpx2`, which each accept only their own."""
    if module.__name__ not in _classes:
        _classes[module.__name__] = (
            type("SyncTee", (SyncTee, module.SyncByteStream), {}),
            type("AsyncTee", (AsyncTee, module.AsyncByteStream), {}),
        )
    return _classes[module.__name__]
