"""Many forks of one checkpoint, run side by side: values, inputs and functions tried, each so many times.

The shared past is kept once: a fork is a pointer to its checkpoint. Every fork runs to its own
end whatever becomes of the others; Stop leaves those that have ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from notebook_agent import engine
from notebook_agent.engine import Place, Seed
from notebook_agent.errors import AgentError, BudgetError, EffectError, MaxStepsError
from notebook_agent.history import first_difference, made
from notebook_agent.ids import RunKey
from notebook_agent.parallelism.forking import Fork
from notebook_agent.parallelism.going import Going
from notebook_agent.parallelism.grid import Forked, ForkedOutcome, ForkGrid
from notebook_agent.parallelism.journal import write_down
from notebook_agent.parallelism.plan import ForksStopped, Origin, Plan
from notebook_agent.parallelism.pool import InContext
from notebook_agent.parallelism.sending import not_sent
from notebook_agent.parallelism.variants import Variant
from notebook_agent.parallelism.work import Outcome, working_for
from notebook_agent.redact import redact_text
from notebook_agent.store.protocol import StepRecord

__all__ = ["run_forks"]

_SLICE = 0.2
_GRACE = 1.0
"""Seconds after a Stop in which forks may come to the end that they are told of."""


def run_forks(origin: Origin, plan: Plan) -> ForkGrid:
    """Make and run all forks.

    Raises:
        ForksStopped: A Stop came; it brings what was done.
        ActionError: None of them could be sent to the executor.
    """
    __tracebackhide__ = True
    return _Grid(origin, plan).run()


class _Grid:
    """The forks of one call: those that wait, that run, and that have ended."""

    def __init__(self, origin: Origin, plan: Plan) -> None:
        self._origin, self._plan = origin, plan
        self._store = origin.store
        self._source: list[StepRecord] = []
        self._going = Going()
        self._rows = [
            Forked(n * plan.repeats + repeat, variant.name, repeat)
            for n, variant in enumerate(plan.variants)
            for repeat in range(1, plan.repeats + 1)
        ]
        self._running: dict[Future[Outcome], tuple[int, Fork]] = {}
        self._unsent: list[AgentError] = []
        self._spent = False

    def run(self) -> ForkGrid:
        """Run all; return what they came to."""
        __tracebackhide__ = True
        executor = self._plan.executor or ThreadPoolExecutor(
            min(self._plan.jobs, len(self._rows)), thread_name_prefix="fork"
        )
        token = working_for.set((*working_for.get(), executor))
        try:
            self._source = self._store.steps(self._origin.at.run)
            self._tell()
            self._drive(executor)
        except KeyboardInterrupt as stopped:
            self._stop(stopped)
            raise ForksStopped(self._grid()) from None
        except BaseException as error:
            self._stop(error)
            raise
        finally:
            working_for.reset(token)
            self._going.end()
            if self._plan.executor is None:
                executor.shutdown(wait=False, cancel_futures=True)
        if len(self._unsent) == len(self._rows):
            self._unmake()
            raise self._unsent[0]
        return self._grid()

    def _unmake(self) -> None:
        """Remove the forks of a grid of which none could be sent."""
        for row in self._rows:
            if row.run is not None and self._store.run(row.run).steps == 0:
                with suppress(AgentError):
                    self._store.delete_run(row.run)

    def _drive(self, executor: Executor) -> None:
        waiting = iter(range(len(self._rows)))
        while True:
            self._fill(waiting, executor)
            if not self._running:
                return
            ended, _ = wait(self._running, timeout=_SLICE, return_when=FIRST_COMPLETED)
            for future in ended:
                self._settle(future, *self._running.pop(future))
            self._tell()

    def _fill(self, waiting: Iterator[int], executor: Executor) -> None:
        while len(self._running) < self._plan.jobs and not self._spent:
            place = next(waiting, None)
            if place is None:
                return
            self._begin(place, executor)

    def _begin(self, place: int, executor: Executor) -> None:
        """Make a fork and send it off; where that cannot be done its row says why."""
        variant = self._plan.variants[place // self._plan.repeats]
        row = self._rows[place]
        try:
            fork = self._fork(variant, row)
        except AgentError as error:
            self._rows[place] = replace(row, outcome="failed", error=_said(error), passed=self._not())
            return
        self._rows[place] = replace(row, run=fork.at.key, label=fork.at.task)
        self._going.works.append(fork)
        try:
            self._running[executor.submit(InContext(fork))] = place, fork
        except Exception as error:  # noqa: BLE001  # an executor may refuse for any reason; the others go on
            self._fail(place, not_sent(fork, executor, error))

    def _fork(self, variant: Variant, row: Forked) -> Fork:
        origin, plan, label = self._origin, self._plan, f"{self._plan.label}.{self._plan.after + row.number}"
        graph = variant.graph(origin.graph)
        key = RunKey(origin.at.run.project, str(uuid4()), origin.at.run.partition_key)
        engine.fork(
            *(self._store, origin.at, key, graph),
            entrypoint=origin.entrypoint,
            state=origin.edited,
            overrides=dict(variant.state),
        )
        self._store.label_run(key, label)
        call = replace(plan.call, inputs={**plan.call.inputs, **variant.inputs})
        title = f"The fork {label}"
        return Fork(
            title,
            Place(key, label, exists=True),
            Seed(graph, origin.entrypoint, origin.typed, call),
            self._store,
            plan.given,
            self._going,
            taken=None if plan.taken is None else plan.taken - variant.inputs.keys(),
            wait=plan.wait,
        )

    def _settle(self, future: Future[Outcome], place: int, fork: Fork) -> None:
        """Note what an ended fork came to."""
        try:
            outcome = future.result()
        except (CancelledError, KeyboardInterrupt):
            outcome = Outcome()
        except Exception as error:  # noqa: BLE001  # of the executor, or of pickling: the others go on
            self._fail(place, not_sent(fork, self._executor(), error))
            return
        if outcome.journal:
            write_down(self._store, outcome.journal)
        self._going.works.remove(fork)
        self._spent = self._spent or isinstance(outcome.error, BudgetError)
        self._rows[place] = self._row(place, fork, outcome)

    def _executor(self) -> Executor:
        return working_for.get()[-1]

    def _fail(self, place: int, error: AgentError) -> None:
        self._unsent.append(error)
        self._rows[place] = replace(
            self._rows[place], outcome="failed", error=_said(error), passed=self._not()
        )

    def _not(self) -> bool | None:
        """Of a fork that failed: it did not pass, where that is asked."""
        return None if self._plan.passes is None else False

    def _row(self, place: int, fork: Fork, outcome: Outcome) -> Forked:
        """Return a row of a fork that has ended and is paid: nothing in its values takes the row away."""
        try:
            return self._measured(place, fork, outcome)
        except Exception as error:  # noqa: BLE001  # values of the user's, whose methods may raise anything
            said = _said(outcome.error or error)
            return replace(self._rows[place], outcome=_outcome(outcome), error=said)

    def _measured(self, place: int, fork: Fork, outcome: Outcome) -> Forked:
        """Return a row with what the store knows of its run."""
        key = fork.at.key
        steps = self._store.steps(key)
        own = [step for step in steps if step.ref.run == key]
        asked = made(self._store, key, first=own[0].seq) if own else []
        calls = [each.call for each in asked if each.call.sent]
        live = [call for call in calls if not call.replayed]
        costs = [call.cost for call in live]
        ended = own[-1].ended_at if own else None
        if self._going.stopped and own and own[-1].status == "interrupted":
            outcome = Outcome()
        row = replace(
            self._rows[place],
            outcome=_outcome(outcome, key),
            error=None if outcome.error is None else self._why(outcome.error, key),
            steps=len(own),
            calls=len(live),
            replayed=len(calls) - len(live),
            cost=None if None in costs else sum(cost for cost in costs if cost is not None),
            seconds=ended - own[0].started_at if ended is not None else None,
            differs=first_difference(self._store, self._source, own),
            action=own[-1].action if own else None,
        )
        return self._judged(row, outcome)

    def _why(self, error: BaseException, key: RunKey) -> str:
        most = self._plan.call.max_steps
        if most is not None and _is_limit(error, key):
            return f"stopped at the limit of {most} step{'s' * (most != 1)}"
        return _said(error)

    def _judged(self, row: Forked, outcome: Outcome) -> Forked:
        """Ask whether a fork passed, by its last state; what raised or was refused midway did not."""
        if self._plan.passes is None or row.outcome == "interrupted" or row.run is None:
            return row
        if row.outcome in {"failed", "refused"}:
            return replace(row, passed=False)
        try:
            state = outcome.state or self._store.head_state(row.run)
            return replace(row, passed=bool(self._plan.passes(state)))
        except Exception as error:  # noqa: BLE001  # a predicate of the user's may raise anything
            return replace(row, undecided=_said(error))

    def _stop(self, error: BaseException) -> None:
        """Begin no other fork, let each running one end with its present step, and note how they stand."""
        for future in self._running:
            future.cancel()
        self._going.stop(error)
        done, _ = wait(self._running, timeout=_GRACE)
        for future, (place, fork) in self._running.items():
            if future in done and not future.cancelled() and future.exception() is None:
                self._settle(future, place, fork)
            else:
                self._rows[place] = self._row(place, fork, Outcome())
        self._running.clear()

    def _grid(self) -> ForkGrid:
        names = tuple(self._plan.variants[0].name) if self._plan.variants else ()
        return ForkGrid(self._origin.at, names, tuple(self._rows), self._plan.predicate)

    def _tell(self) -> None:
        if self._plan.tell is not None:
            self._plan.tell(self._grid(), len(self._running))


def _is_limit(error: BaseException, key: RunKey) -> bool:
    """Tell whether it is a fork's own limit, and not that of a run in one of its steps."""
    return isinstance(error, MaxStepsError) and getattr(error, "run", None) == key.app_id


def _outcome(outcome: Outcome, key: RunKey | None = None) -> ForkedOutcome:
    if outcome.error is None:
        return "interrupted" if outcome.state is None else "completed"
    if key is not None and _is_limit(outcome.error, key):
        return "limited"
    return "refused" if isinstance(outcome.error, EffectError) else "failed"


def _said(error: BaseException) -> str:
    told = redact_text(str(error))
    return told if isinstance(error, AgentError) else f"{type(error).__name__}: {told}".rstrip(": ")
