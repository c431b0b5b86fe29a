"""The running step: which calls it made, what may serve them, and where they are kept.

One ContextVar holds the step. A thread that was started without the step's context
belongs to the only running step; while several run its calls are kept without a step.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.drift import drift
from notebook_agent.calls.keys import Asked
from notebook_agent.calls.protocol import CallRecord, CallText, LedgerMode, StepScope
from notebook_agent.errors import LedgerMissError

if TYPE_CHECKING:
    from notebook_agent.calls.tape import Tape

__all__ = ["STAND_IN_KEY", "Running", "current", "on_enter", "paused", "scope"]

_logger = logging.getLogger(__name__)
STAND_IN_KEY = "no-key-in-strict-replay"
"""What OPENAI_API_KEY is while a step that sends nothing runs without a key."""
_PLACEHOLDER = ("OPENAI_API_KEY", STAND_IN_KEY)
_ADVICE = "To call the model, set app.ledger = 'auto' (%config AgentMagics.ledger = 'auto') and retry."


class _StrictStop(BaseException):
    """Leaves an action past every handler of an SDK; `scope` turns it into the LedgerMissError it carries."""

    def __init__(self, error: LedgerMissError) -> None:
        super().__init__(str(error))
        self.error = error


class Running:
    """One open step."""

    __slots__ = (
        "_asked",
        "_begun",
        "_lock",
        "_partners",
        "_tapes",
        "attributed",
        "miss",
        "scope",
        "trouble",
    )

    def __init__(self, scope: StepScope, *, attributed: bool = True) -> None:
        self.scope = scope
        self.attributed = attributed
        self.miss: LedgerMissError | None = None
        self.trouble: Exception | None = None
        self._lock = threading.RLock()
        self._asked: dict[str, int] = {}
        self._begun = 0
        self._partners: list[dict[str, list[CallRecord]]] | None = None
        self._tapes: set[Tape] = set()

    def begin(self, tape: Tape) -> int:
        """Note that a call has begun; give its place among the step's calls."""
        with self._lock:
            self._tapes.add(tape)
            self._begun += 1
            return self._begun - 1

    def keep(self, call: CallRecord, tape: Tape) -> None:
        """Keep a finished call; an error of the log is told when the step ends, for the call is paid."""
        with self._lock:
            self._tapes.discard(tape)
        try:
            call = replace(call, id=self.scope.log.record_call(call))
        except Exception as error:  # noqa: BLE001 (raised here it would make the client send again)
            self.trouble = self.trouble or error
        self.tell(call)

    def tell(self, event: CallRecord | CallText) -> None:
        """Tell the listener; one that raises is logged and never harms the call."""
        if self.scope.listener is None:
            return
        try:
            self.scope.listener(event)
        except Exception:
            _logger.exception("a listener to calls failed")

    def serve(self, asked: Asked) -> tuple[CallRecord | None, str | None]:
        """Find the record that answers this request, or why there is none.

        In `strict` a miss leaves through every handler of the action as no Exception can.
        """
        if self.scope.mode == "fresh":
            return None, None
        with self._lock:
            found = self._find(asked.key)
        if found is not None:
            return found, None
        differs = drift(asked, self._recorded(asked.endpoint))
        if self.scope.mode == "strict":
            self._stop(asked, differs)
        return None, differs

    def _find(self, key: str) -> CallRecord | None:
        n = self._asked.get(key, 0)
        self._asked[key] = n + 1
        for records in self._served_by():
            if n < len(records.get(key, ())):
                return records[key][n]
        recording = self.scope.recording
        return recording.take(self.scope.step.run, key) if recording else None

    def _served_by(self) -> list[dict[str, list[CallRecord]]]:
        if self._partners is None:
            self._partners = [_by_key(self.scope.log.calls([step])) for step in self.scope.partners]
        return self._partners

    def _recorded(self, endpoint: str) -> list[CallRecord]:
        own = [call for step in self.scope.partners for call in self.scope.log.calls([step])]
        return [*own, *(self.scope.recording.nearest(endpoint) if self.scope.recording else ())]

    def _stop(self, asked: Asked, differs: str | None) -> None:
        error = _miss(self.scope, asked, differs)
        self.miss = self.miss or error
        raise _StrictStop(error)

    def end(self, error: BaseException | None) -> BaseException | None:
        """Close what is still open; give the error that the step ends with, if not its own."""
        for tape in tuple(self._tapes):
            tape.abandoned()
        if isinstance(error, _StrictStop):
            return (self.miss or error.error).with_traceback(_users(error))
        if self.miss is not None and (error is None or not _is_interrupt(error)):
            return self.miss.with_traceback(None)
        return self.trouble if error is None else None


def _by_key(calls: list[CallRecord]) -> dict[str, list[CallRecord]]:
    table = defaultdict(list)
    for call in filter(servable, calls):
        table[call.key].append(call)
    return table


