"""What commands return: a run's outcome, a step, a state, a difference, a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.condition import Check, Decision
from notebook_agent.history import Change, Flip, last_key
from notebook_agent.redact import mask_field, redact_text, repr_of
from notebook_agent.session.shown import Shown, values_line
from notebook_agent.state import State
from notebook_agent.store.protocol import RunRecord, StepRecord, StepValues
from notebook_agent.view import state_html
from notebook_agent.view.brief import brief, cost, duration
from notebook_agent.view.escape import one_line, plural
from notebook_agent.view.flips import flip_line
from notebook_agent.view.served import is_served
from notebook_agent.view.spans import span_lines

_LINES = 30
_KIND = re.compile(r"<\w+(?: of \d+)?>")
SERVED = "served, not fired"

__all__ = [
    "SERVED",
    "RunResult",
    "Spent",
    "StateView",
    "StepResult",
    "Why",
    "change_line",
    "run_name",
    "step_line",
]


def run_name(run: RunRecord) -> str:
    """Return what a run is called: its label, else its id in short; one that was removed is said to be."""
    name = run.label or run.key.short
    return f"{name} (removed)" if run.removed else name


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls took.

    Attributes:
        live: How many were sent.
        replayed: How many the record answered.
        tokens: Of the live ones.
        cost: Of the live ones, in US dollars; None where a price is not known.
        served: Tokens of the replayed ones, which cost nothing this time.
    """

    live: int
    replayed: int
    tokens: int
    cost: float | None
    served: int = 0

    @classmethod
    def of(cls, calls: Iterable[CallRecord]) -> Spent:
        """Sum up; replayed calls cost nothing, and those that were refused are none."""
        every = [call for call in calls if call.sent]
        live = [call for call in every if not call.replayed]
        tokens = _tokens(live)
        prices = [call.cost for call in live]
        known = [price for price in prices if price is not None]
        total = sum(known) if len(known) == len(prices) else None
        return cls(len(live), len(every) - len(live), tokens, total, _tokens(every) - tokens)

    def __str__(self) -> str:
        if not self.live and not self.replayed:
            return "no LLM calls"
        parts = [plural(self.live + self.replayed, "LLM call")]
        if self.replayed:
            served = f" ({self.served:,} tokens)" if self.served else ""
            parts.append(f"{self.replayed} replayed{served}")
        if self.tokens:
            parts.append(f"{self.tokens:,} tokens")
        if self.live:
            parts.append(cost(self.cost))
        return ", ".join(parts)


def _tokens(calls: Iterable[CallRecord]) -> int:
    return sum(call.usage.input + call.usage.output for call in calls if call.usage)


@dataclass(frozen=True, slots=True, repr=False)
class RunResult(Shown):
    """What a run command came to.

    Attributes:
        run: The run's label.
        state: The state it halted with.
        steps: The steps that it made.
        calls: Their LLM calls.
        next: The action that is next; None where the graph ends.
        halted: Why it halted, where the command did not say.
        note: What the command has to say first, such as which code a retry ran.
        served: Those of the steps whose effect cannot be taken back, and that gave their record again.
    """

    run: str
    state: State
    steps: tuple[StepRecord, ...]
    calls: tuple[CallRecord, ...]
    next: str | None
    halted: str | None = None
    note: str | None = None
    served: tuple[StepRecord, ...] = ()

    @property
    def spent(self) -> Spent:
        """LLM calls, live and replayed, their tokens and cost."""
        return Spent.of(self.calls)

    def __str__(self) -> str:
        made = f"{plural(len(self.steps), 'step')}{_extent(self.steps)}"
        went = f"{self.run}: {made}, next {self.next or 'nothing'}"
        served = ", ".join(f"@{step.seq} {step.action}" for step in self.served)
        again = f"{served}: {SERVED}" if served else None
        told = [text for text in (self.note, went, again, self.halted, str(self.spent)) if text]
        return "\n".join([*told, *self._written()])

    def _written(self) -> list[str]:
        keys = dict.fromkeys(key for step in self.steps for key in step.writes)
        return [f"  {key}: {_newest(self.state[key], key)}" for key in keys if key in self.state]


