"""Conditions: data where they can be, so that a decision can be explained.

What decides is an object of a class here, not a closure, so that a graph can be pickled for
another process.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import SupportsIndex

from notebook_agent.condition.brief import brief
from notebook_agent.condition.expression import Expression
from notebook_agent.errors import ConditionError, MissingKeyError, did_you_mean
from notebook_agent.given import given_names
from notebook_agent.ids import Json
from notebook_agent.redact import repr_of

__all__ = ["Condition", "default", "expr", "when"]

_Resolver = Callable[[Mapping[str, object]], bool]


class Condition:
    """Whether an edge is taken.

    Make one with `when`, `expr` or `default` and combine them with `~ & |`; a plain
    function goes through `Condition.lmda` and can be shown, but not explained.

    Attributes:
        keys: The state keys that it looks at.
        name: As it is written on the edge.
        data: What it says, as plain JSON: `{"when": {..}}`, `{"expr": text}`, `{"not": c}`,
            `{"and": [c, c]}`, `{"or": [c, c]}`, `{"default": true}` or `{"opaque": name}`.
    """

    __slots__ = ("_resolver", "data", "keys", "name", "optional_keys")

    def __init__(
        self,
        keys: Iterable[str],
        resolver: _Resolver,
        name: str | None = None,
        optional_keys: Iterable[str] = (),
        *,
        data: Json = None,
    ) -> None:
        self.keys = tuple(keys)
        self.optional_keys = tuple(optional_keys or ())
        self.name: str = name or str(getattr(resolver, "__name__", "condition"))
        self.data = {"opaque": self.name} if data is None else data
        self._resolver = resolver

    @classmethod
    def lmda(cls, resolver: _Resolver, state_keys: Iterable[str]) -> Condition:
        """Make a condition of a function of the state; `state_keys` must be there when it is asked.

        Raises:
            ConditionError: It is no function, or the keys are no names.
        """
        if not callable(resolver):
            raise ConditionError(f"Condition.lmda takes a function of the state; not {resolver!r}.")
        keys = given_names("state_keys", state_keys, ConditionError)
        return cls(keys, _Given(keys, resolver), f"lmda_{getattr(resolver, '__name__', 'function')}_")

    def evaluate(self, state: Mapping[str, object]) -> bool:
        """Return whether it holds.

        Raises:
            MissingKeyError: The state has no key that it needs.
            ConditionError: The values cannot be compared.
        """
        return bool(self._resolver(state))

    def operands(self, state: Mapping[str, object]) -> dict[str, object]:
        """Return the values that it looks at, short enough to be kept with a decision."""
        return {key: brief(state[key]) for key in self.keys + self.optional_keys if key in state}

    @property
    def functions(self) -> tuple[Callable[..., object], ...]:
        """The functions that it asks, which `data` does not tell."""
        resolver = self._resolver
        if isinstance(resolver, _Not):
            return resolver.one.functions
        if isinstance(resolver, _And | _Or):
            return resolver.one.functions + resolver.other.functions
        if isinstance(resolver, _Given):
            return (resolver.resolver,)
        return (resolver,) if isinstance(self.data, Mapping) and "opaque" in self.data else ()

    def run(self, state: Mapping[str, object]) -> dict[str, bool]:
        """Return `{"PROCEED": ..}`."""
        return {"PROCEED": self.evaluate(state)}

    def __invert__(self) -> Condition:
        self._check_combines()
        return Condition(
            self.keys,
            _Not(self),
            f"~{_grouped(self)}",
            self.optional_keys,
            data={"not": self.data},
        )

    def __and__(self, other: Condition) -> Condition:
        return self._joined(other, "&", _And(self, other))

    def __or__(self, other: Condition) -> Condition:
        return self._joined(other, "|", _Or(self, other))

    def __repr__(self) -> str:
        return f"<condition {self.name}>"

    def _check_combines(self) -> None:
        """Raise ConditionError where it stands alone on its edge."""

    def _joined(self, other: Condition, sign: str, resolver: _Resolver) -> Condition:
        if not isinstance(other, Condition):
            raise ConditionError(
                f"{self.name} {sign} {other!r}: both sides are conditions, such as when(key=value)."
            )
        self._check_combines()
        other._check_combines()
        return Condition(
            dict.fromkeys(self.keys + other.keys),
            resolver,
            f"{_grouped(self)} {sign} {_grouped(other)}",
            dict.fromkeys(self.optional_keys + other.optional_keys),
            data={"and" if sign == "&" else "or": [self.data, other.data]},
        )


@dataclass(frozen=True, slots=True)
class _Given:
    keys: tuple[str, ...]
    resolver: _Resolver

    def __call__(self, state: Mapping[str, object]) -> bool:
        _need(self.keys, state)
        return bool(self.resolver(state))


@dataclass(frozen=True, slots=True)
class _Tests:
    keys: tuple[str, ...]
    parsed: tuple[tuple[str, str, object], ...]

    def __call__(self, state: Mapping[str, object]) -> bool:
        _need(self.keys, state)
        return all(_compare(key, state[key], name, value) for key, name, value in self.parsed)


@dataclass(frozen=True, slots=True)
class _Holds:
    expression: Expression

    def __call__(self, state: Mapping[str, object]) -> bool:
        return bool(self.expression.evaluate(state))


@dataclass(frozen=True, slots=True)
class _Not:
    one: Condition

    def __call__(self, state: Mapping[str, object]) -> bool:
        return not self.one.evaluate(state)


@dataclass(frozen=True, slots=True)
class _And:
    one: Condition
    other: Condition

    def __call__(self, state: Mapping[str, object]) -> bool:
        return self.one.evaluate(state) and self.other.evaluate(state)


@dataclass(frozen=True, slots=True)
class _Or:
    one: Condition
    other: Condition

    def __call__(self, state: Mapping[str, object]) -> bool:
        return self.one.evaluate(state) or self.other.evaluate(state)


def _always(_: Mapping[str, object]) -> bool:
    return True


class _Default(Condition):
    __slots__ = ()

    def _check_combines(self) -> None:
        raise ConditionError(
            "default is the edge that is taken when no other one is: it combines with no condition. "
            "Put it last, (source, target, default), and other conditions on edges before it."
        )

    def __reduce_ex__(self, _: SupportsIndex) -> str:
        return "default"


default: Condition = _Default((), _always, "default", data={"default": True})
"""The edge that is taken when no other one is; it comes last."""

_OPERATORS: Mapping[str, tuple[str, Callable[..., object]]] = MappingProxyType({
    "eq": ("=", operator.eq),
    "ne": ("!=", operator.ne),
    "lt": ("<", operator.lt),
    "lte": ("<=", operator.le),
    "gt": (">", operator.gt),
    "gte": (">=", operator.ge),
    "in": (" in ", lambda a, b: a in b),
    "notin": (" not in ", lambda a, b: a not in b),
    "contains": (" contains ", lambda a, b: b in a),
    "is": (" is ", operator.is_),
    "isnot": (" is not ", operator.is_not),
})


def when(**tests: object) -> Condition:
    """Hold when each key has its value: `when(mode="image")`, `when(n__gte=3, user__isnot=None)`.

    Operators: `eq ne lt lte gt gte in notin contains is isnot`.
    """
    if not tests:
        raise ConditionError(
            "when() needs a key: when(mode='image'). For an edge that is always taken use default."
        )
    parsed = tuple((*_parse(test), value) for test, value in tests.items())
    keys = tuple(dict.fromkeys(key for key, _, _ in parsed))
    label = ", ".join(f"{key}{_OPERATORS[name][0]}{brief(value)}" for key, name, value in parsed)
    data = {"when": {test: _json(value) for test, value in tests.items()}}
    return Condition(keys, _Tests(keys, parsed), label, data=data)


def expr(text: str) -> Condition:
    """Hold when an expression over the keys is true: `expr("n < 10 and mode != 'unknown'")`.

    The text is parsed to an allow-listed tree, never given to `eval`; see `Expression`.
    """
    expression = Expression(text)
    return Condition(
        expression.keys,
        _Holds(expression),
        expression.text,
        data={"expr": expression.text},
    )


def _json(value: object) -> Json:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(item) for item in value]
    return repr_of(value)


def _parse(test: str) -> tuple[str, str]:
    key, mark, name = test.rpartition("__")
    if not mark or not key:
        return test, "eq"
    if name not in _OPERATORS:
        raise ConditionError(
            f"when({test}=..): there is no operator {name!r}.{did_you_mean(name, _OPERATORS)} "
            f"There are: {' '.join(_OPERATORS)}. "
            f"A key that contains __ is compared with expr({test + ' == ..'!r}).",
            key=test,
        )
    return key, name


def _compare(key: str, found: object, name: str, value: object) -> bool:
    try:
        return bool(_OPERATORS[name][1](found, value))
    except TypeError as error:
        raise ConditionError(f"when({key}__{name}={value!r}) cannot be decided: {error}.", key=key) from error


def _need(keys: Iterable[str], state: Mapping[str, object]) -> None:
    for key in keys:
        if key not in state:
            raise MissingKeyError(
                f"The state has no key {key!r}, which a condition needs.{did_you_mean(key, state)} "
                f"It has: {', '.join(state) or 'nothing'}.",
                key=key,
            )


def _grouped(condition: Condition) -> str:
    plain = isinstance(condition.data, Mapping) and not condition.data.keys() & {"and", "or"}
    return condition.name if plain else f"({condition.name})"
