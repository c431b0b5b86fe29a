"""What happens to a call that must not leave: the step ends, past every handler of an SDK.

Stop does so where it can reach the step: in the step's own thread, and in a worker of `concurrent.futures`,
whose future hands it on. Other threads die of what is no Exception, and who waits for them (such as
`multiprocessing.pool.ThreadPool.map`) waits for ever. There the call raises RefusedError, an Exception that
any of them hands on. An SDK may take it for a lost connection and try again (openai 2 does): each try
is refused at once, and whatever the action makes of it, the step ends with the refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from notebook_agent.calls.keys import Asked
from notebook_agent.calls.protocol import CallRecord, StepScope
from notebook_agent.errors import BudgetError, CallError, LedgerMissError

__all__ = ["RefusedError", "Stop", "is_interrupt", "miss_of", "overspent", "unsent", "users"]

_ADVICE = "To call the model, set app.ledger = 'auto' (%config AgentMagics.ledger = 'auto') and retry."


class Stop(BaseException):
    """Leaves an action past every handler of an SDK; the scope turns it into the error that it carries."""

    def __init__(self, error: CallError) -> None:
        super().__init__(str(error))
        self.error = error


class RefusedError(CallError):
    """What Stop is in a thread that Stop could not leave alive."""

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
    advice = (scope.recording.advice if scope.recording is not None else "") or _ADVICE
    nearest = f" Against the nearest record: {differs}." if differs else " Nothing is recorded for it."
    return LedgerMissError(
        f"No recorded answer for {_what(asked)} in {_where(scope)}; nothing was sent.{nearest} {advice}",
        run=scope.step.run.app_id,
        seq=scope.step.seq,
        action=scope.action,
    )


def overspent(scope: StepScope, asked: Asked, reason: str) -> BudgetError:
    """Make the error for a call that a budget does not allow."""
    return BudgetError(
        f"{reason} The call to {_what(asked)} in {_where(scope)} was not sent; what was done before is kept, "
        "and the calls that succeeded are served when the step is retried with a larger budget: "
        "%agent retry --max-calls N or --max-cost N (app.budget = Budget(..), then app.retry()).",
        run=scope.step.run.app_id,
        seq=scope.step.seq,
        action=scope.action,
    )


def _what(asked: Asked) -> str:
    return f"{asked.endpoint} (model {asked.model})" if asked.model else asked.endpoint


def _where(scope: StepScope) -> str:
    return f"step {scope.step.seq} ({scope.action}) of run {scope.step.run.app_id[:8]}"


def unsent(scope: StepScope, asked: Asked, error: str, at: float) -> CallRecord:
    """Make the record of a call that was refused: it shows what was asked, and can never be served."""
    return CallRecord(
        step=scope.step,
        action=scope.action,
        span=None,
        key=asked.key,
        method=asked.method,
        host=asked.host,
        endpoint=asked.endpoint,
        model=asked.model,
        request=asked.request,
        streamed=asked.streamed,
        status=None,
        content_type=None,
        body=None,
        complete=False,
        error=error,
        started_at=at,
        first_at=None,
        ended_at=None,
    )
