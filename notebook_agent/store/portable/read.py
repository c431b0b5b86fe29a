"""Runs from JSON, each field checked and named where it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.kept import PastEdit, PastRun, PastStep
from notebook_agent.store.portable.fields import Fields
from notebook_agent.store.portable.parts import (
    read_decision,
    read_failure,
    read_llm_call,
    read_plain,
    read_run_call,
    read_values,
)
from notebook_agent.store.protocol import Status, StepRecord, StepValues

__all__ = ["read_runs"]

_STATUS: Final = ("completed", "failed", "interrupted")


def read_runs(fields: Fields, project: str | None) -> list[PastRun]:
    """The runs of a file, the oldest first.

    Raises:
        StoreFormatError: a place is wrong; it is named.
    """
    sources = _sources(fields)
    reader = _Reader(sources, project)
    runs: list[PastRun] = []
    parts = list(fields.parts("runs"))
    for part in parts:
        runs.append(reader.run(part, runs[-1] if runs else None, last=part is parts[-1]))
    fields.end()
    if not runs:
        raise StoreFormatError("runs must hold one run or more.", path="runs")
    return runs


def _sources(fields: Fields) -> Mapping[str, str]:
    if not fields.has("sources"):
        return {}
    part, found = fields.part("sources"), fields.json("sources")
    return {name: part.text(name) for name in cast("Mapping[str, Json]", found)}


class _Reader:
    def __init__(self, sources: Mapping[str, str], project: str | None) -> None:
        self.sources = sources
        self.project = project
        self.base: int | None = None
        self.seqs: set[int] = set()

    def run(self, part: Fields, before: PastRun | None, *, last: bool) -> PastRun:
        project = part.text("project")
        key = RunKey(self.project or project, part.text("app_id"), part.maybe("text", "partition_key"))
        parent = self.parent(part, before)
        state = State(read_values(part, "state"))
        if parent is not None and parent.seq is not None and (last or part.has("steps")):
            self.check_fork_point(part, parent.seq)
        if parent is None or parent.seq is not None:
            self.base = None if parent is None else parent.seq
        first = 0 if self.base is None else self.base + 1
        steps = self.steps(part, key, state, first)
        run = PastRun(
            key=key,
            label=part.maybe("text", "label"),
            created_at=part.number("created_at"),
            entrypoint=part.text("entrypoint"),
            graph=read_plain(part, "graph"),
            state=state,
            parent=parent,
            notebook=part.maybe("text", "notebook"),
            steps=tuple(steps),
            edits=tuple(_edits(part, state, steps, first)),
        )
        part.end()
        return run

    def parent(self, part: Fields, before: PastRun | None) -> StepRef | None:
        """The run before it in the file, at one of its steps."""
        if not part.has("parent"):
            if before is not None:
                raise StoreFormatError(f"{part.at('parent')} is missing.", path=part.at("parent"))
            return None
        told = part.part("parent")
        named = told.text("app_id"), told.maybe("text", "partition_key")
        seq = told.maybe("whole", "seq")
        told.end()
        if before is None or (before.key.app_id, before.key.partition_key) != named:
            raise StoreFormatError(f"{told.place} names another run than the one before.", path=told.place)
        return StepRef(before.key, seq)

    def check_fork_point(self, part: Fields, seq: int) -> None:
        """Refuse a run that goes on from a step that is not there."""
        if seq not in self.seqs:
            place = f"{part.at('parent')}.seq"
            raise StoreFormatError(f"{place} is no step of the runs before.", path=place)

    def steps(self, part: Fields, key: RunKey, state: State, first: int) -> list[PastStep]:
        steps: list[PastStep] = []
        for n, found in enumerate(part.parts("steps")):
            step = self.step(found, StepRef(key, first + n), state)
            state = step.state
            steps.append(step)
            self.seqs.add(step.record.seq)
        return steps

    def step(self, part: Fields, ref: StepRef, before: State) -> PastStep:
        if part.whole("seq") != ref.seq:
            raise StoreFormatError(f"{part.at('seq')} must be {ref.seq}.", path=part.at("seq"))
        status = part.text("status")
        if status not in _STATUS:
            raise StoreFormatError(
                f"{part.at('status')} must be one of {', '.join(_STATUS)}.", path=part.at("status")
            )
        record = StepRecord(
            ref,
            part.text("action"),
            cast("Status", status),
            part.number("started_at"),
            part.maybe("number", "ended_at"),
            part.maybe("text", "code"),
            read_decision(part, "decision"),
            read_decision(part, "next"),
            read_failure(part),
            part.texts("reads"),
            part.texts("writes"),
        )
        values = StepValues(
            read_values(part, "inputs"),
            read_values(part, "result") if part.names("result") else None,
            read_run_call(part),
            self.source(part),
            read_plain(part, "events") if part.has("events") else [],
        )
        calls = tuple(read_llm_call(each, ref) for each in part.parts("calls"))
        step = PastStep(record, values, _changed(part, before), calls)
        part.end()
        return step

    def source(self, part: Fields) -> str | None:
        name = part.maybe("text", "source")
        if name is not None and name not in self.sources:
            raise StoreFormatError(f"{part.at('source')} names no source.", path=part.at("source"))
        return None if name is None else self.sources[name]


def _edits(part: Fields, state: State, steps: Sequence[PastStep], first: int) -> Iterator[PastEdit]:
    """Edits between the steps of a run, in order."""
    states = {step.record.seq: step.state for step in steps}
    last = first - 1
    for found in part.parts("edits"):
        after = found.maybe("whole", "after")
        place = -1 if after is None else after
        if not last <= place < first + len(steps):
            raise StoreFormatError(
                f"{found.at('after')} is no step after which this run can be edited.", path=found.at("after")
            )
        last, states[place] = place, _changed(found, states.get(place, state))
        yield PastEdit(after, found.number("at"), found.texts("keys"), states[place])
        found.end()


def _changed(part: Fields, before: State) -> State:
    if not part.has("changes"):
        return before
    changes = part.part("changes")
    for key in changes.texts("unset"):
        if key not in before:
            place = changes.at("unset")
            raise StoreFormatError(f"{place} names {key!r}, which the state does not have.", path=place)
        before = before.wipe(delete=[key])
    before = before.update(**read_values(changes, "set"))
    for key, items in read_values(changes, "append").items():
        if not isinstance(before.get(key), list) or not isinstance(items, list):
            place = changes.at(f"append.{key}")
            raise StoreFormatError(f"{place} has no list to be appended to.", path=place)
        before = before.extend(**{key: items})
    changes.end()
    return before
