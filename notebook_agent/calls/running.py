"""One open step: its calls, which of them may leave, and what it ends with."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from notebook_agent.calls.budget import pays, refusals
from notebook_agent.calls.keys import Asked, Unread
from notebook_agent.calls.miss import RefusedError, Stop, is_interrupt, miss_of, overspent, unsent, users
from notebook_agent.calls.protocol import CallRecord, CallText, StepScope
from notebook_agent.calls.records import Differs, Records
from notebook_agent.calls.threads import is_of_pool
from notebook_agent.errors import CallError

if TYPE_CHECKING:
    from notebook_agent.calls.tape import Tape

__all__ = ["Running"]

_logger = logging.getLogger(__name__)


class Running:
    """One open step.

    Attributes:
        among: The steps that it stands for where a call can be no single one's; else none.
        live: Whether nothing is served, though the mode would: see `StepScope.live`.
        stopped: The first call that was refused, as the error that the step ends with.
        threads: Those in which the step's own code runs at the moment.
        trouble: What went wrong when a call was kept.
    """

    __slots__ = (
        "_begun",
        "_lock",
        "_note",
        "_others",
        "_records",
        "_refused",
        "_tapes",
        "among",
        "live",
        "scope",
        "stopped",
        "threads",
        "trouble",
    )

    def __init__(self, scope: StepScope, among: Sequence[Running] = ()) -> None:
        self.scope = scope
        self.among = tuple(among)
        self.live = scope.live
        self.stopped: CallError | None = None
        self.trouble: Exception | None = None
        self._lock = threading.RLock()
        self._begun = 0
        self._note = scope.note
        self._others: Counter[tuple[str, str]] = Counter()
        self._records = Records(scope)
        self._refused: set[tuple[str, int]] = set()
        self._tapes: set[Tape] = set()
        self.threads: set[threading.Thread] = set()

    @property
    def attributed(self) -> bool:
        """Whether its calls are known to be its own."""
        return not self.among

    def check(self) -> None:
        """Raise if the step is to end."""
        if self.scope.check is not None:
            self.scope.check()

    def on_stop(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """Act where the step is to end meanwhile; this may be on any thread."""
        return nullcontext() if self.scope.on_stop is None else self.scope.on_stop(act)

    def begin(self, tape: Tape) -> int:
        """Note that a call has begun; give its place among the step's calls."""
        with self._lock:
            self._tapes.add(tape)
            self._begun += 1
            return self._begun - 1

    def pass_by(self, method: str, host: str) -> None:
        """Note a request that is no call to a model."""
        with self._lock:
            self._others[method, host] += 1

    def others(self) -> Mapping[tuple[str, str], int]:
        """How many requests were no calls to a model, by method and host."""
        with self._lock:
            return dict(self._others)

    def keep(self, call: CallRecord) -> CallRecord:
        """Keep a finished call; an error of the log is told when the step ends, for the call is paid."""
        if not call.replayed:
            for purse in self.scope.purses:
                purse.took(call)
        return self._log(call)

    def secure(self, call: CallRecord) -> CallRecord:
        """Keep an answer whose stream goes on; it is kept again, under the same id, when that has ended."""
        return self._log(call)

    def forget(self, tape: Tape) -> None:
        """Note that an exchange is over, and told."""
        with self._lock:
            self._tapes.discard(tape)

    def _log(self, call: CallRecord) -> CallRecord:
        try:
            if call.id is None:
                return replace(call, id=self.scope.log.record_call(call))
            self.scope.log.amend_call(call)
        except Exception as error:  # noqa: BLE001 (raised here it would make the client send again)
            self.trouble = self.trouble or error
        return call

    def tell(self, event: CallRecord | CallText) -> None:
        """Tell the listener; one that raises is logged and never harms the call."""
        if self.scope.listener is None:
            return
        try:
            self.scope.listener(event)
        except Exception:
            _logger.exception("a listener to calls failed")

    @property
    def decides(self) -> bool:
        """Whether a request must be known for a call before it leaves: there may be a limit, or a record."""
        return bool(self.scope.purses) or self.scope.mode == "strict" or self._records.may_serve

    def serve(self, unread: Unread) -> tuple[CallRecord | None, Differs | None]:
        """Find the record that answers this request, or else what says how it differs from what is recorded.

        A call that must not leave ends the action past every handler in it, as no Exception can;
        in a thread that would die of that it raises an Exception: see `calls.miss`.
        """
        found = self._records.look(unread)
        goes_live = self.live and self.scope.mode == "auto"
        if found is not None and not goes_live:
            return found, None
        self._permit(unread)
        return None, self._records.differs if self._records.may_serve and not goes_live else None

    def _permit(self, unread: Unread) -> None:
        if self.scope.mode == "strict":
            asked, differs = unread.asked, self._records.differs(unread.asked)
            self._stop(lambda scope: scope.mode == "strict", lambda scope: miss_of(scope, asked, differs))
            self._refuse(asked, "no record in strict replay", differs)
        refused = refusals(self.scope.purses, unread.host, lambda: unread.model)
        for purse, reason in refused:
            self._stop(partial(pays, purse), partial(overspent, asked=unread.asked, reason=reason))
        if refused:
            self._refuse(unread.asked, refused[0][1])

    def _stop(self, concerns: Callable[[StepScope], bool], make: Callable[[StepScope], CallError]) -> None:
        """Have the steps end that a refusal concerns: this one, or those of which it may be one's."""
        for each in (self, *self.among):
            if concerns(each.scope):
                each.stopped = each.stopped or make(each.scope)

    def _refuse(self, asked: Asked, reason: str, differs: str | None = None) -> NoReturn:
        error = self.stopped
        assert error is not None
        thread = threading.current_thread()
        hands_on = thread in self.threads or is_of_pool(thread)
        if self.attributed and (hands_on or self._is_first(asked, thread)):
            refused = unsent(self.scope, asked, f"not sent: {reason}", time.time())
            self.tell(self._log(replace(refused, drift=differs)))
        raise Stop(error) if hands_on else RefusedError(error)

    def _is_first(self, asked: Asked, thread: threading.Thread) -> bool:
        """Tell a refused call from its client's further tries, which are not listed."""
        with self._lock:
            this, known = (asked.key, id(thread)), len(self._refused)
            self._refused.add(this)
            return len(self._refused) > known

    def leave(self, error: BaseException | None) -> BaseException | None:
        """Give the error that leaves in the place of `error`, if any: a call was refused."""
        if isinstance(error, Stop | RefusedError):
            return (self.stopped or error.error).with_traceback(users(error))
        if self.stopped is not None and (error is None or not is_interrupt(error)):
            return self.stopped.with_traceback(None)
        return None

    def end(self) -> Exception | None:
        """Close what is still open; give what went wrong when a call was kept."""
        for tape in tuple(self._tapes):
            tape.abandoned()
        note, self._note = self._note, None
        if note is not None:
            for (method, host), count in self.others().items():
                note({"request": {"method": method, "host": host, "count": count}})
        return self.trouble
