"""`@trace`: a span around each call of a function, wherever in an action it is called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast, overload

from notebook_agent.tracing.running import current_step
from notebook_agent.tracing.spans import ActionSpanTracer
from notebook_agent.tracing.trace import trace_of

__all__ = ["trace"]

F = TypeVar("F", bound=Callable[..., Any])
_Function = Callable[..., Any]


@overload
def trace(function: F, /) -> F: ...
@overload
def trace(
    function: None = None,
    /,
    *,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
    input_filterlist: Collection[str] | None = None,
    span_name: str | None = None,
) -> Callable[[F], F]: ...
def trace(
    function: F | None = None,
    /,
    *,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
    input_filterlist: Collection[str] | None = None,
    span_name: str | None = None,
) -> F | Callable[[F], F]:
    """Open a span around each call of a function that an action makes; elsewhere it is as it was.

    Functions, methods, coroutines and generators, also async ones. The span of a generator
    lasts from its first item to its last.

    Args:
        function: The function, where `@trace` stands without arguments.
        capture_inputs: Log the arguments, under the parameters' names; `self`, `cls` and those
            that begin with `__` are left out.
        capture_outputs: Log what is returned, as `return`; nothing for a generator.
        input_filterlist: Parameters that are not logged.
        span_name: The function's own name by default.
    """

    def decorate(given: F) -> F:
        hidden = frozenset({"self", "cls", *(input_filterlist or ())})
        return cast("F", _traced(given, _Way(span_name, capture_inputs, capture_outputs, hidden)))

    return decorate if function is None else decorate(function)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a function is traced."""

    name: str | None
    inputs: bool
    outputs: bool
    hidden: frozenset[str]


def _traced(given: Any, way: _Way) -> Any:
    if isinstance(given, staticmethod | classmethod):
        return type(given)(_traced(given.__func__, way))
    kinds: tuple[tuple[Callable[[object], bool], Callable[[_Opening], _Function]], ...] = (
        (inspect.isasyncgenfunction, _async_generator),
        (inspect.isgeneratorfunction, _generator),
        (inspect.iscoroutinefunction, _coroutine),
    )
    wrap = next((wrap for holds, wrap in kinds if holds(given)), _plain)
    return functools.wraps(given)(wrap(_Opening(given, way)))


class _Opening:
    """Opens the span of a call; None outside of actions."""

    def __init__(self, function: _Function, way: _Way) -> None:
        self.function, self.way = function, way
        self.name = way.name or str(getattr(function, "__name__", type(function).__name__))
        self._signature = _signature(function) if way.inputs else None

    def __call__(self) -> ActionSpanTracer | None:
        step = current_step.get()
        return None if step is None else ActionSpanTracer(trace_of(step), self.name)

    def log_inputs(
        self, span: ActionSpanTracer, arguments: tuple[object, ...], keywords: Mapping[str, object]
    ) -> None:
        if self._signature is None:
            return
        try:
            bound = self._signature.bind(*arguments, **keywords).arguments
        except TypeError:
            return
        shown = {k: v for k, v in bound.items() if k not in self.way.hidden and not k.startswith("__")}
        if shown:
            span.log_attributes(**shown)

    def log_output(self, span: ActionSpanTracer, returned: object) -> None:
        if self.way.outputs:
            span.log_attribute("return", returned)


def _signature(function: _Function) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _plain(opening: _Opening) -> _Function:
    def call(*arguments: Any, **keywords: Any) -> Any:
        span = opening()
        if span is None:
            return opening.function(*arguments, **keywords)
        with span:
            opening.log_inputs(span, arguments, keywords)
            returned = opening.function(*arguments, **keywords)
            opening.log_output(span, returned)
        return returned

    return call


def _coroutine(opening: _Opening) -> _Function:
    async def call(*arguments: Any, **keywords: Any) -> Any:
        span = opening()
        if span is None:
            return await opening.function(*arguments, **keywords)
        async with span:
            opening.log_inputs(span, arguments, keywords)
            returned = await opening.function(*arguments, **keywords)
            opening.log_output(span, returned)
        return returned

    return call


def _generator(opening: _Opening) -> _Function:
    def call(*arguments: Any, **keywords: Any) -> Generator[Any, Any, Any]:
        span = opening()
        items = opening.function(*arguments, **keywords)
        if span is None:
            return (yield from items)
        span.start()
        opening.log_inputs(span, arguments, keywords)
        try:
            returned = yield from _part_by_part(span, items)
        except GeneratorExit:
            span.stop()
            raise
        except BaseException as error:
            span.stop(error)
            raise
        span.stop()
        return returned

    return call


def _part_by_part(span: ActionSpanTracer, items: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Yield from a generator, in the span while it runs and out of it between two items."""
    resume: Callable[[], Any] = functools.partial(next, items)
    while True:
        try:
            with span.inside():
                item = resume()
        except StopIteration as end:
            return end.value
        try:
            sent = yield item
        except GeneratorExit:
            with span.inside():
                items.close()
            raise
        except BaseException as error:  # noqa: BLE001  # the generator's to handle
            resume = functools.partial(items.throw, error)
        else:
            resume = functools.partial(items.send, sent)


def _async_generator(opening: _Opening) -> _Function:
    async def call(*arguments: Any, **keywords: Any) -> AsyncGenerator[Any, Any]:
        span = opening()
        parts = opening.function(*arguments, **keywords)
        if span is not None:
            parts = _in_span(opening, span, parts, (arguments, keywords))
        try:
            async for item in parts:
                yield item
        finally:
            await parts.aclose()

    return call


async def _in_span(
    opening: _Opening,
    span: ActionSpanTracer,
    items: AsyncGenerator[Any, Any],
    given: tuple[tuple[object, ...], Mapping[str, object]],
) -> AsyncGenerator[Any, None]:
    span.start()
    opening.log_inputs(span, *given)
    await span.flush()
    try:
        while (item := await _next(span, items)) is not _END:
            yield item
    except GeneratorExit:
        with span.inside():
            await items.aclose()
        span.stop()
        raise
    except BaseException as error:
        span.stop(error)
        await span.flush()
        raise
    span.stop()
    await span.flush()


_END = object()


async def _next(span: ActionSpanTracer, items: AsyncGenerator[Any, Any]) -> object:
    with span.inside():
        return await anext(items, _END)
