"""One open step: its calls, what has been served to it, and what it ends with."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.drift import Nearest
from notebook_agent.calls.keys import Asked, Unread
from notebook_agent.calls.miss import RefusedError, Stop, is_interrupt, miss_of, overspent, unsent, users
from notebook_agent.calls.protocol import CallRecord, CallText, Purse, StepScope
from notebook_agent.calls.threads import is_of_pool
from notebook_agent.calls.veiled import lifted, veiled
from notebook_agent.errors import CallError

if TYPE_CHECKING:
    from notebook_agent.calls.tape import Tape

__all__ = ["Running"]

Differs = Callable[[Asked], str | None]

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
        "_asked",
        "_begun",
        "_calls",
        "_lock",
        "_near",
        "_note",
        "_others",
        "_partners",
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
        self._asked: dict[str, int] = {}
        self._begun = 0
        self._note = scope.note
        self._others: Counter[tuple[str, str]] = Counter()
        self._calls: list[list[CallRecord]] | None = None
        self._near: dict[str, Nearest] = {}
        self._partners: list[dict[str, list[CallRecord]]] | None = None
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
        return bool(self.scope.purses) or self.scope.mode == "strict" or self._may_serve

    @property
    def _may_serve(self) -> bool:
        return self.scope.mode != "fresh" and bool(self.scope.partners or self.scope.recording)

    def serve(self, unread: Unread) -> tuple[CallRecord | None, Differs | None]:
        """Find the record that answers this request, or else what says how it differs from what is recorded.

        A call that must not leave ends the action past every handler in it, as no Exception can;
        in a thread that would die of that it raises an Exception: see `calls.miss`.
        """
        found = self._look(unread)
        if found is not None:
            return found, None
        self._permit(unread)
        goes_live = self.live and self.scope.mode == "auto"
        return None, self._differs if self._may_serve and not goes_live else None

    def _look(self, unread: Unread) -> CallRecord | None:
        if not self._may_serve or not self._nearest(unread.endpoint):
            return None
        with self._lock:
            found = self._find(unread.asked)
        return None if self.live and self.scope.mode == "auto" else found

    def _permit(self, unread: Unread) -> None:
        if self.scope.mode == "strict":
            asked, differs = unread.asked, self._differs(unread.asked)
            self._stop(lambda scope: scope.mode == "strict", lambda scope: miss_of(scope, asked, differs))
            self._refuse(asked, "no record in strict replay", differs)
        told = [(purse, purse.refuse(unread.host, lambda: unread.model)) for purse in self.scope.purses]
        refused = [(purse, reason) for purse, reason in told if reason is not None]
        if refused:
            for purse, reason in told:
                if reason is None:
                    purse.unsent()
            self._overspend(unread.asked, refused)

    def _overspend(self, asked: Asked, refused: Sequence[tuple[Purse, str]]) -> NoReturn:
        for purse, reason in refused:
            self._stop(partial(_pays, purse), partial(overspent, asked=asked, reason=reason))
        self._refuse(asked, refused[0][1])

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

    def _find(self, asked: Asked) -> CallRecord | None:
        n = self._asked.get(asked.key, 0)
        self._asked[asked.key] = n + 1
        for records in self._served_by():
            if n < len(records.get(asked.key, ())):
                return records[asked.key][n]
        return self._from_file(asked, n) or self._from_veiled(asked, n)

    def _from_file(self, asked: Asked, n: int) -> CallRecord | None:
        recording, before = self.scope.recording, self._before(asked.key)
        return recording.take(asked.key, n=before + n, branch=self.scope.branch) if recording else None

    def _from_veiled(self, asked: Asked, n: int) -> CallRecord | None:
        """Look for a record whose request differs in nothing but secrets of an environment."""
        recording, branch = self.scope.recording, self.scope.branch
        if any(asked.key in records for records in self._served_by()):
            return None
        for calls in self._recorded():
            same = [call for call in veiled(calls) if self._is_lifted(call, asked)]
            if n < len(same):
                return same[n]
        if recording is None or recording.count(asked.key, branch=branch):
            return None
        same = [call for call in recording.veiled() if self._is_lifted(call, asked)]
        mine = [call for call in same if call.branch == branch or not any(each.branch for each in same)]
        n += self._before(asked.key)
        return mine[n] if n < len(mine) else None

    @staticmethod
    def _is_lifted(call: CallRecord, asked: Asked) -> bool:
        return (call.method, call.endpoint) == (asked.method, asked.endpoint) and lifted(call, asked.text)

    def _before(self, key: str) -> int:
        return 0 if self.scope.answered is None else self.scope.answered(key)

    def _differs(self, asked: Asked) -> str | None:
        recording, branch = self.scope.recording, self.scope.branch
        recorded = 0 if recording is None else recording.count(asked.key, branch=branch)
        if recorded:
            n = self._before(asked.key) + self._asked.get(asked.key, 1)
            return f"the record is used up: {recorded} recorded, this is request {n}"
        if recording is not None and not any(asked.key in records for records in self._served_by()):
            others = [call for call in recording.nearest(asked.endpoint) if call.key == asked.key]
            if any(servable(call) and call.branch != branch for call in others):
                return "the same request is recorded in another branch, whose answers are its own"
        return self._nearest(asked.endpoint).drift(asked, self._asked)

    def _served_by(self) -> list[dict[str, list[CallRecord]]]:
        if self._partners is None:
            self._partners = [_by_key(calls) for calls in self._recorded()]
        return self._partners

    def _recorded(self) -> list[list[CallRecord]]:
        if self._calls is None:
            self._calls = [self.scope.log.calls([step]) for step in self.scope.partners]
        return self._calls

    def _nearest(self, endpoint: str) -> Nearest:
        with self._lock:
            if endpoint not in self._near:
                own = [call for calls in self._recorded() for call in calls if call.endpoint == endpoint]
                others = self.scope.recording.nearest(endpoint) if self.scope.recording else ()
                self._near[endpoint] = Nearest([*own, *others])
            return self._near[endpoint]

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


def _pays(purse: Purse, scope: StepScope) -> bool:
    return any(each is purse for each in scope.purses)


def _by_key(calls: list[CallRecord]) -> dict[str, list[CallRecord]]:
    table = defaultdict(list)
    for call in filter(servable, calls):
        table[call.key].append(call)
    return table
