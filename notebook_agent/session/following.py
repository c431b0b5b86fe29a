"""Follows the run in use, whichever that is, for as long as somebody listens."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from notebook_agent.application import Application
from notebook_agent.lifecycle import Event
from notebook_agent.session.workspace import Workspace

__all__ = ["Following"]

Told = TypeVar("Told")
_log = logging.getLogger(__name__)


class Following(ABC, Generic[Told]):
    """Hears the events of the run in use and tells those who listen; any thread may call it."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Told], None]] = []
        self._app: Application | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def subscribe(self, listener: Callable[[Told], None]) -> Callable[[], None]:
        """Tell the listener from now on; return the way to stop it."""
        with self._lock:
            if not self._listeners:
                self._ws.moved.append(self._follow)
                self._ws.rested.append(self._rest)
            self._listeners.append(listener)
            self._follow()
        return lambda: self._leave(listener)

    @abstractmethod
    def _turn(self, app: Application | None) -> None:
        """Begin anew, with the run that is in use now; with None where nobody listens any more."""

    @abstractmethod
    def _take(self, event: Event) -> None:
        """Learn from an event, in the thread that runs; nothing is done to the run there."""

    @abstractmethod
    def _rest(self) -> None:
        """Learn that a command is over."""

    def _say(self, told: Told) -> None:
        for listener in list(self._listeners):
            try:
                listener(told)
            except Exception:  # noqa: BLE001  # a panel that is gone must not silence the others
                _log.exception("A panel could not be told, and is told no more.")
                self._leave(listener)

    def _leave(self, listener: Callable[[Told], None]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
            if not self._listeners and self._follow in self._ws.moved:
                self._unsubscribe()
                self._app = None
                self._ws.moved.remove(self._follow)
                self._ws.rested.remove(self._rest)
                self._turn(None)

    def _follow(self) -> None:
        app = self._ws.app
        if app is self._app:
            return
        self._unsubscribe()
        self._app = app
        self._turn(app)
        self._unsubscribe = app.subscribe(self._take, passive=True) if app is not None else lambda: None
