"""Spans as an action opens them: `with __tracer("ask the model") as span: ..`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from contextvars import Token
from types import TracebackType
from typing import Self

from notebook_agent import calls
from notebook_agent.errors import ActionError
from notebook_agent.tracing.running import Traced
from notebook_agent.tracing.trace import ActionSpan, Trace, current_span, trace_of

__all__ = ["ActionSpanTracer", "Inside", "TracerFactory"]


class TracerFactory:
    """Opens the spans of a step: ask for it with the parameter `__tracer`.

    Tasks, and the threads of a `ThreadPoolExecutor`, open their spans in the span that was
    open where they were started; a bare `threading.Thread` opens its spans beside those.
    """

    def __init__(self, step: Traced) -> None:
        self._trace = trace_of(step)

    def __call__(self, span_name: str, span_dependencies: Sequence[str] | None = None) -> ActionSpanTracer:
        """Return a span to be entered with `with` or `async with`.

        Args:
            span_name: What is done in it.
            span_dependencies: Names or uids of spans that it needs; kept with it.
        """
        return ActionSpanTracer(self._trace, span_name, tuple(span_dependencies or ()))

    def log_attribute(self, key: str, value: object) -> None:
        """Log one attribute, see `log_attributes`."""
        self._trace.log(self._trace.current(), {key: value})

    def log_attributes(self, **attributes: object) -> None:
        """Log attributes on the span that is open here, or on the step where none is."""
        self._trace.log(self._trace.current(), attributes)


class ActionSpanTracer:
    """A span that is opened by entering it. LLM calls that are made in it carry its uid.

    Attributes:
        span: What hooks are told of; None until it is entered.
    """

    def __init__(self, trace: Trace, name: str, dependencies: tuple[str, ...] = ()) -> None:
        self.span: ActionSpan | None = None
        self._trace, self._name, self._dependencies = trace, name, dependencies
        self._inside: Inside | None = None

    @property
    def uid(self) -> str:
        """The span's uid, such as `"4:0.1"`."""
        return self._opened().uid

    def log_attribute(self, key: str, value: object) -> None:
        """Log one attribute on the span."""
        self._trace.log(self._opened(), {key: value})

    def log_attributes(self, **attributes: object) -> None:
        """Log attributes on the span; a key that is logged again takes its last value."""
        self._trace.log(self._opened(), attributes)

    def start(self) -> ActionSpan:
        """Open the span without being in it."""
        self.span = self._trace.open(self._name, self._dependencies)
        return self.span

    def stop(self, error: BaseException | None = None) -> None:
        """End the span, with what left it."""
        self._trace.end(self._opened(), error)

    def inside(self) -> Inside:
        """Be in the open span until the `with` ends: what is opened there belongs to it."""
        return Inside(self._trace, self._opened())

    async def flush(self) -> None:
        """Await the hooks that are async."""
        await self._trace.flush()

    def __enter__(self) -> Self:
        self.start()
        self._inside = self.inside()
        self._inside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._inside is not None:
            self._inside.__exit__(kind, error, trace)
        self.stop(error)

    async def __aenter__(self) -> Self:
        self.__enter__()
        await self.flush()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.__exit__(kind, error, trace)
        await self.flush()

    def _opened(self) -> ActionSpan:
        if self.span is None:
            raise ActionError(
                f"The span {self._name!r} is not open. Enter it first: with __tracer(..) as span: .."
            )
        return self.span


class Inside:
    """The time in a span: entered by each thread or task, as often as it goes on there."""

    __slots__ = ("_calls", "_span", "_token", "_trace")

    def __init__(self, trace: Trace, span: ActionSpan) -> None:
        self._trace, self._span = trace, span
        self._token: Token[tuple[Trace, ActionSpan] | None] | None = None
        self._calls: AbstractContextManager[None] = calls.in_span(span.uid)

    def __enter__(self) -> None:
        self._token = current_span.set((self._trace, self._span))
        self._calls.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._token is not None
        self._calls.__exit__(None, None, None)
        with suppress(ValueError):  # a generator that is closed from another context than it was begun in
            current_span.reset(self._token)
