"""What comes next in a run, and a step that has begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from notebook_agent.action import Node
from notebook_agent.action.node import CONTEXT
from notebook_agent.condition import Decision
from notebook_agent.engine.context import ApplicationContext
from notebook_agent.engine.failure import leaving, note_second
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.lifecycle import Hooks
from notebook_agent.store.protocol import RunCall

if TYPE_CHECKING:
    from notebook_agent.engine.runs import Run
    from notebook_agent.tracing import Trace

__all__ = ["Next", "OpenStep"]


class Next(NamedTuple):
    """The action that comes next, and why.

    `again` where it did not complete the last time, `caught` where an exception led to it.
    """

    action: str | None
    decision: Decision | None = None
    again: bool = False
    caught: bool = False


@dataclass(slots=True)
class OpenStep:
    """A step that has begun.

    `attempt` counts those of a retry policy from 0; `partners` are recorded steps in its place, whose
    LLM calls may be served; `spawned` counts the runs that its action started by the context, and
    `occurrence` the visits of the action before this one, once they have been asked for.
    """

    run: Run
    seq: int
    action: Node
    next: Next
    inputs: Mapping[str, object]
    call: RunCall
    started_at: float
    attempt: int = 0
    code: str | None = None
    partners: Sequence[StepRef] = ()
    events: list[Json] = field(default_factory=list)
    trace: Trace | None = None
    trouble: Exception | None = None
    """What a hook raised while the action ran: raised when the step is over and kept."""
    spawned: int = 0
    occurrence: int | None = None

    @property
    def key(self) -> RunKey:
        """Its run's key."""
        return self.run.key

    @property
    def hooks(self) -> Hooks:
        """Its run's hooks."""
        return self.run.hooks

    @property
    def ref(self) -> StepRef:
        """What names it."""
        return StepRef(self.run.key, self.seq)

    def has_begun(self, error: BaseException) -> bool:
        """Return whether it had begun when `error` came; a Stop may come while its beginning is written."""
        run = self.run
        if run.head == self.seq or run.store is None or isinstance(error, Exception):
            return run.head == self.seq
        try:
            record = run.store.step(self.ref)
        except Exception:  # noqa: BLE001  # there is none, or none that can be read
            return False
        if (record.action, record.started_at) != (self.action.name, self.started_at):
            return False
        run.head, run.last_call, run.ahead = self.seq, self.call, None
        return True

    def note(self, error: Exception) -> None:
        """Keep what a hook raised until the step is over; a later one is noted on the first."""
        if self.trouble is None:
            self.trouble = leaving(error)
        else:
            note_second(self.trouble, error)

    def injected(self, parameter: str) -> object:
        """Return what the engine gives for `__context` or `__tracer`."""
        if parameter.endswith(CONTEXT):
            return self.context()
        from notebook_agent.tracing import TracerFactory

        return TracerFactory(self)

    def context(self) -> ApplicationContext:
        """Return what its action may ask about it."""
        run, setting = self.run, self.run.setting
        return ApplicationContext(
            run.key.app_id,
            run.key.partition_key,
            self.seq,
            self.action.name,
            self.attempt,
            run.failure,
            setting.tracker,
            setting.parallel_executor_factory,
            setting.state_initializer,
            setting.state_persister,
            self,
        )
