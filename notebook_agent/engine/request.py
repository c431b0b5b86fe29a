"""What a run call asks for, checked against the graph before anything happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from notebook_agent.action import Node
from notebook_agent.errors import InputError, MissingInputError, RunError, UnknownInputError, did_you_mean
from notebook_agent.given import given_mapping, given_names, given_whole
from notebook_agent.graph import Graph
from notebook_agent.ids import RunKey
from notebook_agent.state import FrozenDict
from notebook_agent.store.protocol import RunCall

__all__ = ["Halts", "check_awaited", "inputs_of", "read_call", "read_halts"]

_TAG = "@tag:"


@dataclass(frozen=True, slots=True)
class Halts:
    """The actions before and after which a run stops; `before` wins."""

    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()


def read_call(
    method: str,
    inputs: Mapping[str, object] | None = None,
    *,
    halt_before: Iterable[str] | str | None = None,
    halt_after: Iterable[str] | str | None = None,
    max_steps: int | None = None,
) -> RunCall:
    """Return a run call as it is kept with its steps.

    Raises:
        RunError: `max_steps` is no number from 1, or halts are no names.
        InputError: `inputs` are no values by name.
    """
    if max_steps is not None:
        given_whole("max_steps", max_steps, RunError, least=1, means="it is a number of steps")
    before = given_names("halt_before", halt_before, RunError, such="answer")
    after = given_names("halt_after", halt_after, RunError, such="answer")
    given = given_mapping("inputs", inputs, InputError)
    if not given:
        return _without_inputs(method, before, after, max_steps)
    return RunCall(method, dict(given), before, after, max_steps)


def read_halts(call: RunCall, graph: Graph) -> Halts:
    """Return the halts of a call, tags resolved, once its inputs are known to fit the graph.

    Raises:
        UnknownInputError: No action takes an input that was given.
        RunError: A halt names no action and no tag.
    """
    if call.inputs:
        _check_inputs(call.inputs, graph)
    if not call.halt_before and not call.halt_after:
        return _NONE
    return Halts(
        _resolve("halt_before", call.halt_before, graph), _resolve("halt_after", call.halt_after, graph)
    )


_NONE = Halts()


def inputs_of(action: Node, inputs: Mapping[str, object]) -> dict[str, object]:
    """Return those of the inputs that an action takes; MissingInputError if one is not there."""
    if not inputs and not action.required:
        return {}
    for name in action.required:
        if name not in inputs:
            near = did_you_mean(name, inputs)
            raise MissingInputError(
                f"The action {action.name!r} needs the input {name!r}.{near} "
                f"Give it: inputs={{{name!r}: ..}}.",
                action=action.name,
                key=name,
            )
    return {name: inputs[name] for name in action.required + action.optional if name in inputs}


def check_awaited(action: Node, run: RunKey, method: str, *, awaits: bool) -> None:
    """Refuse an action that this method cannot run.

    Raises:
        RunError: It is async and nobody awaits, or it streams and would block an event loop.
    """
    if action.asynchronous and not awaits:
        raise RunError(
            f"The action {action.name!r} is async. Await a{method} instead.",
            run=run.app_id,
            action=action.name,
        )
    if action.streaming and not action.asynchronous and method.startswith("a"):
        raise RunError(
            f"The streaming action {action.name!r} is not async and would block the event loop between two "
            f"items. Define it with async def, or call {method.removeprefix('a')}, which is not awaited.",
            run=run.app_id,
            action=action.name,
        )


@lru_cache(maxsize=64)
def _without_inputs(
    method: str, before: tuple[str, ...], after: tuple[str, ...], max_steps: int | None
) -> RunCall:
    """The same object for equal calls, which a store writes once."""
    return RunCall(method, _NOTHING, before, after, max_steps)


_NOTHING: Mapping[str, object] = FrozenDict()


def _check_inputs(inputs: Mapping[str, object], graph: Graph) -> None:
    known = graph.input_names
    for name in inputs:
        if name not in known:
            raise UnknownInputError(
                f"No action takes the input {name!r}.{did_you_mean(name, known)} "
                f"There are: {', '.join(known) or 'none'}.",
                key=name,
            )


def _resolve(option: str, names: tuple[str, ...], graph: Graph) -> frozenset[str]:
    return frozenset(action for name in names for action in _resolve_one(option, name, graph))


def _resolve_one(option: str, name: str, graph: Graph) -> list[str]:
    if name in graph.names:
        return [name]
    if name.startswith(_TAG) and (found := graph.get_actions_by_tag(name.removeprefix(_TAG))):
        return [each.name for each in found]
    tags = [f"{_TAG}{tag}" for each in graph.actions for tag in each.tags]
    known = list(dict.fromkeys([*graph.names, *tags]))
    raise RunError(
        f"{option}=[{name!r}]: there is no such action.{did_you_mean(name, known)} "
        f"There are: {', '.join(known)}.",
        action=name,
    )
