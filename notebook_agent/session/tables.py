"""Tables of steps, calls and runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from notebook_agent.calls.outcome import outcome
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import Made
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.results import SERVED, run_name
from notebook_agent.session.shown import Table
from notebook_agent.store.protocol import Edit, RunRecord, StepRecord
from notebook_agent.view.brief import short_id
from notebook_agent.view.panel import run_status

__all__ = ["calls_table", "runs_table", "steps_table"]


def steps_table(
    steps: Sequence[StepRecord],
    calls: Sequence[Made],
    names: Mapping[RunKey, str],
    edits: Sequence[Edit] = (),
    served: Collection[StepRef] = (),
) -> Table:
    """Make the table of steps, with a row for each edit by hand where it was made.

    `names` are what the runs that made them are called; `served` are steps that gave their record again.
    """
    columns = ("seq", "action", "status", "ms", "calls", "replayed", "code", "writes", "run")
    made: dict[int, list[CallRecord]] = {}
    for each in calls:
        made.setdefault(each.seq, []).append(each.call)
    told = dict.fromkeys(served, SERVED)
    rows = [
        (
            step.seq,
            _step_row(step, made.get(step.seq, []), names[step.ref.run], told.get(step.ref, step.status)),
        )
        for step in steps
    ]
    rows += [(_place(edit), _edit_row(edit, names[edit.after.run])) for edit in edits]
    return Table(columns, tuple(row for _, row in sorted(rows, key=itemgetter(0))), "no steps yet")


def calls_table(calls: Sequence[Made], strays: Sequence[CallRecord] = ()) -> Table:
    """Make the table of LLM calls; where branches made some, with the branch of each; `strays` at the end."""
    columns = ("seq", "action", "endpoint", "model", "status", "ms", "first", "tokens", "cost", "replayed")
    rows = [*(_call_row(each.seq, each.call) for each in calls), *map(_stray_row, strays)]
    if not any(each.call.branch for each in calls):
        return Table(columns, tuple(rows), "no LLM calls")
    branches = [*(_branch(each.call) for each in calls), *("" for _ in strays)]
    placed = tuple((row[0], branch, *row[1:]) for row, branch in zip(rows, branches, strict=True))
    return Table(("seq", "branch", *columns[1:]), placed)


def runs_table(
    runs: Sequence[RunRecord], in_use: str | None, depths: Sequence[int] = (), empty: str = "no runs yet"
) -> Table:
    """Make the table of runs; the one in use is marked, forks are moved to the right by their depth."""
    columns = ("", "run", "status", "at", "steps", "from", "id")
    indents = depths or [0] * len(runs)
    names = {run.key: run_name(run) for run in runs}
    rows = tuple(_run_row(run, in_use, depth, names) for run, depth in zip(runs, indents, strict=True))
    return Table(columns, rows, empty)


def _place(edit: Edit) -> int:
    return -1 if edit.after.seq is None else edit.after.seq


def _edit_row(edit: Edit, run: str) -> tuple[object, ...]:
    how = "edited by hand" if edit.forked is None else "edited in the fork"
    return ("", how, "", None, "", "", "", ", ".join(edit.keys), run)


def _step_row(step: StepRecord, calls: Sequence[CallRecord], run: str, status: str) -> tuple[object, ...]:
    replayed = sum(call.replayed for call in calls)
    took = None if step.ended_at is None else round((step.ended_at - step.started_at) * 1000, 1)
    code, writes = (step.code or "")[:4], ", ".join(step.writes)
    return (
        step.seq,
        step.action,
        status,
        took,
        len(calls),
        replayed,
        code,
        writes,
        run,
    )


def _branch(call: CallRecord) -> str:
    if not call.branch:
        return ""
    return f"{'/'.join(each.name for each in call.branch)}@{0 if call.step is None else call.step.seq}"


def _stray_row(call: CallRecord) -> tuple[object, ...]:
    """Name a call of no step by its method, host and time."""
    at = datetime.fromtimestamp(call.started_at).astimezone()
    named = replace(call, action="of no step", endpoint=f"{call.method} {call.host} {at:%H:%M:%S}")
    return _call_row("", named)


def _call_row(seq: object, call: CallRecord) -> tuple[object, ...]:
    took, first = (_ms(call.started_at, at) for at in (call.ended_at, call.first_at))
    tokens = None if call.usage is None else call.usage.input + call.usage.output
    how = "replayed" if call.replayed else "live" if call.sent else "not sent"
    return (seq, call.action, call.endpoint, call.model, _status(call), took, first, tokens, call.cost, how)


def _status(call: CallRecord) -> object:
    end = outcome(call)
    if end in {"answered", "failed"}:
        return call.status
    if end in {"no answer", "not sent"}:
        return call.error
    return end if call.status is None else f"{call.status}, {end}"


def _ms(start: float, end: float | None) -> float | None:
    return None if end is None else round((end - start) * 1000, 1)


def _run_row(
    run: RunRecord, in_use: str | None, depth: int, names: Mapping[RunKey, str]
) -> tuple[object, ...]:
    origin = run.parent or run.spawned_by
    parent = "" if origin is None else _short(origin, names)
    name = f"{'  ' * depth}{run_name(run)}{' (pinned)' if run.pinned else ''}"
    at = "start" if run.head is None else f"@{run.head} {run.action}"
    mark = "→" if run.key.app_id == in_use else ""
    return (mark, name, run_status(run), at, run.steps, parent, short_id(run.key.app_id))


def _short(ref: StepRef, names: Mapping[RunKey, str]) -> str:
    name = names.get(ref.run, short_id(ref.run.app_id))
    return f"{name}@{'start' if ref.seq is None else ref.seq}"
