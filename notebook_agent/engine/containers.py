"""Streamed runs: the pieces of each action's stream as they come, then its result and state."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Generator, Mapping
from typing import Any, Self

from notebook_agent.action import Node
from notebook_agent.engine.calling import Begun, Call, Event, Item, Loop, Outcome, StreamLeft
from notebook_agent.engine.drive import amake, answered, shown
from notebook_agent.errors import RunError
from notebook_agent.state import State

__all__ = [
    "AsyncStreamingResultContainer",
    "StreamingResultContainer",
    "astream_iterate",
    "astream_result",
    "stream_iterate",
    "stream_result",
]

Piece = Mapping[str, Any]
_Result = tuple[Mapping[str, object] | None, State]


class _Flow:
    """A loop on its way, and where it has come to."""

    def __init__(self, loop: Loop, state: State) -> None:
        self.loop = loop
        self.outcome: Outcome | None = None
        self.last: Outcome = (None, None, state)
        self.left = False
        self._waiting: Event | None = None

    @property
    def result(self) -> _Result:
        """The result and the state of the last action or, once it has halted, of the run."""
        if self.left:
            raise RunError(
                "The stream was left before its end, so it has no result: the step is interrupted. Its "
                "pieces are in the history; application.retry() makes the step again."
            )
        _, result, state = self.outcome or self.last
        return result, state

    def advance(self) -> Event | None:
        """Go on to what the loop shows next; None at its end."""
        __tracebackhide__ = True
        if self._waits():
            return self._taken()
        try:
            event = shown(self.loop)
        except StopIteration as end:
            self.outcome = end.value
            return None
        return self._seen(event)

    async def aadvance(self) -> Event | None:
        """Go on as `advance` does, awaiting what is async."""
        __tracebackhide__ = True
        if self._waits():
            return self._taken()
        try:
            event = next(self.loop)
            while isinstance(event, Call):
                event = answered(self.loop, *await amake(event))
        except StopIteration as end:
            self.outcome = end.value
            return None
        return self._seen(event)

    def is_over(self, event: Event | None, of: Node | None) -> bool:
        """Return whether the stream of an action ends with an event; for None, that of all."""
        if isinstance(event, Begun) and of is not None and event.action is not of:
            self._waiting = event
            return True
        return event is None or (of is not None and not isinstance(event, Item | Begun))

    def leave(self) -> None:
        """End the step where it is: it is interrupted."""
        self.left = True
        try:
            shown(self.loop, error=StreamLeft())
        except (StreamLeft, StopIteration):
            return

    async def aleave(self) -> None:
        """End the step as `leave` does, awaiting what is async."""
        self.left = True
        try:
            event = self.loop.throw(StreamLeft())
            while isinstance(event, Call):
                event = answered(self.loop, *await amake(event))
        except (StreamLeft, StopIteration):
            return

    def _waits(self) -> bool:
        return self._waiting is not None or self.outcome is not None

    def _taken(self) -> Event | None:
        event, self._waiting = self._waiting, None
        return event

    def _seen(self, event: Event) -> Event:
        if isinstance(event, tuple) and len(event) == 3:  # noqa: PLR2004  # a finished step
            self.last = event
        return event


class StreamingResultContainer:
    """An action's stream: iterate over its pieces, then `get` its result and the state.

    An action that does not stream gives no pieces. Leaving the stream early, by `close`,
    at the end of a `with` or by dropping it, leaves the step `interrupted` with what it had.
    """

    def __init__(self, flow: _Flow, of: Node | None = None) -> None:
        self._flow = flow
        self._pieces = _pieces(flow, of)
        next(self._pieces)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Piece:
        __tracebackhide__ = True
        return next(self._pieces)

    def get(self) -> _Result:
        """Take what is left of the stream and return the result and the state."""
        __tracebackhide__ = True
        for _ in self:
            continue
        return self._flow.result

    def close(self) -> None:
        """Leave the stream."""
        self._pieces.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncStreamingResultContainer:
    """As StreamingResultContainer, with `async for`, `await container.get()` and `aclose`."""

    def __init__(self, flow: _Flow, of: Node | None = None) -> None:
        self._flow = flow
        self._begun = False
        self._pieces = _apieces(flow, of)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Piece:
        __tracebackhide__ = True
        self._begun = True
        return await anext(self._pieces)

    async def get(self) -> _Result:
        """Take what is left of the stream and return the result and the state."""
        __tracebackhide__ = True
        async for _ in self:
            continue
        return self._flow.result

    async def aclose(self) -> None:
        """Leave the stream."""
        if not self._begun:
            await self._flow.aleave()
        await self._pieces.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _pieces(flow: _Flow, of: Node | None) -> Generator[Piece, None, None]:
    """Yield nothing once, so that it has begun and can be closed, then each piece."""
    __tracebackhide__ = True
    try:
        yield {}
        while not flow.is_over(event := flow.advance(), of):
            if isinstance(event, Item):
                yield event.value
    except GeneratorExit:
        flow.leave()
        raise


async def _apieces(flow: _Flow, of: Node | None) -> AsyncGenerator[Piece, None]:
    __tracebackhide__ = True
    try:
        while not flow.is_over(event := await flow.aadvance(), of):
            if isinstance(event, Item):
                yield event.value
    except GeneratorExit:
        await flow.aleave()
        raise


def stream_result(
    loop: Loop, state: State, after: Collection[str]
) -> tuple[Node | None, StreamingResultContainer]:
    """Run up to the first action of `after` and return it with its stream; see `Application`."""
    __tracebackhide__ = True
    flow = _Flow(loop, state)
    while (event := flow.advance()) is not None:
        if isinstance(event, Begun) and event.action.name in after:
            return event.action, StreamingResultContainer(flow)
    return (flow.outcome or flow.last)[0], StreamingResultContainer(flow)


async def astream_result(
    loop: Loop, state: State, after: Collection[str]
) -> tuple[Node | None, AsyncStreamingResultContainer]:
    """Run as `stream_result` does, awaiting what is async."""
    __tracebackhide__ = True
    flow = _Flow(loop, state)
    while (event := await flow.aadvance()) is not None:
        if isinstance(event, Begun) and event.action.name in after:
            return event.action, AsyncStreamingResultContainer(flow)
    return (flow.outcome or flow.last)[0], AsyncStreamingResultContainer(flow)


def stream_iterate(
    loop: Loop, state: State
) -> Generator[tuple[Node, StreamingResultContainer], None, Outcome]:
    """Run and yield each action with its stream; what is not taken of one is skipped."""
    __tracebackhide__ = True
    flow = _Flow(loop, state)
    while (event := flow.advance()) is not None:
        if isinstance(event, Begun):
            container = StreamingResultContainer(flow, event.action)
            with container:
                yield event.action, container
                container.get()
    return flow.outcome or flow.last


async def astream_iterate(
    loop: Loop, state: State
) -> AsyncGenerator[tuple[Node, AsyncStreamingResultContainer], None]:
    """Run as `stream_iterate` does, awaiting what is async."""
    __tracebackhide__ = True
    flow = _Flow(loop, state)
    while (event := await flow.aadvance()) is not None:
        if isinstance(event, Begun):
            container = AsyncStreamingResultContainer(flow, event.action)
            async with container:
                yield event.action, container
                await container.get()
