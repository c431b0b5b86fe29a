"""What of a step comes out alike when it is run once more: only that can be asserted of it.

The step is run in this process from what its test file will hold: its calls are answered from their record
and every socket is refused. What it does to the notebook's variables is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from notebook_agent import serde
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.engine import Wait
from notebook_agent.errors import REFUSED
from notebook_agent.ids import Json
from notebook_agent.redact import redact_text
from notebook_agent.state import State, same
from notebook_agent.testing.fixture import Fixture, read_calls, told_call
from notebook_agent.testing.leaving import left_alone
from notebook_agent.testing.literal import exceeds
from notebook_agent.testing.offline import offline
from notebook_agent.testing.recorded import Recorded, shaped

__all__ = ["settled"]

_LONG = 0.5
"""Seconds that a step took beside its LLM calls, above which it is not run."""
_LARGE = 2_000_000
_UNTRIED = "so that it was not run now, and none of what the test asserts has been tried"
_KINDS = (bool, bytes, dict, float, int, list, set, str, tuple)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A step that was run: what it raised and had not, and the keys that came out otherwise."""

    step: Recorded
    error: str = ""
    loose: Mapping[str, str] = field(default_factory=dict)

    @property
    def fails(self) -> tuple[bool, int]:
        return bool(self.error), len(self.loose)


def settled(step: Recorded, wait: Wait) -> Recorded:
    """Run a step once; return it with what it needs of its state, and with what a test can expect of it."""
    if step.record.code not in {None, step.node.code}:
        return step
    reason = _reason(step)
    if reason:
        return replace(step, remarks=(*step.remarks, reason))
    best = _try(_narrowed(step), wait)
    if best.error and len(best.step.before) < len(step.before):
        best = _better(best, _try(step, wait))
    if best.fails != (False, 0) and _has_secrets(step):
        best = _better(best, _try(replace(best.step, hide=shaped), wait))
    return replace(best.step, loose=best.loose, remarks=(*step.remarks, *_remarks(best)))


def _better(one: _Tried, other: _Tried) -> _Tried:
    return other if other.fails < one.fails else one


def _reason(step: Recorded) -> str:
    """Say why a step is not to be run; nothing where it can be."""
    name, record = step.node.name, step.record
    if step.node.effect not in {None, "pure"}:
        return f"{name} is {step.node.effect}, {_UNTRIED}"
    waited = sum(call.ended_at - call.started_at for call in step.calls if call.ended_at is not None)
    took = 0.0 if record.ended_at is None else record.ended_at - record.started_at - waited
    if took > _LONG:
        return f"{name} took {took:.1f} s in the run, {_UNTRIED}"
    if exceeds([dict(_narrowed(step).before), dict(step.after)], _LARGE):
        return f"the state of {name} is large, {_UNTRIED}"
    return ""


def _narrowed(step: Recorded) -> Recorded:
    """Leave out keys of the state that the step neither read nor wrote."""
    declared = (*step.node.reads, *step.node.writes) if step.failed else ()
    kept = {*step.record.reads, *step.record.writes, *step.after, *declared}
    return replace(step, before=State({key: step.before[key] for key in step.before if key in kept}))


def _try(step: Recorded, wait: Wait) -> _Tried:
    node = step.node
    app = (
        ApplicationBuilder()
        .with_actions(**{node.name: node})
        .with_entrypoint(node.name)
        .with_state(State(_read(step, dict(step.before))))
        .with_identifiers(app_id="test")
        .with_ledger("strict", Fixture(read_calls(map(told_call, step.served()))))
        .build()
    )
    try:
        with left_alone(node.origin), offline():
            for _ in app.walk_step(wait, _read(step, dict(step.values.inputs))):
                pass
    except Exception as error:  # noqa: BLE001 - an action may raise anything
        return _Tried(step, "" if _is_expected(step, error) else f"it raises {_told(error)}")
    else:
        if step.failed:
            return _Tried(step, "it completes")
        return _Tried(step, loose=dict(_otherwise(step, app.state)))
    finally:
        app.history.store.close()


def _read(step: Recorded, values: Mapping[str, object]) -> dict[str, object]:
    """Return values as the test reads them: without their secrets."""
    hidden: Json = step.hide(serde.serialize(values))
    found = serde.deserialize(hidden)
    assert isinstance(found, dict)
    return found


def _otherwise(step: Recorded, state: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in _read(step, step.after).items():
        if key not in state:
            yield key, ""
        elif not _alike(step, state[key], value):
            kind = next((each for each in _KINDS if isinstance(value, each)), object)
            yield key, kind.__name__ if kind is not object and isinstance(state[key], kind) else ""


def _alike(step: Recorded, one: object, other: object) -> bool:
    """Compare what was found with what is expected; a secret of the source is hidden in the file's too."""
    try:
        if same(one, other) or bool(one == other):
            return True
        return step.hide is not shaped and same(_read(step, {"value": one}), {"value": other})
    except Exception:  # noqa: BLE001 - a value of the user's may raise anything
        return False


def _is_expected(step: Recorded, error: Exception) -> bool:
    failure, kind = step.record.failure, type(error)
    refused = {f"{each.__module__}.{each.__qualname__}" for each in REFUSED}
    names = {kind.__qualname__, f"{kind.__module__}.{kind.__qualname__}"}
    if failure is None or not step.failed:
        return False
    return failure.type in names or (isinstance(error, REFUSED) and failure.type in refused)


def _told(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {redact_text(first)[:120]}".rstrip(": ")


def _has_secrets(step: Recorded) -> bool:
    given: Json = serde.serialize([dict(step.before), dict(step.values.inputs)])
    return shaped(given) != given


def _remarks(tried: _Tried) -> Iterator[str]:
    if tried.error:
        yield f"run from what is written here {tried.error}: as it stands the test fails"
    elif tried.loose:
        many = len(tried.loose) > 1
        keys = " and ".join(filter(None, [", ".join(list(tried.loose)[:-1]), list(tried.loose)[-1]]))
        came, their = ("come", "their kinds are") if many else ("comes", "its kind is")
        yield f"{keys} {came} out otherwise when the step runs again: only {their} asserted"
