"""How the run in use is held: pause, step and stop from any thread, breakpoints, limits.

What the page is told of it changes with the run's events, and is sent at most 20 times a second.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Literal

from notebook_agent.application import Application
from notebook_agent.engine import Gate
from notebook_agent.errors import AgentError, CommandError, EffectError, MaxStepsError, did_you_mean
from notebook_agent.lifecycle import Event, RunHalted, RunPaused, RunResumed, StepEnded, StepStarted
from notebook_agent.pace import Pace
from notebook_agent.session.chatting import chat_of
from notebook_agent.session.following import Following
from notebook_agent.session.spoken import spoken
from notebook_agent.session.teller import Teller
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.wire import ChatWire, Control

__all__ = ["Controls", "break_at", "gate_of", "limit"]

_INTERVAL = 0.05
_LIMIT = "halted after the most steps of one command (--max-steps): Run goes on"
_QUIET = 0.15
"""Seconds after which a run that halted is taken to rest, and not to be between two of many calls."""


def gate_of(ws: Workspace) -> Gate:
    """Return what the run in use passes before each step."""
    gate = ws.in_use().gate
    if gate is None:
        gate = ws.in_use().gate = Gate(frees_main=True)
    return gate


def break_at(ws: Workspace, action: str, condition: str | None = "") -> None:
    """Hold every run of the session before an action, where the condition is true; None takes that back.

    Raises:
        CommandError: There is no such action.
        ConditionError: The condition cannot be read.
    """
    names = ws.in_use().graph.names
    if action not in names and condition is not None:
        near = did_you_mean(action, names) or f" There are: {listing(names)}."
        raise CommandError(f"{action}: there is no such action.{near}", action=action)
    gate = gate_of(ws)
    if condition is None:
        gate.unbreak(action)
    else:
        gate.break_at(action, condition)
    ws.breakpoints = gate.breakpoints


def limit(ws: Workspace, *, max_calls: int | None, max_cost: float | None) -> None:
    """Say what each further command may spend on LLM calls; None for no limit.

    Raises:
        RunError: A limit is no number, or below 0.
    """
    settings = replace(ws.settings, max_calls=max_calls, max_cost=max_cost)
    settings.budget()
    ws.settings = settings


class Controls(Following[Control]):
    """Tells how the run in use is held, and changes that. Every method may be called on any thread.

    Attributes:
        begun: How often a run began that had been at rest; counted before its first step runs.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.begun = 0
        self._mode: Literal["rest", "running", "paused", "stopping"] = "rest"
        self._at: str | None = None
        self._beside = False
        self._failed = False
        self._trouble = self._limit = ""
        self._allow = False
        self._sent: Control | None = None
        self._told = 0
        self._halted_at = 0.0
        self._settles = False
        self._pace = Pace(0, least=_INTERVAL)
        self._teller = Teller(self._due, wait=self._pace.wait)

    def now(self) -> Control:
        """Say how things are."""
        gate, settings = gate_of(self._ws), self._ws.settings
        return Control(
            mode=self._mode,
            at=self._at,
            beside=self._beside,
            breakpoints=gate.breakpoints,
            maxCalls=settings.max_calls,
            maxCost=settings.max_cost,
            trouble=self._trouble,
            halted=self._limit,
            allow=self._allow,
            chat=self._chat(),
        )

    def _chat(self) -> ChatWire | None:
        app = self._ws.in_use()
        return chat_of(app.graph, None, app.entrypoint)

    def act(self, what: str) -> None:
        """Pause, resume, step or stop the run; nothing happens where none goes on."""
        with self._lock:
            if self._mode == "rest":
                return
            gate = gate_of(self._ws)
            {"pause": gate.pause, "resume": gate.resume, "step": gate.step, "stop": gate.stop}[what]()
            if what == "stop":
                self._mode = "stopping"
        self.changed()

    def changed(self) -> None:
        """Tell soon how things are."""
        if self._listeners:
            self._teller.wake()

    def _rest(self) -> None:
        """Tell soon, since a command is over."""
        self._halted_at = 0.0
        self.changed()

    def _due(self) -> float | None:
        """Tell what has changed; a halt is looked at again once it may be taken for rest."""
        with self._pace.doing(), self._lock:
            early = self._halted_at + _QUIET - time.monotonic()
            self._settles = early > 0
            told = self._sent if self._settles and self._mode == "rest" else self.now()
            is_news = (told, self.begun) != (self._sent, self._told)
            self._sent, self._told = told, self.begun
        if told is not None and is_news:
            self._say(told)
        return early if early > 0 else None

    def _turn(self, app: Application | None) -> None:
        self._trouble = self._limit = ""
        self._at, self._allow, self._mode = None, False, "rest"
        if app is not None:
            self.changed()

    def _take(self, event: Event) -> None:
        """Learn from an event, in the thread that runs."""
        if isinstance(event, StepStarted):
            self._failed = False
            if self._mode == "rest" and time.monotonic() - self._halted_at >= _QUIET:
                self.begun += 1
                self.changed()
            if self._mode not in {"running", "stopping"}:
                self._goes_on()
        elif isinstance(event, StepEnded):
            self._failed = event.record.status != "completed"
        elif isinstance(event, RunPaused):
            self._mode, self._at = "paused", event.next_action
            self._note_thread()
            self.changed()
        elif isinstance(event, RunResumed):
            self._goes_on()
        elif isinstance(event, RunHalted):
            self._halted(event)

    def _goes_on(self) -> None:
        self._trouble = self._limit = ""
        self._mode, self._at, self._allow = "running", None, False
        if self._note_thread() or not self._settles:
            self.changed()

    def _note_thread(self) -> bool:
        """Note whether it runs beside the cells; return whether that is new."""
        before, self._beside = self._beside, threading.current_thread() is not threading.main_thread()
        return before != self._beside

    def _halted(self, event: RunHalted) -> None:
        with self._lock:
            gate = gate_of(self._ws)
            self._mode, self._at, self._halted_at = "rest", gate.passes, time.monotonic()
            settles, self._settles = self._settles, True
            limited = isinstance(event.error, MaxStepsError)
            self._limit = _LIMIT if limited else ""
            self._trouble = "" if self._failed or limited else _sentence(event.error)
            self._allow, self._failed = isinstance(event.error, EffectError), False
            if gate.stopping:
                gate.reset()
        if not settles:
            self.changed()


def _sentence(error: BaseException | None) -> str:
    """Say what ended a run; nothing of what a person did."""
    if not isinstance(error, Exception):
        return ""
    told = spoken(error) if isinstance(error, AgentError) else ""
    return told or f"{type(error).__name__}: {str(error).strip()}"
