"""The running step, as calls find it: one ContextVar holds it, and another the open span.

A thread that was started without the step's context belongs to the step whose code started it, even
when that has ended, and one of which nothing is known to the only running step; while several run its
calls are kept without a step. Code that is known to be another's, such as a cell beside a run, belongs
to none: see `calls.threads`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, ContextVar, Token, copy_context
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

from notebook_agent.calls.miss import RefusedError, Stop
from notebook_agent.calls.protocol import LedgerMode, StepScope
from notebook_agent.calls.running import Running
from notebook_agent.calls.standin import stand_ins
from notebook_agent.calls.threads import started, whose

__all__ = [
    "Scope",
    "carrying",
    "current",
    "current_span",
    "in_span",
    "on_enter",
    "paused",
    "scope",
    "starting",
]

T = TypeVar("T")

_current: ContextVar[Running | None] = ContextVar("notebook_agent_step", default=None)
_span: ContextVar[str | None] = ContextVar("notebook_agent_span", default=None)
_paused: ContextVar[bool] = ContextVar("notebook_agent_paused", default=False)
_open: list[Running] = []
_open_lock = threading.Lock()
_enter_hooks: list[Callable[[], None]] = []


def on_enter(hook: Callable[[], None]) -> None:
    """Call `hook` whenever a step is entered."""
    _enter_hooks.append(hook)


def current() -> Running | None:
    """Find the step that a call belongs to; None outside of all steps and while paused."""
    if _paused.get():
        return None
    return _current.get() or _without_context()


def _without_context() -> Running | None:
    with _open_lock:
        steps = list(dict.fromkeys(_open))
    found = whose(threading.current_thread(), steps)
    if len(found) < 2:  # noqa: PLR2004 (none or one)
        return found[0] if found else None
    return _unattributed(found)


def carrying(running: Running) -> Context:
    """Copy the context, with this step in it."""
    context = copy_context()
    context.run(_current.set, running)
    return context


def starting(thread: threading.Thread) -> None:
    """Note whose code starts a thread."""
    with _open_lock:
        steps = list(_open)
    running = _current.get() or _without_context()
    if running is None or running.attributed:
        started(thread, running, steps)


def _unattributed(running: Sequence[Running]) -> Running:
    """Make a step that is none: its calls are kept where one of the running steps keeps its own.

    They are never served. Each of these steps may have made them: so where one is strict none leaves,
    and all their budgets pay.
    """
    strict = next((each.scope for each in running if each.scope.mode == "strict"), None)
    first = strict or running[0].scope
    mode: LedgerMode = "strict" if strict else "fresh"
    purses = {id(purse): purse for each in running for purse in each.scope.purses}
    nobodys = replace(
        first, mode=mode, partners=(), recording=None, listener=None, purses=tuple(purses.values())
    )
    return Running(nobodys, running)


def current_span() -> str | None:
    """Return the uid of the open span."""
    return _span.get()


@contextmanager
def in_span(uid: str | None) -> Iterator[None]:
    """Keep the calls made meanwhile with the span of this uid."""
    token = _span.set(uid)
    try:
        yield
    finally:
        _reset(_span, token)


@contextmanager
def paused() -> Iterator[None]:
    """Look away: a wrapper below ours must not see the same request again."""
    token = _paused.set(True)
    try:
        yield
    finally:
        _paused.reset(token)


def _reset(variable: ContextVar[T], token: Token[T]) -> None:
    try:
        variable.reset(token)
    except ValueError:  # a generator that is closed from another context than it was begun in
        return


class _Part:
    """The time from entering a step to leaving it."""

    __slots__ = ("_live", "_running", "_thread", "_token")

    def __init__(self, running: Running, *, live: bool) -> None:
        self._running, self._live, self._thread = running, live, threading.current_thread()
        self._token: Token[Running | None] | None = None

    def __enter__(self) -> None:
        for hook in _enter_hooks:
            hook()
        self._running.live = self._live
        self._running.threads.add(self._thread)
        if self._running.scope.mode == "strict":
            stand_ins.lend()
        with _open_lock:
            _open.append(self._running)
        self._token = _current.set(self._running)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        with _open_lock:
            _open.remove(self._running)
        self._running.threads.discard(self._thread)
        if self._running.scope.mode == "strict":
            stand_ins.take_back()
        assert self._token is not None
        _reset(_current, self._token)
        leaves = self._running.leave(error)
        if leaves is not None:
            raise leaves from (None if isinstance(error, Stop | RefusedError) else error)


class Scope:
    """A step: its calls keep their order and their places in the record however often it is entered.

    A step that is one piece of work is one `with`. One that is interrupted by others' code,
    such as a generator between two items, is entered by `with scope.part()` for each piece,
    in whatever thread or task, and ends with `close`.
    """

    __slots__ = ("_part", "_running", "_spanless")

    def __init__(self, scope: StepScope) -> None:
        self._running = Running(scope)
        self._part: _Part | None = None
        self._spanless: Token[str | None] | None = None

    @property
    def others(self) -> Mapping[tuple[str, str], int]:
        """How many requests that are no calls to a model the step has made, by method and host."""
        return self._running.others()

    def part(self, *, live: bool | None = None) -> AbstractContextManager[None]:
        """Enter the step until the `with` ends; `live` overrides that of the StepScope.

        Raises on leaving:
            LedgerMissError: in `strict`, a call had no record; whatever the action made of that.
        """
        return _Part(self._running, live=self._running.scope.live if live is None else live)

    def close(self) -> None:
        """End the step: what is still open is kept as it is.

        Raises:
            StoreError: A call could not be kept.
        """
        trouble = self._running.end()
        if trouble is not None:
            raise trouble

    def __enter__(self) -> None:
        self._part = _Part(self._running, live=self._running.scope.live)
        self._part.__enter__()
        self._spanless = _span.set(None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._part is not None
        assert self._spanless is not None
        _reset(_span, self._spanless)
        trouble = self._running.end()
        self._part.__exit__(kind, error, trace)
        if trouble is not None and error is None:
            raise trouble


def scope(scope: StepScope) -> Scope:
    """Make `scope` the running step: the model calls in it are recorded, and served as its mode says.

    Raises on leaving:
        LedgerMissError: in `strict`, a call had no record; whatever the action made of that.
        StoreError: a call could not be kept.
    """
    return Scope(scope)
