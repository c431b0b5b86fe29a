"""A run's past as a sequence of steps, read from its store when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, SupportsIndex, overload

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.condition import Decision
from notebook_agent.errors import UnknownRunError, UnknownStepError
from notebook_agent.graph import Graph
from notebook_agent.history.blame import NEAREST, Blame, blame
from notebook_agent.history.calls import CALL_COLUMNS, call_row, made
from notebook_agent.history.checkpoints import Checkpoints
from notebook_agent.history.compare import Change, changes
from notebook_agent.history.family import family
from notebook_agent.history.flips import Flip, flip_of
from notebook_agent.history.frame import frame
from notebook_agent.history.paths import found, read_path
from notebook_agent.history.spans import Span, attributes_of, spans_of
from notebook_agent.history.trail import Moment, Trail
from notebook_agent.history.watch import (
    Bisection,
    Point,
    Tell,
    Watched,
    bisect,
    keys_of,
    question_of,
    watch,
)
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import Edit, RunRecord, StepRecord, StepValues, Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["History"]


class History(Sequence[StepRecord]):
    """The steps of a run, those of its ancestors up to the fork point first.

    A step is asked for by its number, or from the end: `history[-1]`. Nothing is
    kept here, so a history shows what the run came to since.

    Attributes:
        store: Where the run is kept.
        key: Which run it is.
    """

    __slots__ = ("key", "store")

    def __init__(self, store: Store, key: RunKey) -> None:
        self.store = store
        self.key = key

    @property
    def run(self) -> RunRecord:
        """The run as listed: label, parent, head, status; a removed one while forks need it."""
        try:
            return self.store.run(self.key)
        except UnknownRunError:
            every = self.store.runs(self.key.project, removed=True)
            kept = next((run for run in every if run.key == self.key), None)
            if kept is None:
                raise
            return kept

    def __repr__(self) -> str:
        return f"<history of {self.key} in {self.key.project!r}>"

    def __len__(self) -> int:
        return len(self.store.steps(self.key))

    def __iter__(self) -> Iterator[StepRecord]:
        return iter(self.store.steps(self.key))

    @overload
    def __getitem__(self, seq: int) -> StepRecord: ...
    @overload
    def __getitem__(self, seq: slice) -> list[StepRecord]: ...
    def __getitem__(self, seq: int | slice) -> StepRecord | list[StepRecord]:
        if not isinstance(seq, slice | SupportsIndex):
            raise UnknownStepError(
                f"{seq!r} is no step: history[5] is one, history[-1] the last, history.at(None) the initial "
                "state.",
                run=self.key.app_id,
            )
        if isinstance(seq, slice) or seq < 0:
            steps = self.store.steps(self.key)
            return steps[seq] if isinstance(seq, slice) else self._find(steps, seq)
        try:
            return self.store.step(StepRef(self.key, seq))
        except UnknownStepError:
            raise self._no_step(self.store.steps(self.key), seq) from None

    def at(self, seq: int | None) -> State:
        """Return the state after a step; None asks for the run's initial state."""
        return self.store.state(self.ref(seq))

    def values(self, seq: int) -> StepValues:
        """Return a step's inputs, result, source and events."""
        return self.store.values(self.ref(seq))

    def calls(self, seq: int | None = None, *, branches: bool = True) -> list[CallRecord]:
        """Return the LLM calls of one step, or of all, in the order in which they began.

        Those of the runs that a step started, a map's or a sub-agent's, follow its own, task by task;
        `branch` says whose they are. `branches=False` leaves them out.
        """
        if seq is not None:
            self.ref(seq)
        return [each.call for each in made(self.store, self.key, seq, branches=branches)]

    def strays(self) -> list[CallRecord]:
        """Return the LLM calls made while the run went on of which it is not known to which step they belong.

        They come from threads that were started without a step's context while several steps ran.
        """
        steps = self.store.steps(self.key)
        last = steps[-1].ended_at if steps else self.run.created_at
        return self.store.strays(self.run.created_at, float("inf") if last is None else last)

    def spans(self, seq: int) -> list[Span]:
        """Return the spans of a step, in the order in which they began."""
        return spans_of(self.values(seq).events)

    def attributes(self, seq: int) -> dict[str, Json]:
        """Return what the action of a step logged outside of its spans."""
        return attributes_of(self.values(seq).events)

    def diff(self, a: int | None, b: int | None) -> list[Change]:
        """Return what differs between the states after two steps; None is the initial state."""
        return list(changes(self.at(a), self.at(b)))

    def why(self, seq: int) -> Decision | None:
        """Return why a step's action was next; None for the entrypoint, where nothing was decided."""
        return self[seq].decision

    def flip(self, seq: int, graph: Graph) -> Flip | None:
        """Return the smallest change of the state after which `graph` had not gone to a step's action."""
        step = self[seq]
        if step.decision is None:
            return None
        return flip_of(graph, step.decision, self.before(seq))

    def before(self, seq: int) -> State:
        """Return the state that a step began with: after the one before it, or as edited by hand since."""
        return self.store.begun([self.ref(seq)])[0]

    def edits(self) -> list[Edit]:
        """Return what was changed by hand between steps, in order; `after` is the step before each."""
        return self.store.edits(self.key)

    def blame(self, path: str, seq: int | None = None, *, most: int | None = NEAREST) -> Blame:
        """Tell which step wrote what stands at a path, and from what, back to the start.

        Args:
            path: Such as `chat_history[4].content`.
            seq: The step after which to look; by default the last one, with what was edited since.
            most: How many causes to tell, the latest; None for all, which may be thousands.

        Raises:
            StateError: That is no path.
            MissingKeyError: Nothing stands there; the message says what is nearest.
        """
        at, edited = (self.run.head, True) if seq is None else (self[seq].seq, False)
        return self.blame_at(path, at, edited=edited, most=most)

    def blame_at(
        self, path: str, seq: int | None, *, edited: bool = False, most: int | None = NEAREST
    ) -> Blame:
        """Tell the same of a checkpoint, of which None is what the run began with, as `at` has it.

        Args:
            path: Such as `chat_history[4].content`.
            seq: The checkpoint.
            edited: Look at it with the edits that were made there.
            most: How many causes to tell.
        """
        trail, asked = Trail(self.store, self.key), read_path(path)
        at = trail.latest(seq) if edited else self._beginning(trail) if seq is None else Moment(seq)
        place = trail.place(asked, at) or found(trail.state(at), asked)
        return blame(trail, place, at, most)

    def _beginning(self, trail: Trail) -> Moment:
        """The initial state; of a fork that at its fork point, as edited there."""
        run = self.run
        before = -1 if run.head is None or run.parent is None else run.head - run.steps
        return trail.forked(None if before < 0 else before)

    def watch(
        self, question: str | Callable[[State], object], seq: int | None = None, *, tell: Tell | None = None
    ) -> Watched:
        """Ask an expression, see `expr`, or a function of each checkpoint, from the initial state on.

        A checkpoint that was edited by hand, or where a fork was made, has a second point: what it was then.

        Args:
            question: What to ask.
            seq: The last step to look at; by default the run's, with what was edited since.
            tell: Called after each checkpoint, with the number of those asked and of all.

        Raises:
            ConditionError: It cannot be read, or it raised at every checkpoint.
            UnknownStepError: The run has no such step.
            WatchStopped: A Stop came; its `watched` has what was found.
        """
        text, asked = question_of(question)
        past = Checkpoints(self.store, self.key, None if seq is None else self[seq].seq)
        return watch(text, asked, *past.of(*keys_of(asked)), tell)

    def bisect(
        self, predicate: str | Callable[[State], object], seq: int | None = None, *, tell: Tell | None = None
    ) -> Bisection:
        """Tell at which checkpoint a predicate first fails; nothing is run.

        Args:
            predicate: What holds at first.
            seq: As for `watch`.
            tell: As for `watch`.

        Raises:
            ConditionError: It cannot be read, or it raised at every checkpoint.
            UnknownStepError: The run has no such step.
            WatchStopped: A Stop came; its `watched` has what was found.
        """
        return bisect(self.watch(predicate, seq, tell=tell))

    def seen(self, point: Point) -> State:
        """Return the state at a point of a watch."""
        return Checkpoints(self.store, self.key).state(point)

    def df(self) -> pd.DataFrame:
        """Return the table of steps; pandas must be installed."""
        return frame([_row(step) for step in self], _COLUMNS).set_index("seq")

    def calls_df(self) -> pd.DataFrame:
        """Return the table of LLM calls, those of branches too, a row for each; pandas must be installed.

        Times are in milliseconds, `first` that to the first byte of the answer; `cost` is in US dollars
        and missing where the price is not known; `how` is live, replayed or not sent. `branch` names the
        task that made the call, `step` the run's own step.
        """
        return frame([call_row(each) for each in made(self.store, self.key)], CALL_COLUMNS)

    def family(self) -> list[RunRecord]:
        """Return the run, its ancestors and all their forks, parents before children.

        Runs that were removed, and are kept for their forks, are among them: `removed` says so.
        """
        return family(self.store.runs(self.key.project, removed=True), self.key)

    def children(self, seq: int | None = None) -> list[RunRecord]:
        """Return the runs that the actions of this run started, or that of one step, oldest first."""
        return self.store.children(self.key, None if seq is None else self[seq].seq)

    def ref(self, seq: int | None) -> StepRef:
        """Return the name of a step of this run.

        Raises:
            UnknownStepError: The run has no such step.
        """
        return StepRef(self.key, None if seq is None else self[seq].seq)

    def _find(self, steps: list[StepRecord], seq: int) -> StepRecord:
        if -seq > len(steps):
            raise self._no_step(steps, seq)
        return steps[seq]

    def _no_step(self, steps: list[StepRecord], seq: int) -> UnknownStepError:
        name = self.run.label or self.key.app_id
        told = f"@{seq}: run {name} has no steps yet; only @start can be asked for."
        if steps:
            count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
            told = f"@{seq}: run {name} has {count} ({steps[0].seq}-{steps[-1].seq})."
        return UnknownStepError(told, run=self.key.app_id, seq=seq)


_COLUMNS = ["seq", "action", "status", "started_at", "ms", "code", "reads", "writes", "run"]


def _row(step: StepRecord) -> tuple[object, ...]:
    took = None if step.ended_at is None else (step.ended_at - step.started_at) * 1000
    reads, writes = ", ".join(step.reads), ", ".join(step.writes)
    return (
        step.seq,
        step.action,
        step.status,
        step.started_at,
        took,
        step.code,
        reads,
        writes,
        step.ref.run.app_id,
    )
