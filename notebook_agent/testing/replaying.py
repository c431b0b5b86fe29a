"""A whole run replayed against the present code: in memory, from its record, up to the first divergence.

Each step begins with the state that it began with in the run, is given its inputs, and is
served its LLM calls; so until the first divergence this is the run itself. Of several
attempts at a step the last one counts: what failed before it has been repaired since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from notebook_agent.action import Node
from notebook_agent.application import Application
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls.bodies import servable
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.condition import Decision
from notebook_agent.engine import Wait
from notebook_agent.errors import REFUSED, LedgerMissError, OfflineError
from notebook_agent.graph import Graph
from notebook_agent.history import Change, History, changes
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord
from notebook_agent.testing.fixture import Fixture
from notebook_agent.testing.offline import offline
from notebook_agent.testing.past import Past

__all__ = ["Divergence", "Kind", "Replayed", "replay"]

_REFUSED = {f"{each.__module__}.{each.__qualname__}" for each in REFUSED}
Kind = Literal["action", "call", "exception", "state"]


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first step at which the present code does something else than the run did.

    Attributes:
        seq: The step.
        action: Its action in the run.
        kind: What differs.
        told: It in a sentence; of an LLM call the difference of the requests.
        changes: Where the state after it differs, by path: before is the run's value.
        error: What was raised and had not been in the run.
    """

    seq: int
    action: str
    kind: Kind
    told: str
    changes: tuple[Change, ...] = ()
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to.

    Attributes:
        steps: How many steps did as recorded.
        left_out: Earlier attempts, and steps that never ended, which were not run.
        trusted: Irreversible steps, whose record was taken.
        divergence: The first step that did otherwise; None where all did as recorded.
    """

    steps: int
    left_out: int
    trusted: int
    divergence: Divergence | None = None


def replay(history: History, graph: Graph, wait: Wait, first: int | None = None) -> Replayed:
    """Run the steps of a run again with the present code, up to the first divergence; nothing is kept.

    No LLM call leaves and no socket is opened.

    Args:
        history: The run; the steps of its ancestors come first.
        graph: The present code.
        wait: Waits for what async actions return.
        first: The step to begin with; the first one by default.

    Raises:
        GraphError: The graph lacks an action of the run.
    """
    steps = list(history)
    every = [each for each in steps if first is None or each.seq >= first]
    counted = list(_attempts_that_count(every))
    replayer = _Replayer(
        history, Past(history), graph, wait, frozenset(_after_caught(steps)), steps[-1].seq if steps else -1
    )
    done = trusted = 0
    for step in counted:
        if graph.get_action(step.action).effect == "irreversible":
            trusted += 1
            continue
        found = replayer.diverges(step)
        if found is not None:
            return Replayed(done, len(every) - len(counted), trusted, found)
        done += 1
    return Replayed(done, len(every) - len(counted), trusted)


def _after_caught(steps: Sequence[StepRecord]) -> Iterator[int]:
    """Return the steps to which an exception led, whose decision is compared at the step that raised it."""
    for step, following in pairwise(steps):
        if step.status != "completed" and step.next is not None:
            yield following.seq


def _attempts_that_count(steps: Sequence[StepRecord]) -> Iterator[StepRecord]:
    """Leave out attempts that were made again or never ended."""
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if (
            step.status == "completed"
            or step.next is not None
            or (step.status == "failed" and following is None)
        ):
            yield step


@dataclass(frozen=True, slots=True)
class _Replayer:
    history: History
    past: Past
    graph: Graph
    wait: Wait
    after_caught: frozenset[int]
    last: int

    def diverges(self, step: StepRecord) -> Divergence | None:
        before = self.past.before(step)
        return self._chosen_otherwise(step, before) or self._does_otherwise(step, before)

    def _chosen_otherwise(self, step: StepRecord, before: State) -> Divergence | None:
        decision = step.decision
        if decision is None or decision.source not in self.graph or step.seq in self.after_caught:
            return None
        return self._compare(step, decision, before)

    def _compare(self, step: StepRecord, decision: Decision, state: State) -> Divergence | None:
        try:
            now = self.graph.next(decision.source, state)
        except Exception as error:  # noqa: BLE001 - a condition of the user's may raise anything
            told = f"what follows {decision.source} cannot be decided: {error}"
            return Divergence(step.seq, step.action, "action", told, error=error)
        if now.target == decision.target:
            return None
        told = f"after {decision.source} the graph now goes to {now.target or 'the end'}"
        return Divergence(
            step.seq, step.action, "action", f"{told}; in the run it went to {decision.target or 'the end'}"
        )

    def _does_otherwise(self, step: StepRecord, before: State) -> Divergence | None:
        action = self.graph.get_action(step.action)
        app = _application(action, before, self._calls(step))
        inputs = self.history.values(step.seq).inputs
        known = {key: value for key, value in inputs.items() if key in {*action.required, *action.optional}}
        try:
            with offline():
                for _ in app.walk_step(self.wait, known):
                    pass
        except Exception as error:  # noqa: BLE001 - an action may raise anything
            return self._raised(step, error, app)
        else:
            return self._completed(step, app)
        finally:
            app.history.store.close()

    def _calls(self, step: StepRecord) -> list[CallRecord]:
        sent = [each for each in self.past.calls(step) if each.sent and each.body is not None]
        return [each for each in sent if servable(each) or step.status != "completed"]

    def _completed(self, step: StepRecord, app: Application) -> Divergence | None:
        """Compare both states as a store gives them: a value of a class that is gone is the same in both."""
        if step.status != "completed":
            kind = step.failure.type if step.failure else "an error"
            return Divergence(
                step.seq, step.action, "exception", f"it completes now; in the run it raised {kind}"
            )
        found = tuple(changes(self.history.at(step.seq), app.history.at(0)))
        if found:
            paths = ", ".join(each.path for each in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""  # noqa: PLR2004 - as many as are named
            return Divergence(step.seq, step.action, "state", f"it writes another {paths}{more}", found)
        ends = step.seq == self.last and step.next is not None
        return self._compare(step, step.next, app.state) if ends and step.next is not None else None

    def _raised(self, step: StepRecord, error: Exception, app: Application) -> Divergence | None:
        failure = step.failure
        same = failure is not None and (
            failure.type == _name(type(error)) or (isinstance(error, REFUSED) and failure.type in _REFUSED)
        )
        if not same:
            return _other_error(step, error, app)
        now = self.graph.caught(step.action, error)
        was = step.next
        if (now and now.target) == (was and was.target):
            return None
        told = f"its error now leads to {now.target if now else 'nothing'}"
        return Divergence(step.seq, step.action, "action", told, error=error)


def _application(action: Node, state: State, calls: Sequence[CallRecord]) -> Application:
    return (
        ApplicationBuilder()
        .with_actions(**{action.name: action})
        .with_entrypoint(action.name)
        .with_state(state)
        .with_identifiers(app_id="replay")
        .with_ledger("strict", Fixture(calls))
        .build()
    )


def _other_error(step: StepRecord, error: Exception, app: Application) -> Divergence:
    if isinstance(error, LedgerMissError):
        drift = next((each.drift for each in app.history.calls(0) if each.drift), None)
        told = drift or "nothing like it is recorded for this step"
        return Divergence(
            step.seq, step.action, "call", f"it asks the model something else: {told}", error=error
        )
    if isinstance(error, OfflineError):
        told = "it opens a socket, which a replay refuses; the record has its LLM calls only"
        return Divergence(step.seq, step.action, "exception", told, error=error)
    was = f"in the run it raised {step.failure.type}" if step.failure else "in the run it completed"
    return Divergence(
        step.seq, step.action, "exception", f"it raises {type(error).__name__}: {error}; {was}", error=error
    )


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
