"""Runs as JSON: each step with what it changed, each source once."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from notebook_agent.calls.bodies import decoded
from notebook_agent.calls.keys import key_of
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.calls.scrub import scrubbed
from notebook_agent.calls.veiled import is_veiled
from notebook_agent.condition import Decision
from notebook_agent.ids import Json, StepRef
from notebook_agent.redact import redact_text
from notebook_agent.state import FrozenList, State
from notebook_agent.store.kept import PastRun, PastStep
from notebook_agent.store.portable.values import write_value
from notebook_agent.store.protocol import RunCall, StepRecord

__all__ = ["write_runs"]

_PLAIN: Final = {str, int, bool, type(None)}
_CALL: Final = (
    *("action", "span", "key", "method", "host", "endpoint", "model", "streamed", "status"),
    *("content_type", "complete", "error", "started_at", "first_at", "ended_at", "cost", "replayed", "drift"),
)


def write_runs(runs: Sequence[PastRun], *, masked: bool) -> dict[str, Json]:
    """The runs, each after those that it names, and the sources of their actions."""
    writer = _Writer(masked)
    return {"runs": [writer.run(run) for run in runs], "sources": writer.sources}


class _Writer:
    def __init__(self, masked: bool) -> None:  # noqa: FBT001 (its only setting)
        self.masked = masked
        self.sources: dict[str, Json] = {}

    def run(self, run: PastRun) -> Json:
        state = run.state
        steps: list[Json] = []
        for step in run.steps:
            steps.append(self.step(step, state))
            state = step.state
        return _given({
            "project": run.key.project,
            "app_id": run.key.app_id,
            "partition_key": run.key.partition_key,
            "label": run.label,
            "created_at": run.created_at,
            "entrypoint": run.entrypoint,
            "parent": _place(run.parent),
            "spawned_by": _place(run.spawned_by),
            "hidden": run.hidden or None,
            "notebook": run.notebook,
            "graph": self.value(run.graph),
            "state": self.values(run.state),
            "steps": steps,
            "edits": self.edits(run),
        })

    def edits(self, run: PastRun) -> list[Json]:
        """Each with what it changed in the state before it."""
        states = {step.record.seq: step.state for step in run.steps}
        found: list[Json] = []
        for edit in run.edits:
            place = -1 if edit.after is None else edit.after
            before = states.get(place, run.state)
            changes = self.changes(before, edit.state)
            found.append(
                _given({"after": edit.after, "at": edit.at, "keys": list(edit.keys), "changes": changes})
            )
            states[place] = edit.state
        return found

    def step(self, step: PastStep, before: State) -> Json:
        record, values = step.record, step.values
        return _given({
            **_heading(record),
            "decision": self.decision(record.decision),
            "inputs": self.values(values.inputs),
            "call": None if values.call is None else self.call(values.call),
            "reads": [*record.reads, *record.grown],
            "writes": list(record.writes),
            "changes": self.changes(before, step.state),
            "next": self.decision(record.next),
            "failure": None if record.failure is None else _failure(record),
            "events": self.value(values.events) if values.events else None,
            "source": self.source(record, values.source),
            "calls": [self.llm_call(call) for call in step.calls],
        }) | ({} if values.result is None else {"result": self.values(values.result)})

    def source(self, record: StepRecord, source: str | None) -> str | None:
        """The name under which the source stands, once."""
        if source is None:
            return None
        name = record.code or "source"
        while self.sources.get(name, source) != source:
            name += "'"
        self.sources[name] = source
        return name

    def changes(self, before: State, after: State) -> Json:
        """What differs: `set`, `append` for longer lists, `unset`; keys in a new order are all set."""
        old, new = before.get_all(), after.get_all()
        kept = [key for key in old if key in new]
        if list(new)[: len(kept)] != kept:
            return {"unset": list(old), "set": self.values(new)}
        changed: dict[str, Json] = {}
        longer: dict[str, Json] = {}
        for key, value in new.items():
            more = self.added(old.get(key), value) if key in old else None
            if more is None:
                changed[key] = self.value(value)
            elif more:
                longer[key] = [self.value(item) for item in more]
        gone: list[Json] = [key for key in old if key not in new]
        return _given({"set": changed, "append": longer, "unset": gone})

    def added(self, old: object, new: object) -> Sequence[object] | None:
        """What was appended to a list; nothing where two values are the same, None where all must be set."""
        if self.same(old, new):
            return ()
        if type(old) is FrozenList and type(new) is FrozenList and len(old) < len(new):
            return new[len(old) :] if all(map(self.same, old, new)) else None
        return None

    def same(self, a: object, b: object) -> bool:
        """Whether two values are written alike: what is only equal, as -0.0 and 0.0, is told apart here."""
        if a is b:
            return True
        if type(a) is not type(b):
            return False
        if type(a) in _PLAIN:
            return a == b
        if isinstance(a, FrozenList) and isinstance(b, FrozenList):
            return len(a) == len(b) and all(map(self.same, a, b))
        return write_value(a) == write_value(b)

    def call(self, call: RunCall) -> Json:
        return _given({
            "method": call.method,
            "inputs": self.values(call.inputs),
            "halt_before": list(call.halt_before),
            "halt_after": list(call.halt_after),
            "max_steps": call.max_steps,
        })

    def decision(self, decision: Decision | None) -> Json:
        if decision is None:
            return None
        checks = [
            _given({
                "target": check.target,
                "condition": check.condition,
                "operands": self.values(check.operands),
                "result": check.result,
            })
            for check in decision.checks
        ]
        return _given({"source": decision.source, "target": decision.target, "checks": checks})

    def llm_call(self, call: CallRecord) -> Json:
        call = _masked(call) if self.masked else call
        usage = call.usage
        return _given({
            "id": call.id,
            **{name: getattr(call, name) for name in _CALL},
            "replayed_from": call.replayed_from,
            "headers": [list(header) for header in call.headers],
            "chunks": [list(chunk) for chunk in call.chunks],
            "usage": None if usage is None else {"input": usage.input, "output": usage.output},
            "body": None if call.body is None else _body(call.body),
        }) | {"request": self.value(call.request)}

    def values(self, values: Mapping[str, object]) -> dict[str, Json]:
        return {key: self.value(item) for key, item in values.items()}

    def value(self, value: object) -> Json:
        return write_value(value, masked=self.masked)


def _given(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Without what is empty, which is read as nothing."""
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {})}


