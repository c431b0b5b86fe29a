"""One checkpoint with all that is known of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from notebook_agent.action import Node
from notebook_agent.condition import Decision
from notebook_agent.errors import AgentError
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.redact import redact_text
from notebook_agent.state import State
from notebook_agent.store.protocol import Failure, StepRecord, StepValues
from notebook_agent.view.below import calls_of
from notebook_agent.view.brief import brief
from notebook_agent.view.flips import otherwise
from notebook_agent.view.values import Limits, diff_wire, state_wire
from notebook_agent.view.wire import (
    CheckWire,
    CodeWire,
    DecisionWire,
    Detail,
    FailureWire,
    InputKind,
    InputWire,
)

__all__ = ["asks", "decision_wire", "detail", "details", "step_detail"]

_LONGEST_OPERAND = 200
_AT_ONCE = 16
_KINDS: dict[str, InputKind] = {
    **dict.fromkeys(("str", "str|None", "None|str", "Optional[str]"), "text"),
    **dict.fromkeys(("list", "List", "dict", "Dict", "tuple", "Sequence", "Mapping"), "JSON"),
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}


def detail(history: History, graph: Graph, ref: StepRef | int | None, limits: Limits | None = None) -> Detail:
    """Show a checkpoint of a run, or of another of its family where `ref` names one.

    That of the head has the state as it is now, also where it was changed by hand since.

    Args:
        history: The run.
        graph: What it runs now.
        ref: A step's number, counted from the end if negative; None for the initial state.
        limits: How much of the state is shown.

    Raises:
        UnknownStepError: The run has no such step.
    """
    of_run = History(history.store, ref.run) if isinstance(ref, StepRef) else history
    seq = ref.seq if isinstance(ref, StepRef) else ref
    if seq is None:
        return _as_now(of_run, _initial(of_run, graph, limits), limits)
    step = of_run[seq] if seq < 0 else history.store.step(StepRef(of_run.key, seq))
    (before,), after = history.store.begun([step.ref]), history.store.state(step.ref)
    return _as_now(of_run, step_detail(of_run, graph, step, before, after, limits), limits)


def _as_now(history: History, made: Detail, limits: Limits | None) -> Detail:
    """Put the present state into the detail of a head after which it was changed by hand."""
    edits = history.edits()
    if edits and edits[-1].after.seq == made["seq"] == history.run.head:
        made["state"] = state_wire(history.store.head_state(history.key), limits)
    return made


def details(history: History, graph: Graph, refs: Sequence[StepRef]) -> Iterator[Detail]:
    """Show checkpoints one after another; those that lie together are read at one go."""
    head = StepRef(history.key, history.run.head)
    for n in range(0, len(refs), _AT_ONCE):
        several = refs[n : n + _AT_ONCE]
        steps = {ref: history.store.step(ref) for ref in several if ref.seq is not None}
        taken = [step.ref for step in steps.values()]
        starts = dict(zip(taken, history.store.begun(taken), strict=True))
        afters = dict(zip(taken, history.store.states(taken), strict=True))
        for ref in several:
            step, of_run = steps.get(ref), History(history.store, ref.run)
            if step is None:
                made = _initial(of_run, graph)
            else:
                made = step_detail(of_run, graph, step, starts[step.ref], afters[step.ref])
            yield _as_now(history, made, None) if ref == head else made


def asks(graph: Graph, action: str | None) -> list[InputWire]:
    """List what an action takes; nothing where it is unknown."""
    if action is None or action not in graph.names:
        return []
    taken = graph.get_action(action)
    kinds = _parameters(taken)
    return [
        InputWire(name=name, required=name in taken.required, type=_kind(kinds.get(name)))
        for name in taken.required + taken.optional
    ]


def _parameters(action: Node) -> dict[str, object]:
    return _annotations(action.function)


@lru_cache(maxsize=256)
def _annotations(function: Callable[..., object]) -> dict[str, object]:
    found = inspect.signature(function).parameters
    return {name: each.annotation for name, each in found.items() if each.annotation is not each.empty}


def _kind(annotation: object) -> InputKind:
    shown = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    named = shown.replace(" ", "").removeprefix("typing.")
    head, _, rest = named.partition("[")
    return _KINDS.get(named) or (_KINDS.get(head) if rest.endswith("]") else None) or "any"


def decision_wire(decision: Decision | None, flip: str | None = None) -> DecisionWire | None:
    """Show why an action was next: every condition in the order in which they were tried."""
    if decision is None:
        return None
    checks = [
        CheckWire(
            target=check.target,
            condition=redact_text(check.condition),
            operands=[(key, brief(value, _LONGEST_OPERAND)) for key, value in check.operands.items()],
            result=check.result,
        )
        for check in decision.checks
    ]
    return DecisionWire(source=decision.source, target=decision.target, checks=checks, flip=flip)


def _initial(history: History, graph: Graph, limits: Limits | None = None) -> Detail:
    parent = history.run.parent
    state = history.at(None)
    before = state if parent is None else history.store.state(parent)
    action = (
        history.run.entrypoint if parent is None or parent.seq is None else _after(history, graph, parent)
    )
    return Detail(
        run=history.key.app_id,
        seq=None,
        action=None,
        status="new",
        state=state_wire(state, limits),
        diff=diff_wire(before, state),
        inputs=None,
        result=None,
        decision=None,
        next=None,
        goesOn=action,
        asks=asks(graph, action),
        calls=[],
        code=CodeWire(id=None, source=None, now=None),
        error=None,
        reads=[],
        writes=[],
    )


def _after(history: History, graph: Graph, parent: StepRef) -> str | None:
    step = history.store.step(parent)
    if step.status != "completed":
        return step.action
    try:
        return graph.next(step.action, history.at(None)).target
    except (AgentError, KeyError):
        return None


def step_detail(
    history: History,
    graph: Graph,
    step: StepRecord,
    before: State,
    state: State,
    limits: Limits | None = None,
) -> Detail:
    """Show a step with the states before and after it."""
    values = history.store.values(step.ref)
    calls, more = calls_of(history.store, step)
    action = step.action if step.status != "completed" else step.next.target if step.next else None
    made = Detail(
        run=step.ref.run.app_id,
        seq=step.seq,
        action=step.action,
        status=step.status,
        state=state_wire(state, limits),
        diff=diff_wire(before, state),
        inputs=state_wire(values.inputs),
        result=state_wire(values.result),
        decision=decision_wire(step.decision, otherwise(graph, step.decision, before)),
        next=decision_wire(step.next, otherwise(graph, step.next, state)),
        goesOn=action,
        asks=asks(graph, action),
        calls=calls,
        code=_code(graph, step, values),
        error=_failure(step.failure),
        reads=list(step.reads),
        writes=list(step.writes),
    )
    if more:
        made["moreCalls"] = more
    return made


def _code(graph: Graph, step: StepRecord, values: StepValues) -> CodeWire:
    now = _present(graph, step)
    return CodeWire(id=step.code, source=_masked(values.source), now=_masked(now))


def _present(graph: Graph, step: StepRecord) -> str | None:
    if step.action not in graph.names:
        return None
    action = graph.get_action(step.action)
    return None if step.code is None or action.code == step.code else action.source


def _masked(text: str | None) -> str | None:
    return None if text is None else redact_text(text)


def _failure(failure: Failure | None) -> FailureWire | None:
    if failure is None:
        return None
    return FailureWire(
        type=failure.type, message=redact_text(failure.message), traceback=redact_text(failure.traceback)
    )
