"""What goes on in the run in use, as numbered messages, at most 20 a second.

A run is read once; from then on its events say what is new. Events come fast, so they are
gathered for a message. The longer making one takes, the fewer are made.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable

from notebook_agent.application import Application
from notebook_agent.lifecycle import CallEnded, Event, StepEnded, StepStarted, TextStreamed
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.panel import Going
from notebook_agent.view.wire import Progress

__all__ = ["News"]

_INTERVAL = 0.05
_SHARE = 5
"""Making messages takes at most one part in so many of the time."""
_TEXT = 4_000

Listener = Callable[[Progress], None]


class News:
    """Listens to the run in use and tells those who subscribed.

    Attributes:
        number: Of the last message.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.number = 0
        self._ws = workspace
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._app: Application | None = None
        self._going: Going | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._since: int | None = None
        self._text = ""
        self._interval = _INTERVAL
        self._waiting = False

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell the listener from now on; return the way to stop it."""
        with self._lock:
            if not self._listeners:
                self._ws.moved.append(self._follow)
                self._ws.rested.append(self.flush)
            self._listeners.append(listener)
            self._follow()
        return lambda: self._leave(listener)

    def flush(self) -> None:
        """Tell at once what has been gathered."""
        with self._lock:
            since, self._since = self._since, None
            if since is None or self._app is None or self._going is None or not self._listeners:
                return
            started = time.monotonic()
            self.number += 1
            told = self._going.progress(self._app.graph, n=self.number, since=since, text=self._text)
            for listener in list(self._listeners):
                listener(told)
            self._interval = max(_INTERVAL, _SHARE * (time.monotonic() - started))

    def _leave(self, listener: Listener) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
            if not self._listeners:
                self._unsubscribe()
                self._app = self._going = None
                self._ws.moved.remove(self._follow)
                self._ws.rested.remove(self.flush)

    def _follow(self) -> None:
        app = self._ws.app
        if app is self._app:
            return
        self._unsubscribe()
        self._app, self._since, self._text = app, None, ""
        self._going = None if app is None else Going.of(app.history)
        self._unsubscribe = app.subscribe(self._take) if app is not None else lambda: None

    def _take(self, event: Event) -> None:
        with self._lock:
            self._learn(event)
            seq = _seq_of(event)
            if seq is not None:
                self._since = seq if self._since is None else min(seq, self._since)
            gathered = self._since is not None
        if gathered:
            self._later()

    def _learn(self, event: Event) -> None:
        if isinstance(event, TextStreamed):
            self._text = (self._text + event.text)[-_TEXT:]
        elif self._going is None:
            return
        elif isinstance(event, StepStarted):
            self._text = ""
            self._going.begin(event.ref, event.action, event.at)
        elif isinstance(event, StepEnded):
            self._going.end(event.record)
        elif isinstance(event, CallEnded):
            self._going.tally.add(event.call)

    def _later(self) -> None:
        with self._lock:
            if self._waiting:
                return
            self._waiting = True
        context = contextvars.copy_context()
        timer = threading.Timer(self._interval, context.run, [self._due])
        timer.daemon = True
        timer.start()

    def _due(self) -> None:
        with self._lock:
            self._waiting = False
            self.flush()


def _seq_of(event: Event) -> int | None:
    if isinstance(event, StepEnded):
        return event.record.seq
    if isinstance(event, StepStarted | TextStreamed):
        return None if event.ref is None else event.ref.seq
    if isinstance(event, CallEnded):
        return None if event.call.step is None else event.call.step.seq
    return None
