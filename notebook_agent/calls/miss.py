"""What happens to a call that must not leave: the step ends, past every handler of an SDK."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from types import TracebackType

from notebook_agent.calls.keys import Asked
from notebook_agent.calls.protocol import StepScope
from notebook_agent.errors import CallError, LedgerMissError

__all__ = ["STAND_IN_KEY", "Stop", "is_interrupt", "key", "miss_of", "users"]

STAND_IN_KEY = "no-key-in-strict-replay"
"""What OPENAI_API_KEY is while a step that sends nothing runs without a key."""
_PLACEHOLDER = ("OPENAI_API_KEY", STAND_IN_KEY)
_ADVICE = "To call the model, set app.ledger = 'auto' (%config AgentMagics.ledger = 'auto') and retry."


class Stop(BaseException):
    """Leaves an action past every handler of an SDK; the scope turns it into the error that it carries."""

    def __init__(self, error: CallError) -> None:
        super().__init__(str(error))
        self.error = error


def is_interrupt(error: BaseException) -> bool:
    """Tell what stops a program, such as Stop or a cancelled task, from an error."""
    return not isinstance(error, Exception | BaseExceptionGroup)


def users(error: BaseException) -> TracebackType | None:
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


def miss_of(scope: StepScope, asked: Asked, differs: str | None) -> LedgerMissError:
    """Make the error for a call that strict replay has no record of."""
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


class _Key:
    """Stands in for the key without which `openai.Client()` refuses to be built; nothing is sent with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._borrowers = 0
        self._lent = False

    def lend(self) -> None:
        """Set it, where no key is set."""
        name, value = _PLACEHOLDER
        with self._lock:
            self._borrowers += 1
            if name not in os.environ:
                os.environ[name] = value
                self._lent = True

    def take_back(self) -> None:
        """Take it away when nobody needs it any more."""
        name, value = _PLACEHOLDER
        with self._lock:
            self._borrowers -= 1
            if self._borrowers == 0 and self._lent:
                self._lent = False
                if os.environ.get(name) == value:
                    del os.environ[name]


key = _Key()
