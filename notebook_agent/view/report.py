"""What is said when an action raises: short, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notebook_agent.calls import summarise
from notebook_agent.calls.answered import unanswered
from notebook_agent.calls.bodies import decoded
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.redact import redact_text
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.brief import brief, duration, short_id
from notebook_agent.view.escape import clip, one_line, plural, writable

__all__ = ["failure_report"]

_MESSAGE = 400
_VALUE = 100
_KEYS = 20
_ERROR = 200
_OK = range(200, 300)


def failure_report(
    step: StepRecord, state: Mapping[str, object], inputs: Mapping[str, object], calls: Sequence[CallRecord]
) -> str:
    """Report a step that did not complete.

    Args:
        step: The step, `failed` or `interrupted`.
        state: What the action was given.
        inputs: The inputs of the run call.
        calls: The LLM calls that the step made.
    """
    where = f"{step.action} {step.status} at step @{step.seq} of run {short_id(step.ref.run.app_id)}"
    blocks = (_raised(step), _values("state", state), _values("inputs", inputs), _call(step, calls))
    return "\n".join((where, *(line for block in blocks for line in block), "", *_next(step)))


def _raised(step: StepRecord) -> list[str]:
    if step.failure is None:
        return []
    said = clip(writable(redact_text(step.failure.message)).strip(), _MESSAGE).replace("\n", "\n    ")
    return [f"  {step.failure.type}: {said}" if said else f"  {step.failure.type}"]


def _values(title: str, values: Mapping[str, object]) -> list[str]:
    if not values:
        return []
    shown = list(values)[:_KEYS]
    width = max(len(key) for key in shown)
    lines = [f"    {key:<{width}}  {_value(values[key], key)}" for key in shown]
    left = len(values) - len(shown)
    return ["", f"  {title}", *lines, *([f"    and {plural(left, 'more key')}"] if left else [])]


def _value(value: object, key: str) -> str:
    if isinstance(value, list) and len(value) > 1:
        return f"{plural(len(value), 'item')}, the last: {brief(value[-1], _VALUE)}"
    return brief(value, _VALUE, key)


def _call(step: StepRecord, calls: Sequence[CallRecord]) -> list[str]:
    if not calls:
        return []
    failed = unanswered(calls)
    call = (failed or calls)[-1]
    title = "the LLM call that failed" if failed else "its last LLM call"
    attempts = [each for each in calls if each.key == call.key and each.sent] if failed else [call]
    more = f"    %agent calls @{step.seq} shows all of it"
    return ["", f"  {title}", f"    {_line(call, attempts)}", *_said(call), more]


def _line(call: CallRecord, attempts: Sequence[CallRecord]) -> str:
    answer = f"HTTP {call.status}" if call.status else "no answer" if call.sent else ""
    facts = (call.endpoint, call.model, answer, _took(call, attempts))
    line = " · ".join(fact for fact in facts if fact)
    error = one_line(redact_text(call.error), _ERROR) if call.error else ""
    return f"{line}: {error}" if error else line


def _took(call: CallRecord, attempts: Sequence[CallRecord]) -> str:
    if call.ended_at is None:
        return ""
    took = duration((call.ended_at - min(each.started_at for each in attempts)) * 1000)
    return f"{len(attempts)} attempts in {took}" if len(attempts) > 1 else took


def _said(call: CallRecord) -> list[str]:
    """Quote what was asked last and what came back: of an answer that is broken as much as there is."""
    summary = summarise(call)
    asked = summary.messages[-1] if summary.messages else None
    lines = [("asked", asked.content)] if asked is not None else []
    if call.error is None and summary.text:
        lines.append(("answered", summary.text))
    elif call.status in _OK:
        lines.append(("what came", summary.text or _begins(call)))
    return [f"    {name}: {one_line(writable(redact_text(text)), _ERROR)}" for name, text in lines if text]


def _begins(call: CallRecord) -> str:
    body = decoded(call)
    return "" if body is None else body[: 4 * _ERROR].decode(errors="replace")


def _next(step: StepRecord) -> list[str]:
    return [
        f"The state is as it was before this step; {step.action} is still next.",
        "Fix the cell and run it, then: %agent retry  (in Python: app.retry())",
    ]