@dataclass(frozen=True, slots=True, repr=False)
class StepResult(Shown):
    """One step: what it ran, read, wrote, and why it was next."""

    run: str
    record: StepRecord
    values: StepValues
    changes: tuple[Change, ...]
    calls: tuple[CallRecord, ...]

    @property
    def spent(self) -> Spent:
        """Its LLM calls."""
        return Spent.of(self.calls)

    def __str__(self) -> str:
        step = self.record
        took = _took(step)
        status = SERVED if is_served(self.values) else step.status
        lines = [f"{self.run}@{step.seq} {step.action}: {status}{', ' + took if took else ''}"]
        lines += _field("reads", ", ".join(step.reads)) + _field("writes", ", ".join(step.writes))
        lines += _field("inputs", values_line(self.values.inputs))
        lines += _field("edge", _edge(step.decision)) + _field("calls", str(self.spent) if self.calls else "")
        lines += span_lines(self.values.events)
        lines += [f"  {change_line(change)}" for change in self.changes[:12]]
        if step.failure and step.status == "failed":
            lines += _field("error", f"{step.failure.type}: {one_line(step.failure.message, 200)}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, repr=False)
class StateView(Shown):
    """The state at a checkpoint; `value` is the State, or the one key that was asked for."""

    where: str
    value: object
    key: str | None = None

    def __str__(self) -> str:
        if isinstance(self.value, Mapping):
            lines = [f"  {_name(key)}: {_tree(value, '    ', key)}" for key, value in self.value.items()]
            return "\n".join([f"{self.where}, {plural(len(self.value), 'key')}", *lines])
        return f"{self.where}: {_tree(self.value, '  ', self.key)}"

    def html(self) -> str:
        """Return the state, foldable."""
        return state_html(self.value if self.key is None else mask_field(self.key, self.value))


@dataclass(frozen=True, slots=True, repr=False)
class Why(Shown):
    """Why an action was next: every condition in the order in which it was tried."""

    where: str
    decision: Decision | None
    trouble: str = ""
    """Why it cannot be decided; the conditions are those before that."""
    flip: Flip | None = None
    """The smallest change of the state that would have led elsewhere."""

    def __str__(self) -> str:
        if self.decision is None:
            return f"{self.where}: the entrypoint, nothing was decided"
        target = "not decided" if self.trouble else self.decision.target or "the end"
        head = f"{self.where}: {self.decision.source} → {target}"
        checks = [_check(check) for check in self.decision.checks]
        more = [self.trouble] if self.trouble else [f"  {flip_line(self.flip)}"] if self.flip else []
        return "\n".join([head, *checks, *more])


def step_line(step: StepRecord, calls: Sequence[CallRecord], *, served: bool = False) -> str:
    """Write a step, with what its calls took, as the line that is shown while a run goes on."""
    took = _took(step)
    mark = {"completed": "✓", "failed": "✗", "interrupted": "■"}.get(step.status, "…")
    spent = f"  {Spent.of(calls)}" if calls else f"  {SERVED}" if served else ""
    failure = (
        f"  {step.failure.type}: {one_line(step.failure.message, 80)}"
        if step.failure and step.status == "failed"
        else ""
    )
    return f"{step.seq:>4} {mark} {step.action:<24} {took:>8}{spent}{failure}"


def _took(step: StepRecord) -> str:
    return "" if step.ended_at is None else duration((step.ended_at - step.started_at) * 1000)


def _extent(steps: Sequence[StepRecord]) -> str:
    if not steps:
        return ""
    first, last = steps[0].seq, steps[-1].seq
    return f" ({first})" if first == last else f" ({first}-{last})"


def _newest(value: object, key: str) -> str:
    if isinstance(value, list) and value:
        return f"{plural(len(value), 'item')}, the last {brief(value[-1], 90)}"
    return brief(value, 110, key)


def _name(key: object) -> str:
    return one_line(redact_text(key if isinstance(key, str) else repr_of(key)), 100)


def _tree(value: object, indent: str, key: str | None) -> str:
    if not isinstance(value, list) or not value:
        return brief(value, 300, key)
    start = max(0, len(value) - _LINES)
    items = [f"{indent}{n}: {brief(value[n], 160)}" for n in range(start, len(value))]
    left = [f"{indent}.. {plural(start, 'item')} before"] if start else []
    return "\n".join([plural(len(value), "item"), *left, *items])


def _field(name: str, text: str) -> list[str]:
    return [f"  {name:<8}{text}"] if text else []


def _edge(decision: Decision | None) -> str:
    if decision is None:
        return "entrypoint"
    taken = next((check for check in decision.checks if check.result), None)
    because = f" because {redact_text(taken.condition)}" if taken and taken.condition != "default" else ""
    return f"{decision.source} → {decision.target or 'the end'}{because}"


def _check(check: Check) -> str:
    result = {True: "true", False: "false", None: "not tried"}[check.result]
    told = (_operand(key, value) for key, value in check.operands.items())
    operands = f"  ({', '.join(told)})" if check.operands else ""
    return f"  {redact_text(check.condition)} → {check.target}: {result}{operands}"


def _operand(key: str, value: object) -> str:
    """Write what a condition looked at; a value of which but the kind and size are kept is no text."""
    kept = isinstance(value, str) and _KIND.fullmatch(value) is not None
    return f"{key}={value}" if kept else values_line({key: value})


def change_line(change: Change) -> str:
    """Write a change of a state on one line."""
    sign = {"added": "+", "removed": "-", "changed": "~"}[change.kind]
    key, path = last_key(change.path), redact_text(change.path)
    if change.kind == "changed":
        return f"{sign} {path}: {brief(change.before, 60, key)} → {brief(change.after, 60, key)}"
    value = change.after if change.kind == "added" else change.before
    return f"{sign} {path}: {brief(value, 110, key)}"
