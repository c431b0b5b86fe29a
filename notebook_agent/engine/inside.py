"""The inside of a step: what runs there can ask for its step, and its LLM calls belong to it."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from contextvars import Token
from types import TracebackType

from notebook_agent.calls import Scope, in_span
from notebook_agent.engine.pairing import step_scope
from notebook_agent.engine.run import OpenStep, Run
from notebook_agent.tracing import Traced, current_span, current_step

__all__ = ["Inside"]


class Inside:
    """One step's inside: entered once as `with inside.whole()`, or with `part` for each item of a stream.

    Between two items of a stream the code of whoever takes them runs, which is outside.
    """

    __slots__ = ("_scope", "_step")

    def __init__(self, run: Run, step: OpenStep) -> None:
        self._step = step
        self._scope: Scope | None = None if run.store is None else step_scope(run, run.store, step)

    def whole(self) -> AbstractContextManager[None]:
        """Enter it until the `with` ends, once."""
        return _Entered(self._step, self._scope)

    def part(self) -> AbstractContextManager[None]:
        """Enter it until the `with` ends, one time of several; `close` comes last."""
        return _Entered(self._step, None if self._scope is None else self._scope.part())

    def close(self) -> None:
        """End what was entered by `part`."""
        if self._scope is not None:
            self._scope.close()


class _Entered:
    __slots__ = ("_calls", "_no_span", "_step", "_token")

    def __init__(self, step: OpenStep, calls: AbstractContextManager[None] | None) -> None:
        self._step, self._calls = step, calls
        self._token: Token[Traced | None] | None = None
        self._no_span: AbstractContextManager[None] | None = None

    def __enter__(self) -> None:
        self._token = current_step.set(self._step)
        if self._calls is not None:
            self._calls.__enter__()
        outer = current_span.get()
        if outer is not None and outer[0] is not self._step.trace:
            self._no_span = in_span(None)
            self._no_span.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._token is not None
        if self._no_span is not None:
            self._no_span.__exit__(None, None, None)
        with suppress(ValueError):  # a generator that is closed from another context than it was begun in
            current_step.reset(self._token)
        if self._calls is not None:
            self._calls.__exit__(kind, error, trace)