def _is_interrupt(error: BaseException) -> bool:
    return not isinstance(error, Exception | BaseExceptionGroup)


def _users(error: BaseException) -> TracebackType | None:
    """Cut the frames of SDKs and our own off the end of a traceback, if any other is left."""
    frames = list(_frames(error.__traceback__))
    while frames and not _is_users(frames[-1]):
        frames.pop()
    if frames:
        frames[-1].tb_next = None
    return error.__traceback__


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _is_users(trace: TracebackType) -> bool:
    import sysconfig

    module = str(trace.tb_frame.f_globals.get("__name__"))
    paths = sysconfig.get_paths()
    libraries = tuple(paths[name] for name in ("purelib", "platlib", "stdlib"))
    return module.partition(".")[0] != "notebook_agent" and not trace.tb_frame.f_code.co_filename.startswith(
        libraries
    )


def _miss(scope: StepScope, asked: Asked, differs: str | None) -> LedgerMissError:
    what = f"{asked.endpoint} (model {asked.model})" if asked.model else asked.endpoint
    advice = (scope.recording.advice if scope.recording is not None else "") or _ADVICE
    nearest = f" Against the nearest record: {differs}." if differs else " Nothing is recorded for it."
    return LedgerMissError(
        f"No recorded answer for {what} in step {scope.step.seq} ({scope.action}) of run "
        f"{scope.step.run.app_id[:8]}; nothing was sent.{nearest} {advice}",
        run=scope.step.run.app_id,
        seq=scope.step.seq,
        action=scope.action,
    )


_current: ContextVar[Running | None] = ContextVar("notebook_agent_step", default=None)
_paused: ContextVar[bool] = ContextVar("notebook_agent_paused", default=False)
_open: list[Running] = []
_open_lock = threading.Lock()
_enter_hooks: list[Callable[[], None]] = []


def on_enter(hook: Callable[[], None]) -> None:
    """Call `hook` whenever a step begins."""
    _enter_hooks.append(hook)


def current() -> Running | None:
    """Find the step that a call belongs to; None outside of all steps and while paused."""
    if _paused.get():
        return None
    running = _current.get()
    if running is not None:
        return running
    with _open_lock:
        steps = list(_open)
    if len(steps) < 2:  # noqa: PLR2004 (none or one)
        return steps[0] if steps else None
    return _unattributed(steps)


def _unattributed(running: list[Running]) -> Running | None:
    """Make a step that is none: its calls are kept where all running steps keep theirs, and never served."""
    first = running[0].scope
    if any(each.scope.log is not first.log for each in running):
        return None
    mode: LedgerMode = "strict" if any(each.scope.mode == "strict" for each in running) else "fresh"
    return Running(replace(first, mode=mode, partners=(), recording=None, listener=None), attributed=False)


@contextmanager
def paused() -> Iterator[None]:
    """Look away: a wrapper below ours must not see the same request again."""
    token = _paused.set(True)
    try:
        yield
    finally:
        _paused.reset(token)


class _Entered:
    __slots__ = ("_running", "_token")

    def __init__(self, scope: StepScope) -> None:
        self._running = Running(scope)
        self._token: Token[Running | None] | None = None

    def __enter__(self) -> None:
        for hook in _enter_hooks:
            hook()
        if self._running.scope.mode == "strict":
            _key.lend()
        with _open_lock:
            _open.append(self._running)
        self._token = _current.set(self._running)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._leave()
        ends_with = self._running.end(error)
        if ends_with is not None:
            raise ends_with from (None if isinstance(error, _StrictStop) else error)

    def _leave(self) -> None:
        with _open_lock:
            _open.remove(self._running)
        if self._running.scope.mode == "strict":
            _key.take_back()
        try:
            assert self._token is not None
            _current.reset(self._token)
        except ValueError:  # a generator that is closed from another context than it was begun in
            pass


def scope(scope: StepScope) -> AbstractContextManager[None]:
    """Make `scope` the running step: the model calls in it are recorded, and served as its mode says.

    Raises on leaving:
        LedgerMissError: in `strict`, a call had no record; whatever the action made of that.
        StoreError: a call could not be kept.
    """
    return _Entered(scope)


class _Key:
    """Stands in for the key without which `openai.Client()` refuses to be built; nothing is sent with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._borrowers = 0
        self._lent = False

    def lend(self) -> None:
        name, value = _PLACEHOLDER
        with self._lock:
            self._borrowers += 1
            if name not in os.environ:
                os.environ[name] = value
                self._lent = True

    def take_back(self) -> None:
        name, value = _PLACEHOLDER
        with self._lock:
            self._borrowers -= 1
            if self._borrowers == 0 and self._lent:
                self._lent = False
                if os.environ.get(name) == value:
                    del os.environ[name]


_key = _Key()
