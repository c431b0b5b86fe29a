"""What forks of a checkpoint are tried with, checked before the first of them is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from notebook_agent.calls import Budget
from notebook_agent.calls.protocol import LedgerMode
from notebook_agent.engine import Inherited, Run, Wait, read_call, read_halts
from notebook_agent.errors import CommandError, did_you_mean
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.history.watch import question_of
from notebook_agent.ids import StepRef
from notebook_agent.parallelism.grid import ForkGrid
from notebook_agent.parallelism.mapping import run_forks
from notebook_agent.parallelism.plan import Origin, Plan
from notebook_agent.parallelism.variants import Variant, check_tried, variants
from notebook_agent.redact import redact_text
from notebook_agent.state import State
from notebook_agent.store.protocol import RunCall

__all__ = ["Trial", "recorded_call", "try_all"]

_Tried = Mapping[str, Sequence[object]]
_Names = Iterable[str] | str | None
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Trial:
    """What `Application.map_forks` is asked for, where it is described."""

    state: _Tried
    inputs: _Tried
    actions: _Tried
    repeats: int
    jobs: int | None
    executor: Executor | None
    halt_after: _Names
    halt_before: _Names
    max_steps: int | None
    passes: str | Callable[[State], object] | None
    budget: Budget | None
    allow_effects: bool
    label: str
    tell: Callable[[ForkGrid, int], None] | None
    wait: Wait | None


def try_all(run: Run, history: History, at: StepRef, trial: Trial, edited: State | None = None) -> ForkGrid:
    """Fork a checkpoint of a run as a trial says, see `Application.map_forks`; `edited` is its state now."""
    __tracebackhide__ = True
    seq = at.seq
    made = _variants(trial)
    _check_keys(made, run.graph, history.at(seq) if edited is None else edited)
    call, one_turn = _call(run, history, seq, trial)
    for each in made:
        _check(each, call, run)
    predicate, passes = ("", None) if trial.passes is None else question_of(trial.passes)
    typed = State() if run.state.untyped else State().with_typing_system(run.state.typing_system)
    label = redact_text(trial.label)
    origin = Origin(at, history.store, run.graph, run.entrypoint, typed, edited)
    plan = Plan(
        made,
        trial.repeats,
        call,
        _given(run, trial),
        taken=_taken(history, seq) if one_turn else None,
        jobs=trial.jobs or (_THREADS if trial.executor is None else len(made) * trial.repeats),
        executor=trial.executor,
        wait=trial.wait,
        passes=passes,
        predicate=predicate,
        label=label,
        after=_last_number(history, label),
        tell=trial.tell,
    )
    return run_forks(origin, plan)


def _last_number(history: History, label: str) -> int:
    """Return the highest number among the labels that runs beside this one have of this kind."""
    parts = ((run.label or "").rpartition(".") for run in history.family())
    return max((int(number) for name, _, number in parts if name == label and number.isdecimal()), default=0)


def _variants(trial: Trial) -> list[Variant]:
    check_tried("state", trial.state)
    check_tried("inputs", trial.inputs)
    check_tried("actions", trial.actions)
    if trial.executor is not None and not callable(getattr(trial.executor, "submit", None)):
        raise CommandError(
            "executor takes one of concurrent.futures, such as ThreadPoolExecutor(4); not "
            f"{trial.executor!r:.60}"
        )
    for name, count in (("repeats", trial.repeats), ("jobs", trial.jobs)):
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
            raise CommandError(f"{name} is a whole number, 1 or more; not {count!r}")
    return variants(trial.state, trial.inputs, trial.actions)


def _check_keys(made: Iterable[Variant], graph: Graph, state: Collection[str]) -> None:
    """Refuse values of keys that mean nothing to the forks."""
    for variant in made:
        known = list(dict.fromkeys([*state, *variant.graph(graph).keys]))
        for key in variant.state:
            if key not in known:
                near = did_you_mean(key, known) or f" There are: {', '.join(known) or 'none'}."
                raise CommandError(
                    f"{key}: the state has no such key, and no action reads or writes it.{near}", key=key
                )


def _check(variant: Variant, call: RunCall, run: Run) -> None:
    """Refuse functions that fit no action, and inputs and halts that fit no graph."""
    inputs = {**call.inputs, **variant.inputs}
    read_halts(RunCall("run", inputs, call.halt_before, call.halt_after), variant.graph(run.graph))


def _given(run: Run, trial: Trial) -> Inherited:
    purses = run.purses if trial.budget is None else (*run.purses, trial.budget)
    mode: LedgerMode = "strict" if run.ledger == "strict" else "fresh"
    return Inherited(mode, run.recording, run.setting, purses, trial.allow_effects, run.hooks)


def _call(run: Run, history: History, seq: int | None, trial: Trial) -> tuple[RunCall, bool]:
    """Return what forks are called with, and whether they end with a turn: as the run went on from there."""
    recorded = recorded_call(history, seq)
    known, after, before = set(run.graph.input_names), trial.halt_after, trial.halt_before
    inputs: dict[str, object] = {}
    if recorded is not None:
        inputs = {name: value for name, value in recorded.inputs.items() if name in known}
    if not after and not before and recorded is not None and recorded.method not in {"step", "astep"}:
        after, before = _known(recorded.halt_after, run), _known(recorded.halt_before, run)
    call = read_call("run", inputs, halt_before=before, halt_after=after, max_steps=trial.max_steps)
    return call, not (call.halt_after or call.halt_before)


def _taken(history: History, seq: int | None) -> frozenset[str]:
    """Return the inputs that the steps up to a fork point took in the call that went on from there."""
    call, taken = recorded_call(history, seq), set[str]()
    last = _last(history, seq)
    for step in reversed([each for each in history if last is not None and each.seq <= last]):
        values = history.values(step.seq)
        if call is None or values.call != call:
            break
        if step.status == "completed":
            taken |= values.inputs.keys()
    return frozenset(taken)


def _known(halts: Iterable[str], run: Run) -> list[str]:
    return [each for each in halts if each.startswith("@") or each in run.graph]


def recorded_call(history: History, seq: int | None) -> RunCall | None:
    """Return the call of the step that was made after this one, or of this one where it did not end.

    A fork that made none itself has that of the run that it comes from.
    """
    last = _last(history, seq)
    for step in history:
        if last is None or step.seq > last or (step.seq == last and step.status != "completed"):
            return history.values(step.seq).call
    parent = history.run.parent
    if parent is None or parent.seq != last:
        return None
    return recorded_call(History(history.store, parent.run), parent.seq)


def _last(history: History, seq: int | None) -> int | None:
    """Return the number of the last step before a fork point; the initial state of a fork is its own."""
    parent = history.run.parent
    return parent.seq if seq is None and parent is not None else seq
