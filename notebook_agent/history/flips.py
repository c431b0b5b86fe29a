"""What would have decided otherwise: the smallest change of keys that takes another edge."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice, product
from typing import Final

from notebook_agent import syntax
from notebook_agent.condition import Condition, Decision
from notebook_agent.errors import AgentError
from notebook_agent.graph import Graph
from notebook_agent.ids import Json
from notebook_agent.redact import masked_repr
from notebook_agent.state import State, same

__all__ = ["Flip", "flip", "flip_of"]

_MOST_KEYS: Final = 3
_MOST_TRIALS: Final = 20_000
_MOST_ALIKE: Final = 30
_LONGEST: Final = 1_000
"""Of a text or list that is made up to reach a length."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A change of the state that would have led elsewhere.

    Attributes:
        changes: The new values by key; the fewest keys that were found to do. None at all where the
            conditions have changed since, and lead elsewhere by themselves.
        target: The action that would have come next; None where the graph would have ended.
    """

    changes: Mapping[str, object]
    target: str | None

    def __repr__(self) -> str:
        """Mask secrets."""
        return masked_repr(self)


def flip_of(graph: Graph, decision: Decision, state: State, *, most: int = _MOST_TRIALS) -> Flip | None:
    """Return what would have turned a decision that was made in this state, see `flip`.

    Where the graph has other conditions now it says nothing, or that these lead elsewhere. Nothing is
    said of an edge that an exception took.
    """
    handlers = [edge.condition.name for edge in graph.transitions if edge.handles]
    if any(each.condition in handlers for each in decision.checks):
        return None
    now = graph.next(decision.source, state)
    if now.target != decision.target:
        return Flip({}, now.target)
    then, present = ([(each.target, each.condition) for each in one.checks] for one in (decision, now))
    return flip(graph, decision.source, state, most=most) if then == present else None


def flip(graph: Graph, prior: str, state: State, *, most: int = _MOST_TRIALS) -> Flip | None:
    """Return the smallest change after which another edge than the present one leaves action `prior`.

    Values are tried that the conditions compare with, and their neighbours; each answer was
    confirmed by deciding again. None where none was found, as after an edge that is always
    taken. `most` is how many changes are tried.
    """
    conditions = [edge.condition for edge in graph.edges_from(prior)]
    present = graph.next(prior, state).target
    values = _candidates(conditions, state)
    for changes in islice(_changes(values), most):
        try:
            target = graph.next(prior, state.update(**changes)).target
        except AgentError:
            continue
        if target != present:
            return Flip(changes, target)
    return None


def _changes(values: Mapping[str, list[object]]) -> Iterator[dict[str, object]]:
    for count in range(1, _MOST_KEYS + 1):
        for keys in combinations(values, count):
            for chosen in product(*(values[key] for key in keys)):
                yield dict(zip(keys, chosen, strict=True))


def _candidates(conditions: Iterable[Condition], state: State) -> dict[str, list[object]]:
    """The values to try for each key, those of its present kind first."""
    found: dict[str, list[object]] = {}
    for condition in conditions:
        constants = list(_constants(condition.data))
        keys = condition.keys + condition.optional_keys
        for key in keys:
            others = [state[each] for each in keys if each != key and each in state]
            plain = [each for each in others if isinstance(each, bool | int | float | str)]
            found.setdefault(key, []).extend(_near(state.get(key), [*constants, *plain]))
    return {
        key: sorted(_others(tried, state.get(key)), key=partial(_unlike, state.get(key)))
        for key, tried in found.items()
    }


def _others(values: Iterable[object], now: object) -> list[object]:
    kept = [now]
    for value in values:
        if not _in(kept, value):
            kept.append(value)
    return kept[1:]


def _unlike(now: object, value: object) -> bool:
    """Whether a value is of another kind than the present one: such come last."""
    numbers = isinstance(now, int | float) and isinstance(value, int | float)
    return not (numbers or isinstance(value, type(now)) or isinstance(now, type(value)))


def _near(now: object, constants: list[object]) -> Iterator[object]:
    """Values for a key: what conditions compare with, its neighbours, and plain others."""
    for constant in constants:
        yield constant
        yield from _beside(constant)
        yield from _inside(now, constant)
    yield from _beside(now)
    if isinstance(now, Mapping):
        yield from _below(now, constants)
    yield from (None, True, False, 0, 1, "", [])


def _beside(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, -value)
    elif isinstance(value, str):
        yield from (f"not {value}", f"{value}!")


def _inside(now: object, constant: object) -> Iterator[object]:
    """The present value with a constant in it, without it, or of that length."""
    if isinstance(constant, int) and not isinstance(constant, bool):
        yield from (sized for n in (constant, constant + 1, constant - 1) for sized in _sized(now, n))
    if isinstance(now, list | tuple):
        yield [*now, constant]
        yield [item for item in now if item != constant]
    elif isinstance(now, str) and isinstance(constant, str) and constant:
        yield f"{now}{constant}"
        yield f"{constant}{now}"
        yield now.replace(constant, "")


def _sized(now: object, length: int) -> Iterator[object]:
    if not 0 <= length <= _LONGEST:
        return
    if isinstance(now, str):
        yield now[:length].ljust(length, ".")
    elif isinstance(now, list | tuple):
        yield [*now, *([None] * length)][:length]


def _below(now: Mapping[str, object], constants: list[object]) -> Iterator[object]:
    """A mapping with one value in it replaced, or two that the conditions name."""
    for key, value in islice(now.items(), 20):
        for other in _near(value, constants):
            yield {**now, key: other}
    named = [key for key in now if _in(constants, key)][:_MOST_KEYS]
    alike = {key: _alike(now[key], constants) for key in named}
    for one, two in combinations(named, 2):
        yield from ({**now, one: a, two: b} for a, b in product(alike[one], alike[two]))


def _alike(now: object, constants: list[object]) -> list[object]:
    """Other values of the kind of the present one."""
    found = (value for value in _near(now, constants) if not _unlike(now, value))
    return _others(islice(found, _MOST_ALIKE), now)


def _constants(data: Json) -> Iterator[object]:
    """What a condition compares with."""
    if isinstance(data, str):
        return
    if isinstance(data, Mapping):
        yield from _of_when(data.get("when"))
        yield from _of_expression(data.get("expr"))
        for below in (data.get("not"), data.get("and"), data.get("or")):
            yield from _constants(below)
    elif isinstance(data, list | tuple):
        for each in data:
            yield from _constants(each)


def _of_when(tests: Json) -> Iterator[object]:
    for value in tests.values() if isinstance(tests, Mapping) else ():
        yield value
        if isinstance(value, list | tuple):
            yield from value


def _of_expression(text: Json) -> Iterator[object]:
    if not isinstance(text, str):
        return
    for node in ast.walk(syntax.parse(text, "eval")):
        if isinstance(node, ast.Constant):
            yield node.value
        elif isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict | ast.UnaryOp):
            try:
                yield ast.literal_eval(node)
            except ValueError:
                continue


def _in(values: list[object], value: object) -> bool:
    return any(same(each, value) for each in values)
