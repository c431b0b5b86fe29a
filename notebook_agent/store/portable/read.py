"""Runs from JSON, each field checked and named where it is wrong."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final, TypeVar, cast

from notebook_agent.calls.protocol import CallId, CallRecord, Usage
from notebook_agent.condition import Check, Decision
from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.codec.types import thaw
from notebook_agent.store.kept import PastRun, PastStep
from notebook_agent.store.portable.fields import Fields
from notebook_agent.store.portable.values import read_value
from notebook_agent.store.protocol import Failure, RunCall, Status, StepRecord, StepValues

__all__ = ["read_runs"]

T = TypeVar("T", str, float)
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
        state = State(_values(part, "state"))
        if parent is not None and parent.seq is not None and (last or part.has("steps")):
            self.check_fork_point(part, parent.seq)
        if parent is None or parent.seq is not None:
            self.base = None if parent is None else parent.seq
        first = 0 if self.base is None else self.base + 1
        run = PastRun(
            key=key,
            label=part.maybe("text", "label"),
            created_at=part.number("created_at"),
            entrypoint=part.text("entrypoint"),
            graph=_plain(part, "graph"),
            state=state,
            parent=parent,
            notebook=part.maybe("text", "notebook"),
            edited=State(_values(part, "edited")) if part.has("edited") else None,
            steps=tuple(self.steps(part, key, state, first)),
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
            _decision(part, "decision"),
            _decision(part, "next"),
            _failure(part),
            part.texts("reads"),
            part.texts("writes"),
        )
        values = StepValues(
            _values(part, "inputs"),
            _values(part, "result") if part.names("result") else None,
            _run_call(part),
            self.source(part),
            _plain(part, "events") if part.has("events") else [],
        )
        calls = tuple(_llm_call(each, ref) for each in part.parts("calls"))
        step = PastStep(record, values, _changed(part, before), calls)
        part.end()
        return step

    def source(self, part: Fields) -> str | None:
        name = part.maybe("text", "source")
        if name is not None and name not in self.sources:
            raise StoreFormatError(f"{part.at('source')} names no source.", path=part.at("source"))
        return None if name is None else self.sources[name]


def _changed(part: Fields, before: State) -> State:
    if not part.has("changes"):
        return before
    changes = part.part("changes")
    for key in changes.texts("unset"):
        if key not in before:
            place = changes.at("unset")
            raise StoreFormatError(f"{place} names {key!r}, which the state does not have.", path=place)
        before = before.wipe(delete=[key])
    before = before.update(**_values(changes, "set"))
    for key, items in _values(changes, "append").items():
        if not isinstance(before.get(key), list) or not isinstance(items, list):
            place = changes.at(f"append.{key}")
            raise StoreFormatError(f"{place} has no list to be appended to.", path=place)
        before = before.extend(**{key: items})
    changes.end()
    return before


def _values(part: Fields, name: str) -> Mapping[str, object]:
    """Values by name, none where the field is left out."""
    if not part.has(name):
        return {}
    within = part.part(name)
    found = cast("Mapping[str, Json]", part.json(name))
    return {key: read_value(value, within.at(key)) for key, value in found.items()}


def _plain(part: Fields, name: str) -> Json:
    return cast("Json", thaw(read_value(part.json(name), part.at(name)))) if part.has(name) else {}


def _decision(part: Fields, name: str) -> Decision | None:
    if not part.has(name):
        return None
    found = part.part(name)
    checks = tuple(_check(each) for each in found.parts("checks"))
    decision = Decision(found.text("source"), found.maybe("text", "target"), checks)
    found.end()
    return decision


def _check(part: Fields) -> Check:
    result = part.flag("result") if part.has("result") else None
    check = Check(part.text("target"), part.text("condition"), _values(part, "operands"), result)
    part.end()
    return check


def _failure(part: Fields) -> Failure | None:
    if not part.has("failure"):
        return None
    found = part.part("failure")
    failure = Failure(found.text("type"), found.text("message"), found.text("traceback"))
    found.end()
    return failure


def _run_call(part: Fields) -> RunCall | None:
    if not part.has("call"):
        return None
    found = part.part("call")
    call = RunCall(
        found.text("method"),
        _values(found, "inputs"),
        found.texts("halt_before"),
        found.texts("halt_after"),
        found.maybe("whole", "max_steps"),
    )
    found.end()
    return call


def _llm_call(part: Fields, ref: StepRef) -> CallRecord:
    number, served = part.maybe("whole", "id"), part.maybe("whole", "replayed_from")
    call = CallRecord(
        step=ref,
        action=part.maybe("text", "action"),
        span=part.maybe("text", "span"),
        key=part.text("key"),
        method=part.text("method"),
        host=part.text("host"),
        endpoint=part.text("endpoint"),
        model=part.maybe("text", "model"),
        request=_plain(part, "request") if part.has("request") else None,
        streamed=part.flag("streamed"),
        status=part.maybe("whole", "status"),
        content_type=part.maybe("text", "content_type"),
        body=_body(part),
        complete=part.flag("complete"),
        error=part.maybe("text", "error"),
        started_at=part.number("started_at"),
        first_at=part.maybe("number", "first_at"),
        ended_at=part.maybe("number", "ended_at"),
        chunks=tuple((at, round(size)) for at, size in _rows(part, "chunks", float)),
        usage=_usage(part),
        cost=part.maybe("number", "cost"),
        replayed_from=None if served is None else CallId(served),
        replayed=part.flag("replayed"),
        id=None if number is None else CallId(number),
        headers=tuple((name, value) for name, value in _rows(part, "headers", str)),
        drift=part.maybe("text", "drift"),
    )
    part.end()
    return call


def _usage(part: Fields) -> Usage | None:
    if not part.has("usage"):
        return None
    found = part.part("usage")
    usage = Usage(found.whole("input"), found.whole("output"))
    found.end()
    return usage


def _body(part: Fields) -> bytes | None:
    if not part.has("body"):
        return None
    found = part.part("body")
    text, packed = found.maybe("text", "text"), found.maybe("text", "base64")
    found.end()
    try:
        return (text or "").encode() if packed is None else base64.b64decode(packed, validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise StoreFormatError(f"{found.place} cannot be read ({error}).", path=found.place) from error


def _rows(part: Fields, name: str, kind: type[T]) -> list[tuple[T, T]]:
    """Pairs of one kind of thing; numbers may be whole."""
    if not part.has(name):
        return []
    rows = part.json(name)
    kinds = (int, float) if kind is float else (kind,)
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == 2 and all(type(item) in kinds for item in row)  # noqa: PLR2004
        for row in rows
    ):
        raise StoreFormatError(f"{part.at(name)} must be a list of pairs.", path=part.at(name))
    return [(row[0], row[1]) for row in cast("list[list[T]]", rows)]
