"""The bridge: what a run tells becomes spans of OpenTelemetry, each with its own times and its parent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from notebook_agent import redact
from notebook_agent._version import __version__
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import StepRef
from notebook_agent.integrations.opentelemetry.semantics import (
    call_attributes,
    call_error,
    call_name,
    content_attributes,
)
from notebook_agent.integrations.opentelemetry.values import attributes, nanoseconds
from notebook_agent.lifecycle import (
    CallEnded,
    DoLogAttributeHook,
    Event,
    EventHook,
    PostApplicationExecuteCallHook,
    PostEndSpanHook,
    PreApplicationExecuteCallHook,
    PreStartSpanHook,
    StepEnded,
    StepStarted,
)
from notebook_agent.lifecycle.told import AfterCall, BeforeCall, Logged, OfSpan
from notebook_agent.store.protocol import StepRecord
from notebook_agent.tracing import ActionSpan
from notebook_agent.tracing.kept import said

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import TracerProvider
    from opentelemetry.util.types import AttributeValue

__all__ = ["OpenTelemetryBridge"]

_Run = tuple[str, str | None]
_Step = tuple[str, str | None, int | None]


@dataclass(slots=True, eq=False)
class _Open:
    """A span that is open, and the context that there was before it; for a step also those in it."""

    span: Span
    before: Context
    inner: dict[str, _Open] = field(default_factory=dict)


class OpenTelemetryBridge(
    PreApplicationExecuteCallHook,
    PostApplicationExecuteCallHook,
    PreStartSpanHook,
    PostEndSpanHook,
    DoLogAttributeHook,
    EventHook,
):
    """Exports what applications do: give one to `with_hooks`; several applications may share it.

    Branches of parallel actions are exported too; those in another process by its own global tracer.

    A run call is a span, with one in it for each step, in those the spans of `__tracer` and
    `@trace`, and for each LLM call one named by the conventions for generative AI. Spans that
    other instrumentations open meanwhile lie in them. LLM calls are seen where the application
    has a store, which it has by default. Secrets are masked.

    Args:
        tracer_provider: Whose tracer to use; the global one by default.
        agent_name: What the runs are called, as `gen_ai.agent.name`.
        capture_content: Export also what was said in LLM calls; without it nothing of that
            leaves. What an action logs itself is exported in any case.
    """

    cascades = True
    """Runs that an action starts as its branches are told too."""

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        *,
        agent_name: str | None = None,
        capture_content: bool = False,
    ) -> None:
        self._tracer: Tracer = trace.get_tracer("notebook_agent", __version__, tracer_provider)
        self._name = agent_name
        self._capture = capture_content
        self._lock = threading.Lock()
        self._runs: dict[_Run, list[_Open]] = {}
        self._steps: dict[_Step, _Open] = {}

    def __reduce__(self) -> tuple[Callable[..., OpenTelemetryBridge], tuple[str | None, bool]]:
        return _there, (self._name, self._capture)

    def pre_run_execute_call(self, **event: Unpack[BeforeCall]) -> None:
        """Open the span of a run call."""
        told = {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.agent.name": self._name,
            "gen_ai.conversation.id": event["app_id"],
            "notebook_agent.partition_key": event["partition_key"],
            "notebook_agent.method": str(event["method"]),
        }
        name = f"invoke_workflow {self._name}" if self._name else "invoke_workflow"
        before = contexts.get_current()
        opened = _Open(self._tracer.start_span(name, before, SpanKind.INTERNAL, attributes(told)), before)
        with self._lock:
            self._runs.setdefault(_run(event), []).append(opened)

    def post_run_execute_call(self, **event: Unpack[AfterCall]) -> None:
        """End the span of a run call, with what left it."""
        run = _run(event)
        with self._lock:
            opened = self._runs[run].pop() if self._runs.get(run) else None
            if not self._runs.get(run):
                self._runs.pop(run, None)
                self._end_steps(run)
        if opened is None:
            return
        if event["exception"] is not None:
            kind, _, message = said(event["exception"]).partition(": ")
            _fail(opened.span, kind, message)
        opened.span.end()

    def on_event(self, event: Event, /) -> None:
        """Open and end the span of a step, and export its calls."""
        match event:
            case StepStarted():
                self._begin(event)
            case StepEnded():
                self._end(event.record)
            case CallEnded():
                self._export(event.call)

    def pre_start_span(self, **event: Unpack[OfSpan]) -> None:
        """Open a span of an action."""
        opened = self._steps.get(_step(event))
        if opened is None:
            return
        span: ActionSpan = event["span"]
        needs = {"notebook_agent.span.dependencies": list(event["span_dependencies"]) or None}
        told = attributes({"notebook_agent.span.uid": span.uid, **needs})
        parent = opened if span.parent is None else opened.inner.get(span.parent.uid, opened)
        opened.inner[span.uid] = self._open(
            attributes({"": span.name})[""], parent.span, span.started_at, told
        )

    def post_end_span(self, **event: Unpack[OfSpan]) -> None:
        """End a span of an action."""
        opened = self._steps.get(_step(event))
        span: ActionSpan = event["span"]
        inner = None if opened is None else opened.inner.get(span.uid)
        if inner is None:
            return
        if span.status != "completed":
            inner.span.set_attribute("notebook_agent.span.status", span.status)
        if span.error is not None:
            kind, _, message = span.error.partition(": ")
            _fail(inner.span, kind, message)
        inner.span.end(nanoseconds(span.ended_at or span.started_at))
        _leave(inner)

    def do_log_attributes(self, **event: Unpack[Logged]) -> None:
        """Set attributes on a span or on its step."""
        opened = self._steps.get(_step(event))
        if opened is None:
            return
        of = event["span"]
        told = opened if of is None else opened.inner.get(of.uid, opened)
        told.span.set_attributes(attributes(event["attributes"]))

    def _begin(self, event: StepStarted) -> None:
        key = event.ref.run
        told = {
            "gen_ai.conversation.id": key.app_id,
            "notebook_agent.project": key.project,
            "notebook_agent.partition_key": key.partition_key,
            "notebook_agent.step": event.ref.seq,
            "notebook_agent.action": event.action,
        }
        opened = self._open(event.action, self._run_span(event.ref), event.at, attributes(told))
        self._steps[_of(event.ref)] = opened

    def _end(self, record: StepRecord) -> None:
        opened = self._steps.pop(_of(record.ref), None)
        if opened is None:
            return
        told = {
            "notebook_agent.status": record.status,
            "notebook_agent.reads": list(record.reads) or None,
            "notebook_agent.writes": list(record.writes) or None,
            "notebook_agent.code": record.code,
        }
        opened.span.set_attributes(attributes(told))
        if record.failure is not None:
            _fail(
                opened.span,
                record.failure.type,
                record.failure.message,
                record.failure.traceback,
                record.ended_at,
            )
        opened.span.end(nanoseconds(record.ended_at or record.started_at))
        _leave(opened)

    def _end_steps(self, run: _Run) -> None:
        """End the spans of steps whose end was not told, since it could not be written."""
        for step in [each for each in self._steps if each[:2] == run]:
            opened = self._steps.pop(step)
            opened.span.end()
            _leave(opened)

    def _export(self, call: CallRecord) -> None:
        told = {**call_attributes(call), **(content_attributes(call) if self._capture else {})}
        span = self._tracer.start_span(
            redact.redact_text(call_name(call)),
            self._context_of(call),
            SpanKind.CLIENT,
            attributes(told),
            start_time=nanoseconds(call.started_at),
        )
        error = call_error(call)
        if error is not None:
            span.set_status(Status(StatusCode.ERROR, redact.redact_text(call.error or error)))
        span.end(nanoseconds(call.ended_at or call.started_at))

    def _open(
        self, name: AttributeValue, parent: Span | None, at: float, told: dict[str, AttributeValue]
    ) -> _Open:
        before = contexts.get_current()
        inside = before if parent is None else trace.set_span_in_context(parent, before)
        span = self._tracer.start_span(str(name), inside, SpanKind.INTERNAL, told, start_time=nanoseconds(at))
        contexts.attach(trace.set_span_in_context(span, before))
        return _Open(span, before)

    def _run_span(self, ref: StepRef) -> Span | None:
        with self._lock:
            opened = self._runs.get((ref.run.app_id, ref.run.partition_key))
            return opened[-1].span if opened else None

    def _context_of(self, call: CallRecord) -> Context | None:
        if call.step is None:
            return None
        opened = self._steps.get(_of(call.step))
        if opened is None:
            parent = self._run_span(call.step)
        else:
            parent = opened.inner.get(call.span or "", opened).span
        return None if parent is None else trace.set_span_in_context(parent)


def _leave(opened: _Open) -> None:
    """Go back to the context before a span, where that is still the one that is open here."""
    if trace.get_current_span() is opened.span:
        contexts.attach(opened.before)


def _fail(
    span: Span, kind: str, message: str, stacktrace: str | None = None, at: float | None = None
) -> None:
    masked = redact.redact_text(message)
    told = {"exception.type": kind, "exception.message": masked, "exception.stacktrace": stacktrace}
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR, masked or kind))
    span.add_event("exception", attributes(told), None if at is None else nanoseconds(at))


def _run(event: BeforeCall | AfterCall) -> _Run:
    return event["app_id"], event["partition_key"]


def _step(event: OfSpan | Logged) -> _Step:
    return event["app_id"], event["partition_key"], event["action_sequence_id"]


def _of(ref: StepRef) -> _Step:
    return ref.run.app_id, ref.run.partition_key, ref.seq


def _there(agent_name: str | None, capture_content: bool) -> OpenTelemetryBridge:  # noqa: FBT001  # of a pickle
    return OpenTelemetryBridge(agent_name=agent_name, capture_content=capture_content)