def _heading(record: StepRecord) -> dict[str, Json]:
    return {
        "seq": record.seq,
        "action": record.action,
        "status": "interrupted" if record.status == "running" else record.status,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "code": record.code,
    }


def _place(step: StepRef | None) -> Json:
    if step is None:
        return None
    run = step.run
    return _given({"app_id": run.app_id, "partition_key": run.partition_key, "seq": step.seq})


def _failure(record: StepRecord) -> Json:
    failure = record.failure
    assert failure is not None
    return {"type": failure.type, "message": failure.message, "traceback": failure.traceback}


def _masked(call: CallRecord) -> CallRecord:
    """A call whose body and key show no secret; one that was packed is unpacked for that."""
    if is_veiled(call):
        call = replace(call, key=key_of(call.method, call.endpoint, call.request))
    body = decoded(call)
    if body is None:
        return call
    headers = tuple(header for header in call.headers if header[0] != "content-encoding")
    plain = _shown(body)
    return replace(call, body=plain, headers=headers, chunks=call.chunks if plain == call.body else ())


def _shown(body: bytes) -> bytes:
    try:
        return scrubbed(body.decode()).encode()
    except UnicodeDecodeError:
        return redact_text(body.decode("latin-1")).encode("latin-1")


def _body(body: bytes) -> Json:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
