"""What it will take to run recorded steps again, before any of them runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notebook_agent.calls import Again, Forecast
from notebook_agent.calls.answered import asked_again
from notebook_agent.calls.protocol import CallRecord, LedgerMode
from notebook_agent.graph import Graph
from notebook_agent.history import made
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import same
from notebook_agent.store.protocol import StepRecord, Store

__all__ = ["Pricing"]

Group = Sequence[StepRecord]
"""All attempts at one step, in order."""
_ABSENT = object()


class Pricing:
    """Prices steps of one store for a graph as it is now."""

    def __init__(self, store: Store, graph: Graph, mode: LedgerMode) -> None:
        self._store, self._graph, self._mode = store, graph, mode
        self._asked: dict[StepRef, list[CallRecord]] = {}

    def fork(
        self, key: RunKey, seq: int | None, edited: Iterable[str] = (), *, most: int | None = None
    ) -> Forecast:
        """Price a fork of a run after a step, once the keys in `edited` have other values.

        `most` is how many steps it makes at most; None for all that are recorded.
        """
        return self._forecast([self._again(group) for group in self._after(key, seq)[:most]], edited)

    def go_on(self, key: RunKey) -> Forecast:
        """Price going on with a run: a step that did not complete, and what it repeats of its ancestor."""
        groups = _groups(self._own(key))
        open_end = bool(groups) and groups[-1][-1].status != "completed"
        steps = [self._retried(groups[-1])] if open_end else []
        parent = self._store.run(key).parent
        if parent is not None:
            rest = self._after(parent.run, parent.seq)[len(groups) :]
            steps += [self._again(group) for group in rest]
        return self._forecast(steps, () if parent is None else self._edited(key, parent))

    def _edited(self, key: RunKey, parent: StepRef) -> list[str]:
        """List the keys that a fork started with in another value than its ancestor had there."""
        mine, theirs = self._store.state(StepRef(key, None)), self._store.state(parent)
        names = dict.fromkeys([*mine, *theirs])
        return [name for name in names if not same(mine.get(name, _ABSENT), theirs.get(name, _ABSENT))]

    def _forecast(self, steps: Sequence[Again], edited: Iterable[str] = ()) -> Forecast:
        from notebook_agent.calls.forecast import forecast

        return forecast(steps, edited, self._mode)

    def _after(self, key: RunKey, seq: int | None) -> list[Group]:
        """Gather the steps of a run after one, and that one where it did not complete."""
        if seq is None:
            return _groups(self._own(key))
        steps = self._store.steps(key)
        found = [each for each in _groups(steps) if _comes_after(each[-1], seq)]
        self._hear(key, [step for group in found for step in group])
        return found

    def _own(self, key: RunKey) -> list[StepRecord]:
        steps = [step for step in self._store.steps(key) if step.ref.run == key]
        self._hear(key, steps)
        return steps

    def _hear(self, key: RunKey, steps: Sequence[StepRecord]) -> None:
        """Gather what some of a run's steps asked, and their branches, in the order in which they did."""
        refs = {step.seq: step.ref for step in steps}
        self._asked |= {step.ref: [] for step in steps}
        asked = made(self._store, key, first=steps[0].seq) if steps else []
        for each in sorted(asked, key=lambda each: each.call.started_at):
            if each.seq in refs:
                self._asked[refs[each.seq]].append(each.call)

    def _again(self, group: Group) -> Again:
        return self._made(group, self._calls(group), changed=self._is_changed(group[-1]))

    def _retried(self, group: Group) -> Again:
        """Price a step that failed: with unchanged code, good answers that it failed on are not served."""
        last, changed = group[-1], self._is_changed(group[-1])
        asks = asked_again(self._asked[last.ref])
        in_vain = last.status == "failed" and not changed and not asks.live and bool(asks.served)
        return self._made(group, self._calls(group), changed=changed, refused=in_vain)

    def _made(
        self, group: Group, calls: Sequence[CallRecord], *, changed: bool, refused: bool = False
    ) -> Again:
        last = group[-1]
        checks = last.next.checks if last.next is not None else ()
        decides = frozenset(key for check in checks for key in check.operands)
        writes = frozenset(last.writes) | self._declared(last.action)
        unfinished = last.status != "completed"
        return Again(calls, changed, refused, unfinished, frozenset(last.reads), writes, decides)

    def _calls(self, group: Group) -> list[CallRecord]:
        """Gather what the last attempt asked, and what it had not come to of earlier ones with its code."""
        found: list[CallRecord] = []
        for step in reversed(group):
            if step.code == group[-1].code:
                known = {call.key for call in found}
                found += [call for call in self._asked[step.ref] if call.key not in known]
        return found

    def _is_changed(self, step: StepRecord) -> bool:
        if step.action not in self._graph.names:
            return True
        now = self._graph.get_action(step.action).code
        return step.code is not None and now is not None and step.code != now

    def _declared(self, action: str) -> frozenset[str]:
        known = action in self._graph.names
        return frozenset(self._graph.get_action(action).writes) if known else frozenset()


def _comes_after(step: StepRecord, seq: int) -> bool:
    """Tell whether a step is made again once a fork goes on after number `seq`."""
    return step.seq > seq or (step.seq == seq and step.status != "completed")


def _groups(steps: Iterable[StepRecord]) -> list[Group]:
    groups: list[Group] = []
    for step in steps:
        last = groups[-1][-1] if groups else None
        if last is not None and last.action == step.action and last.status != "completed":
            groups[-1] = [*groups[-1], step]
        else:
            groups.append([step])
    return groups
