"""What a run tells those who watch it while it goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord

__all__ = [
    "CallEnded",
    "Event",
    "ItemStreamed",
    "Listener",
    "Listeners",
    "RunHalted",
    "RunPaused",
    "RunResumed",
    "StepEnded",
    "StepStarted",
    "TextStreamed",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StepStarted:
    """An action is about to run; `at` is in Unix seconds."""

    ref: StepRef
    action: str
    at: float


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step is over and kept; `state` is the state after it."""

    record: StepRecord
    state: State


@dataclass(frozen=True, slots=True)
class CallEnded:
    """An LLM call of the running step is over and kept."""

    call: CallRecord


@dataclass(frozen=True, slots=True)
class TextStreamed:
    """A model streamed one more piece of text; `ref` is None where the step could not be told."""

    ref: StepRef | None
    text: str


@dataclass(frozen=True, slots=True)
class ItemStreamed:
    """A streaming action gave one more piece; `index` counts from 0 in its step."""

    ref: StepRef
    index: int
    item: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RunHalted:
    """A run call is over; `next_action` is None where the graph ends, `error` is what it raised."""

    key: RunKey
    next_action: str | None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class RunPaused:
    """The gate holds the run before `next_action`."""

    key: RunKey
    next_action: str


@dataclass(frozen=True, slots=True)
class RunResumed:
    """The gate let the run go on with `next_action`."""

    key: RunKey
    next_action: str


Event = StepStarted | StepEnded | CallEnded | TextStreamed | ItemStreamed | RunPaused | RunResumed | RunHalted
Listener = Callable[[Event], None]


class Listeners:
    """Those who watch a run. They are told in the thread that runs; one that raises is dropped.

    Attributes:
        members: The listeners; asked before an event is made.
        active: Those that may do something to the run, or look it up in the store, between two steps.
    """

    __slots__ = ("active", "members")

    def __init__(self) -> None:
        self.members: tuple[Listener, ...] = ()
        self.active: tuple[Listener, ...] = ()

    def add(self, listener: Listener, *, passive: bool = False) -> Callable[[], None]:
        """Tell `listener` each event from now on; call what is returned to end that."""
        self.members = (*self.members, listener)
        if not passive:
            self.active = (*self.active, listener)
        return lambda: self._remove(listener)

    def tell(self, event: Event) -> None:
        """Tell all; who raises is logged and told no more."""
        for listener in self.members:
            try:
                listener(event)
            except Exception:  # noqa: BLE001  # watching must never harm the run
                _log.exception("A listener raised on %s and is told no more.", type(event).__name__)
                self._remove(listener)

    def _remove(self, listener: Listener) -> None:
        self.members, self.active = (
            tuple(each for each in told if each is not listener) for told in (self.members, self.active)
        )
