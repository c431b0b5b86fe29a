"""What goes on in the run in use, as numbered messages, at most 20 a second.

A run is read once; from then on its events say what is new. Events come fast, so they are
gathered for a message. The longer making one takes, the fewer are made. The newest step is
told whole a few times a second, as nobody reads a state faster, and always when the run rests.

The thread that runs makes a message itself as it begins a step, once one is due, and before it is held:
another thread would take the interpreter from it again and again. What comes between is told by a
thread beside it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from notebook_agent.application import Application
from notebook_agent.lifecycle import (
    CallEnded,
    Event,
    RunHalted,
    RunPaused,
    StepEnded,
    StepStarted,
    TextStreamed,
)
from notebook_agent.pace import Pace
from notebook_agent.redact import redact_text
from notebook_agent.session.following import Following
from notebook_agent.session.teller import Teller
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.going import Going
from notebook_agent.view.served import Served
from notebook_agent.view.wire import Detail, Progress

__all__ = ["News"]

_INTERVAL = 0.05
_READABLE = 0.25
"""Seconds between two messages that tell the newest step whole, while the run goes on."""
_SHARE = 25
"""Making messages takes at most one part in so many of the time."""
_QUIET = 0.15
"""Seconds without an event after which a run between two steps is taken to rest."""
_GRACE = 0.1
"""Seconds by which the thread beside a run waits longer than one that tells itself."""
_TEXT = 4_000


class News(Following[Progress]):
    """Listens to the run in use and tells those who subscribed.

    Attributes:
        number: Of the last message.
    """

    def __init__(
        self,
        workspace: Workspace,
        told: Callable[[Detail], Detail] = lambda detail: detail,
        served: Served | None = None,
    ) -> None:
        super().__init__(workspace)
        self.number = 0
        self._told = told
        self._served = served or Served()
        self._sending = threading.RLock()
        self._going: Going | None = None
        self._events: deque[Event] = deque()
        self._since: int | None = None
        self._text = ""
        self._in_step = False
        self._heard_at = 0.0
        self._told_here = float("-inf")
        self._messages = Pace(_SHARE, least=_INTERVAL)
        self._details = Pace(_SHARE, least=_READABLE)
        self._teller = Teller(self._due, wait=lambda: max(self._own_turn(), _INTERVAL))

    def _rest(self) -> None:
        """Tell at once what has been gathered, since a command is over."""
        self._heard_at = 0.0
        self._flush()

    def _flush(self) -> None:
        with self._sending:
            self._tell()

    def _tell_here(self) -> None:
        """Tell in the thread that runs, unless another tells; trouble is left to the thread beside it."""
        if self._sending.acquire(blocking=False):
            try:
                self._told_here = time.monotonic()
                with suppress(Exception):
                    self._tell()
            finally:
                self._sending.release()

    def _tell(self) -> None:
        with self._messages.doing():
            made = self._made()
            goes_on = made is not None and made["run"]["status"] == "running"
            if made is not None and goes_on:
                self._say(made)
        if made is not None and not goes_on:
            self._say(made)

    def _made(self) -> Progress | None:
        """Make a message of what has been gathered; what comes meanwhile waits for the next."""
        with self._lock:
            self._learn()
            since, self._since = self._since, None
            app, going = self._app, self._going
            if since is None or app is None or going is None or not self._listeners:
                return None
            rests = self._rests()
            self.number += 1
            text = redact_text(self._text)[-_TEXT:]
            made = going.progress(app.graph, n=self.number, since=since, text=text, runs=not rests)
            whole = made["run"]["status"] != "running" or self._details.wait() == 0
            if not rests and not (self._in_step and whole):
                self._since = app.sequence_id
        if whole:
            with self._details.doing():
                detail = going.detail(app.graph)
                made["detail"] = None if detail is None else self._told(detail)
        return made

    def _rests(self) -> bool:
        """Whether the run halted, and is not between two of many steps."""
        return not self._in_step and time.monotonic() - self._heard_at >= _QUIET

    def _turn(self, app: Application | None) -> None:
        self._events.clear()
        self._since, self._text, self._in_step = None, "", False
        self._going = None if app is None else Going(app.history, self._served)

    def _take(self, event: Event) -> None:
        """Put an event by, in the thread that runs: all that takes time is left to the message."""
        if isinstance(event, RunHalted):
            return
        self._events.append(event)
        self._heard_at = time.monotonic()
        is_due = isinstance(event, StepStarted) and self._messages.wait() == 0
        if is_due or isinstance(event, RunPaused):
            self._tell_here()
        self._teller.wake()

    def _learn(self) -> None:
        """Take in the events that were put by; the beginning of a step that is over says nothing."""
        going, events, begun, first = self._going, self._events, None, self._since
        while events and going is not None:
            event = events.popleft()
            seq: int | None
            if isinstance(event, StepEnded):
                begun, self._in_step, seq = None, False, event.record.seq
                going.end(event.record, event.state)
            elif isinstance(event, StepStarted):
                begun, self._text, self._in_step, seq = event, "", True, event.ref.seq
            else:
                seq = self._learn_more(going, event)
            if seq is not None and (first is None or seq < first):
                first = seq
        if begun is not None and going is not None:
            going.begin(begun.ref, begun.action, begun.at)
        self._since = first

    def _learn_more(self, going: Going, event: Event) -> int | None:
        """Take in what comes in the midst of a step; return the step."""
        if isinstance(event, TextStreamed):
            self._text = (self._text + event.text)[-2 * _TEXT :]
            return None if event.ref is None else event.ref.seq
        if isinstance(event, CallEnded):
            going.call(event.call)
            return None if event.call.step is None else event.call.step.seq
        return None

    def _own_turn(self) -> float:
        """Return in how many seconds the thread beside may tell; a run that tells itself goes first."""
        grace = self._told_here + _INTERVAL + _GRACE - time.monotonic()
        return max(self._messages.wait(), grace)

    def _due(self) -> float | None:
        """Tell what there is; look again when a run may have come to rest, or a step may be told whole."""
        soon = self._own_turn()
        if soon == 0:
            self._flush()
        elif self._events:
            return soon
        if self._since is None:
            return None
        return self._details.wait() if self._in_step else _QUIET
