"""Runs from JSON, each field checked and named where it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from notebook_agent.errors import AgentError, StoreFormatError
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.kept import PastEdit, PastRun, PastStep
from notebook_agent.store.places import check_project
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
from notebook_agent.store.records import split_reads

__all__ = ["read_runs"]

_STATUS: Final = ("completed", "failed", "interrupted")
_LONGEST_LABEL: Final = 200


def read_runs(fields: Fields, project: str | None, version: int) -> list[PastRun]:
    """The runs of a file, each after those that it names.

    Raises:
        StoreFormatError: a place is wrong; it is named.
    """
    reader = _Reader(_sources(fields), project)
    runs: list[PastRun] = []
    parts = list(fields.parts("runs"))
    for part in parts:
        hidden = part is not parts[-1] if version == 1 else part.has("hidden") and part.flag("hidden")
        runs.append(reader.run(part, hidden=hidden))
    fields.end()
    asked_for = [run for run in runs if not run.hidden and run.spawned_by is None]
    if len(asked_for) != 1:
        raise StoreFormatError("runs must hold one run that stands for itself.", path="runs")
    return runs


def _sources(fields: Fields) -> Mapping[str, str]:
    if not fields.has("sources"):
        return {}
    part, found = fields.part("sources"), fields.json("sources")
    return {name: part.text(name) for name in cast("Mapping[str, Json]", found)}


@dataclass(frozen=True, slots=True)
class _Known:
    """A run that others may name: the last step of its past before its own, and all steps of its past."""

    key: RunKey
    base: int | None
    steps: Mapping[int, RunKey]


def _project(part: Fields, instead: str | None) -> str:
    name, place = part.text("project"), part.at("project")
    if instead is not None:
        return instead
    try:
        check_project(name)
    except AgentError as error:
        raise StoreFormatError(f"{place} is no name of a project. {error}", path=place) from error
    return name


def _label(part: Fields) -> str | None:
    """The label, which is shown in one line as it is."""
    label, place = part.maybe("text", "label"), part.at("label")
    if label is not None and not (label.isprintable() and 0 < len(label) <= _LONGEST_LABEL):
        raise StoreFormatError(
            f"{place} is no label: it must be 1 to {_LONGEST_LABEL} characters that can be seen.", path=place
        )
    return label


class _Reader:
    def __init__(self, sources: Mapping[str, str], project: str | None) -> None:
        self.sources = sources
        self.project = project
        self.known: dict[tuple[str, str | None], _Known] = {}

    def run(self, part: Fields, *, hidden: bool) -> PastRun:
        key = RunKey(_project(part, self.project), part.text("app_id"), part.maybe("text", "partition_key"))
        state = State(read_values(part, "state"))
        parent, base, past = self.parent(part, needed=not hidden or part.has("steps"))
        first = 0 if base is None else base + 1
        steps = self.steps(part, key, state, first)
        run = PastRun(
            key=key,
            label=_label(part),
            created_at=part.number("created_at"),
            entrypoint=part.text("entrypoint"),
            graph=read_plain(part, "graph"),
            state=state,
            parent=parent,
            notebook=part.maybe("text", "notebook"),
            steps=tuple(steps),
            edits=tuple(_edits(part, state, steps, first)),
            spawned_by=self.starter(part),
            hidden=hidden,
        )
        part.end()
        own = {step.record.seq: key for step in steps}
        self.known[key.app_id, key.partition_key] = _Known(key, base, {**past, **own})
        return run

    def parent(
        self, part: Fields, *, needed: bool
    ) -> tuple[StepRef | None, int | None, Mapping[int, RunKey]]:
        """The run that it goes on from, at one of its steps; the last step of its past, and all of them.

        The step must be there if it is `needed`: a run that others were forked from earlier than that does
        without.
        """
        if not part.has("parent"):
            return None, None, {}
        told = part.part("parent")
        run, seq = self.named(told), told.maybe("whole", "seq")
        told.end()
        base = run.base if seq is None else seq
        if needed and seq is not None and seq not in run.steps:
            raise StoreFormatError(f"{told.at('seq')} is no step of that run.", path=told.at("seq"))
        past = {step: owner for step, owner in run.steps.items() if base is not None and step <= base}
        return StepRef(run.key, seq), base, past

    def starter(self, part: Fields) -> StepRef | None:
        """The step that started it."""
        if not part.has("spawned_by"):
            return None
        told = part.part("spawned_by")
        run, seq = self.named(told), told.whole("seq")
        told.end()
        if run.steps.get(seq) != run.key:
            raise StoreFormatError(f"{told.at('seq')} is no step of that run.", path=told.at("seq"))
        return StepRef(run.key, seq)

    def named(self, told: Fields) -> _Known:
        """A run that stands before the one that names it."""
        run = self.known.get((told.text("app_id"), told.maybe("text", "partition_key")))
        if run is None:
            raise StoreFormatError(f"{told.place} names no run that stands before.", path=told.place)
        return run

    def steps(self, part: Fields, key: RunKey, state: State, first: int) -> list[PastStep]:
        steps: list[PastStep] = []
        for n, found in enumerate(part.parts("steps")):
            step = self.step(found, StepRef(key, first + n), state)
            state = step.state
            steps.append(step)
        return steps

    def step(self, part: Fields, ref: StepRef, before: State) -> PastStep:
        if part.whole("seq") != ref.seq:
            raise StoreFormatError(f"{part.at('seq')} must be {ref.seq}.", path=part.at("seq"))
        status = part.text("status")
        if status not in _STATUS:
            raise StoreFormatError(
                f"{part.at('status')} must be one of {', '.join(_STATUS)}.", path=part.at("status")
            )
        reads, grown = split_reads(part.texts("reads"))
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
            reads,
            part.texts("writes"),
            grown,
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
