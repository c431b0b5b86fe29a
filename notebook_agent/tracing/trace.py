"""The spans of one step: numbered, told to hooks, kept with the step.

A hook that raises here does not disturb the action: its error is raised when the step
is over and kept. Hooks that are awaited wait in a line until something can await them:
the next `async with` of a span, the next piece of a stream, or the end of the action.
Each is told of the span as it was when it was due.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from time import time
from typing import Literal, cast

from notebook_agent import redact
from notebook_agent.ids import Json
from notebook_agent.lifecycle import Hooked
from notebook_agent.tracing.kept import plain, said
from notebook_agent.tracing.running import Traced

__all__ = ["ActionSpan", "SpanStatus", "Trace", "current_span", "trace_of"]

SpanStatus = Literal["running", "completed", "failed", "interrupted", "left open"]
"""`left open`: the action ended before the span did."""

Waiting = tuple[Callable[..., object], Mapping[str, object]]
_making = threading.Lock()


@dataclass(slots=True, eq=False)
class ActionSpan:
    """What an action said that it does, and for how long. Times are Unix seconds, UTC.

    Attributes:
        uid: `"<step>:<n>"`, and `"<step>:<n>.<m>"` in a span; both count from 0.
        dependencies: Names or uids of spans that this one needs, as the action gave them.
        attributes: What was logged on it, as it was given.
        error: What left it, as `ValueError: message`.
    """

    name: str
    uid: str
    parent: ActionSpan | None = field(repr=False)
    action: str
    action_sequence_id: int
    started_at: float
    dependencies: tuple[str, ...] = ()
    attributes: dict[str, object] = field(default_factory=dict)
    ended_at: float | None = None
    status: SpanStatus = "running"
    error: str | None = None
    child_count: int = 0

    @property
    def sequence_id(self) -> int:
        """Its place among the spans of its parent."""
        return int(self.uid.replace(":", ".").rpartition(".")[2])


current_span: ContextVar[tuple[Trace, ActionSpan] | None] = ContextVar(
    "notebook_agent_current_span", default=None
)


class Trace:
    """The spans of a running step; several threads and tasks may open some at once."""

    def __init__(self, step: Traced) -> None:
        self._step = step
        self._lock = threading.Lock()
        self._events: list[dict[str, Json]] = []
        self._open: dict[ActionSpan, dict[str, Json]] = {}
        self._top = 0
        self._closed = False
        self._waiting: deque[Waiting] = deque()

    def current(self) -> ActionSpan | None:
        """Return the span of this step that is open in this context."""
        found = current_span.get()
        return found[1] if found is not None and found[0] is self else None

    def open(self, name: str, dependencies: tuple[str, ...]) -> ActionSpan:
        """Begin a span in the one that is open in this context."""
        parent = self.current()
        now = max(time(), self._step.started_at)
        with self._lock:
            uid = self._number(parent)
            span = ActionSpan(name, uid, parent, self._step.action.name, self._step.seq, now, dependencies)
            if self._closed:
                return span
            self._keep(span)
        self._tell(self._step.hooks.pre_start_span, self._of(span))
        return span

    def end(self, span: ActionSpan, error: BaseException | None) -> None:
        """End a span; a second time does nothing."""
        self._end(span, _status(error), None if error is None else said(error))

    def log(self, span: ActionSpan | None, attributes: Mapping[str, object]) -> None:
        """Log attributes on a span or, for None, on the step."""
        values = plain(attributes)
        with self._lock:
            if self._closed or (span is not None and span not in self._open):
                return
            if span is None:
                self._add({"at": self._since(time()), "attributes": values})
            else:
                span.attributes.update(attributes)
                self._open[span].setdefault("attributes", {}).update(values)  # type: ignore[union-attr]
        who = self._who()
        event = {**who, "attributes": dict(attributes), "span": span, "tags": {}}
        self._tell(self._step.hooks.do_log_attributes, event)

    def close(self) -> None:
        """End what is still open, the innermost first, and mask secrets; nothing is kept from here on."""
        with self._lock:
            still = tuple(self._open)
        for span in reversed(still):
            self._end(span, "left open", None)
        with self._lock:
            self._closed = True
            if self._events:
                masked = cast("list[dict[str, Json]]", redact.redact_json(list(self._events)))
                for event, instead in zip(self._events, masked, strict=True):
                    event.update(instead)
                self._events = []

    def waiting(self) -> Iterator[Waiting]:
        """Take the hooks that are to be awaited out of the line."""
        while True:
            try:
                yield self._waiting.popleft()
            except IndexError:
                return

    async def flush(self) -> None:
        """Await the hooks that wait."""
        for method, event in self.waiting():
            try:
                await method(**event)  # type: ignore[misc]  # an async hook's method
            except Exception as error:  # noqa: BLE001  # raised when the step is over
                self._step.note(error)

    def _number(self, parent: ActionSpan | None) -> str:
        if parent is None:
            self._top += 1
            return f"{self._step.seq}:{self._top - 1}"
        parent.child_count += 1
        return f"{parent.uid}.{parent.child_count - 1}"

    def _keep(self, span: ActionSpan) -> None:
        event: dict[str, Json] = {"span": span.uid, "name": str(span.name)}
        if span.dependencies:
            event["dependencies"] = [str(each) for each in span.dependencies]
        event["start"] = self._since(span.started_at)
        self._open[span] = event
        self._add(event)

    def _add(self, event: dict[str, Json]) -> None:
        self._events.append(event)
        self._step.events.append(event)

    def _end(self, span: ActionSpan, status: SpanStatus, error: str | None) -> None:
        with self._lock:
            event = self._open.pop(span, None)
            if event is None:
                return
            span.ended_at, span.status, span.error = max(time(), span.started_at), status, error
            event.update(end=self._since(span.ended_at), status=status)
            if error is not None:
                event["error"] = error
        self._tell(self._step.hooks.post_end_span, self._of(span))

    def _tell(self, hooks: tuple[Hooked, ...], event: Mapping[str, object]) -> None:
        for method, awaited in hooks:
            if awaited:
                self._waiting.append((method, {**event, "span": _as_now(event["span"])}))
                continue
            try:
                method(**event)
            except Exception as error:  # noqa: BLE001  # raised when the step is over
                self._step.note(error)

    def _of(self, span: ActionSpan) -> dict[str, object]:
        return {**self._who(), "span": span, "span_dependencies": span.dependencies}

    def _who(self) -> dict[str, object]:
        step = self._step
        return {
            "action": step.action.name,
            "action_sequence_id": step.seq,
            "app_id": step.key.app_id,
            "partition_key": step.key.partition_key,
        }

    def _since(self, moment: float) -> float:
        return round(max(0.0, moment - self._step.started_at), 6)


def trace_of(step: Traced) -> Trace:
    """Return the spans of a step, which has none before it is first asked for them."""
    if step.trace is None:
        with _making:
            step.trace = step.trace or Trace(step)
    return step.trace


def _as_now(span: object) -> object:
    """Return a span as it is, for a hook that is told later."""
    if not isinstance(span, ActionSpan):
        return span
    return replace(span, attributes=dict(span.attributes))


def _status(error: BaseException | None) -> SpanStatus:
    if error is None:
        return "completed"
    return "failed" if isinstance(error, Exception) else "interrupted"
