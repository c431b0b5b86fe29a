"""The inside of a step: what runs there can ask for its step, and its LLM calls belong to it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import Token
from types import TracebackType

from notebook_agent.calls import Scope, in_span
from notebook_agent.engine.pairing import step_scope
from notebook_agent.engine.runs import Run
from notebook_agent.engine.step import OpenStep
from notebook_agent.tracing import Traced, current_span, current_step

__all__ = ["Inside"]


class _Entered:
    """A time within a step: its own context, and that of its LLM calls."""

    __slots__ = ("_apart", "_calls", "_step", "_token")

    def __init__(self, step: OpenStep, calls: AbstractContextManager[None] | None) -> None:
        self._step, self._calls = step, calls
        self._apart: AbstractContextManager[None] | None = None

    def __enter__(self) -> None:
        self._token = current_step.set(self._step)
        if self._calls is not None:
            self._calls.__enter__()
        if current_span.get() is not None:
            self._apart = _apart(self._step)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._apart is not None:
            self._apart.__exit__(None, None, None)
        _leave(self._token)
        if self._calls is not None:
            self._calls.__exit__(kind, error, trace)


class Inside(_Entered):
    """One step's inside: entered once as `with inside:`, or with `part` for each item of a stream.

    Between two items of a stream the code of whoever takes them runs, which is outside.
    """

    __slots__ = ("_scope",)

    def __init__(self, run: Run, step: OpenStep) -> None:
        self._scope: Scope | None = None if run.store is None else step_scope(run, run.store, step)
        super().__init__(step, self._scope)

    def part(self) -> AbstractContextManager[None]:
        """Enter it until the `with` ends, one time of several; `close` comes last."""
        return _Entered(self._step, None if self._scope is None else self._scope.part())

    def close(self) -> None:
        """End what was entered by `part`."""
        if self._scope is not None:
            self._scope.close()


def _apart(step: OpenStep) -> AbstractContextManager[None] | None:
    """Enter no span, where the one that is open here is another step's."""
    found = current_span.get()
    if found is None or found[0] is step.trace:
        return None
    without = in_span(None)
    without.__enter__()
    return without


def _leave(token: Token[Traced | None]) -> None:
    try:
        current_step.reset(token)
    except ValueError:  # a generator that is closed from another context than it was begun in
        return
