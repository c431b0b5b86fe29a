"""A run in memory: where it stands, what is next, and how each step is told to the store."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import time

from notebook_agent.action import Node
from notebook_agent.calls.answered import Answers
from notebook_agent.calls.pairing import Branch
from notebook_agent.calls.protocol import CallRecord, CallSource, LedgerMode, Purse, Task
from notebook_agent.condition import Decision
from notebook_agent.engine.claiming import Course, end, follower, let_go
from notebook_agent.engine.context import Setting
from notebook_agent.engine.failure import describe, note_report, reported_by, status_of
from notebook_agent.engine.gate import Gate
from notebook_agent.engine.settle import Settled
from notebook_agent.engine.step import Next, OpenStep
from notebook_agent.errors import GraphError, RunBusyError
from notebook_agent.graph import Graph
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.interrupts import exposed
from notebook_agent.lifecycle import NO_HOOKS, Event, Hooks, Listeners, StepEnded
from notebook_agent.state import State
from notebook_agent.state.watch import Watch
from notebook_agent.store.protocol import Failure, RunCall, Stand, StepEnd, StepRecord, Store

__all__ = ["Report", "Run"]

Report = Callable[[StepRecord, State, Mapping[str, object], Sequence[CallRecord]], str]
"""Says what a step failed on: the step, the state and the inputs it had, and its LLM calls."""

_log = logging.getLogger(__name__)
_BARE = Setting()


@dataclass(slots=True)
class Run:
    """One line of history as one application goes on with it.

    Attributes:
        head: Number of the last step begun, those of the run's ancestors included.
        prior: The last completed action; None where the entrypoint is next.
        parent: The checkpoint that the run was forked from.
        own: The steps that the run made itself; None while nothing has asked for them.
        branches: The ways of its ancestors, whose calls may be served; None likewise.
        met: Number of the last own step that was compared with those.
        last_call: The call that the step at the head was part of; None where only the store knows.
        failure: What the last step raised, where an edge caught it.
        allow_effects: Whether what cannot be taken back may be fired again.
        gate: What it passes before each step; None where nobody holds it.
        raised: The error of the step that failed last, while it is on its way.
        trouble: What a hook raised in that step.
        spawned_by: The step whose action started this run.
        purses: What its live LLM calls are paid from.
        branch: The tasks that lead to it from the run that nothing started.
        answers: What its past had answered, for a ledger file to go on; None while nothing has asked.
        kin: Runs that an earlier attempt at that step, or an ancestor's step in its place, started
            in the place of this one; their calls may be served.
        stand: What the store said last of where it stands; None where only its head is known.
        ahead: The step that was claimed with the end of the one before it, until it begins.
    """

    key: RunKey
    graph: Graph
    entrypoint: str
    state: State
    store: Store | None = None
    head: int | None = None
    prior: str | None = None
    parent: StepRef | None = None
    pending: Next | None = None
    own: list[StepRecord] | None = None
    branches: list[Branch] | None = None
    met: int = -1
    last_call: RunCall | None = None
    ledger: LedgerMode = "auto"
    recording: CallSource | None = None
    purses: tuple[Purse, ...] = ()
    hooks: Hooks = NO_HOOKS
    setting: Setting = _BARE
    failure: Failure | None = None
    raised: BaseException | None = None
    trouble: Exception | None = None
    spawned_by: StepRef | None = None
    branch: tuple[Task, ...] = ()
    answers: Answers | None = None
    kin: tuple[RunKey, ...] = ()
    report: Report | None = None
    gate: Gate | None = None
    allow_effects: bool = False
    stand: Stand | None = None
    ahead: OpenStep | None = None
    listeners: Listeners = field(default_factory=Listeners)
    _undecided: Exception | None = None
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> None:
        __tracebackhide__ = True
        if not self._gate.acquire(blocking=False):
            raise RunBusyError(
                f"The application {self.key} is in the middle of a call. Wait until it is over, or close the "
                "stream that is left open: container.close(). To run something beside it, fork it.",
                run=self.key.app_id,
            )

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            if self.ahead is not None:
                let_go(self)
        except Exception as second:
            if error is None:
                raise
            error.add_note(f"The step that was to follow is still claimed: {second}")
        finally:
            self._gate.release()

    def tell(self, event: Event) -> None:
        """Tell those who watch."""
        if self.listeners.members:
            self.listeners.tell(event)

    def upcoming(self) -> Next:
        """Return what is next, deciding it if that has not been done.

        Raises:
            ConditionError: It cannot be decided.
            GraphError: The graph does not have the action that the run stands at.
        """
        __tracebackhide__ = True
        if self.pending is None:
            undecided, self._undecided = self._undecided, None
            if undecided is not None:
                raise undecided
            self.pending = self._decide(self.prior, self.state)
        if self.pending.action is not None and self.pending.action not in self.graph:
            raise self._lost(self.pending.action)
        return self.pending

    def open(
        self, action: Node, coming: Next, inputs: Mapping[str, object], call: RunCall, attempt: int = 0
    ) -> OpenStep:
        """Return the next step, of which nobody knows before it begins."""
        seq = 0 if self.head is None else self.head + 1
        return OpenStep(self, seq, action, coming, inputs, call, time(), attempt)

    def complete(self, step: OpenStep, done: Settled, watch: Watch, course: Course | None = None) -> None:
        """Keep what the step came to, with the decision that follows from it, and move on.

        On a `course` the step that follows is claimed at once, where nothing stands between the two.
        """
        __tracebackhide__ = True
        if step.trace is not None:
            step.trace.close()
        undecided, following, kept = None, None, None
        try:
            following = self._decide(step.action.name, done.state)
        except Exception as error:  # noqa: BLE001  # the step is complete; the next one raises this
            undecided = error
        if self.store is not None or self.listeners.members:
            kept = StepEnd(
                step.seq,
                "completed",
                time(),
                done.state,
                done.result,
                reads=tuple(watch.reads),
                writes=done.writes,
                next=None if following is None else following.decision,
                events=step.events,
                grown=watch.grown,
            )
            if self.store is not None:
                end(self, self.store, kept, follower(self, step, following, course))
        self._moved(step, done.state, following, undecided)
        if kept is not None and (self.own is not None or self.listeners.members):
            self._record(step, kept)

    def fail(
        self,
        step: OpenStep,
        error: BaseException,
        watch: Watch,
        caught: Decision | None = None,
    ) -> None:
        """Keep that the step did not complete; the state stays.

        The same action is next or, where an edge has `caught` the error, that edge's target.
        """
        if step.trace is not None:
            step.trace.close()
        failure, self.raised = describe(error, step.action), error
        if caught is None:
            self.pending = Next(step.next.action, step.next.decision, again=True)
        else:
            self.prior, self.failure = step.action.name, failure
            self.pending = Next(caught.target, caught, caught=True)
        if self.store is None and not self.listeners.members and self.report is None:
            return
        end = StepEnd(
            step.seq,
            status_of(error),
            time(),
            self.state,
            failure=failure,
            reads=tuple(watch.reads),
            next=caught,
            events=step.events,
            grown=watch.grown,
        )
        if self.store is not None and not self._end(self.store, end, error):
            return
        record = self._record(step, end)
        if caught is None and isinstance(error, Exception):
            self._explain(error, record, step.call)

    def forget_decision(self) -> None:
        """Decide again what is next; what follows a step that did not complete stays."""
        self._undecided = None
        if self.pending is not None and not self.pending.again and not self.pending.caught:
            self.pending = None

    def _decide(self, prior: str | None, state: State) -> Next:
        __tracebackhide__ = True
        if prior is None:
            return Next(self.entrypoint)
        if prior not in self.graph:
            raise self._lost(prior)
        decision = exposed(self.graph.next, prior, state)
        return Next(decision.target, decision)

    def _lost(self, name: str) -> GraphError:
        return GraphError(
            f"The run {self.key} stands at {name!r}, which this graph does not have. Give it an action of "
            "that name, or start at the entrypoint: app.reset_to_entrypoint() or "
            "resume_at_next_action=False.",
            run=self.key.app_id,
            action=name,
        )

    def _moved(
        self, step: OpenStep, state: State, following: Next | None, undecided: Exception | None
    ) -> None:
        self.state, self.prior, self.pending, self._undecided = state, step.action.name, following, undecided
        self.failure = None

    def _end(self, store: Store, end: StepEnd, error: BaseException) -> bool:
        """Write how a step failed; False where the store has it as completed after all."""
        try:
            let_go(self)
            store.end_step(self.key, end)
        except BaseException as second:  # noqa: BLE001  # the first error is the one that the caller must see
            if self._completed_after_all(store, end.seq):
                return False
            if str(second) != str(error):
                error.add_note(f"How step {end.seq} ended could not be written: {second}")
        return True

    def _completed_after_all(self, store: Store, seq: int) -> bool:
        try:
            last = store.step(StepRef(self.key, seq))
            if last.status != "completed" or store.run(self.key).head != seq:
                return False
            self.state, self.prior = store.head_state(self.key), last.action
        except Exception:  # noqa: BLE001  # it cannot be read either
            return False
        self.pending = None if last.next is None else Next(last.next.target, last.next)
        if self.own is not None:
            self.own.append(last)
        return True

    def _record(self, step: OpenStep, end: StepEnd) -> StepRecord:
        record = StepRecord(
            ref=step.ref,
            action=step.action.name,
            status=end.status,
            started_at=step.started_at,
            ended_at=end.ended_at,
            code=step.code,
            decision=step.next.decision,
            next=end.next,
            failure=end.failure,
            reads=end.reads,
            writes=end.writes,
            grown=end.grown,
        )
        if self.own is not None:
            self.own.append(record)
        self.tell(StepEnded(record, self.state))
        return record

    def _explain(self, error: Exception, record: StepRecord, call: RunCall) -> None:
        if self.report is None or reported_by(error) not in {None, self.key}:
            return
        try:
            calls = [] if self.store is None else self.store.calls([record.ref])
            note_report(error, self.key, self.report(record, self.state, call.inputs, calls))
        except Exception:  # noqa: BLE001  # the user's own error matters more
            _log.exception("Step %s failed, and its report could not be written.", record.ref)
