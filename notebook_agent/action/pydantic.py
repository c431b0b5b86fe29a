"""Actions that take a pydantic model of the state and give it back."""

from __future__ import annotations

import inspect
import typing
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import aclosing, closing
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from notebook_agent.action.node import Node, Schema
from notebook_agent.errors import ActionError, ResultError, StateTypeError, did_you_mean
from notebook_agent.state import FrozenDict, FrozenList, State, same
from notebook_agent.state.models import check_values, keys_of, need_pydantic, values_of

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["typed"]

Keys = tuple[str, ...]
_M = TypeVar("_M", bound="BaseModel")
_LENT = "__lent__"


def typed(
    called: str,
    node: Node,
    function: Callable[..., Any],
    *,
    takes: type | None,
    gives: type | None,
    pieces: object = None,
) -> tuple[Callable[..., object], Schema]:
    """Return a function of a state that calls `function` with a model of it, and the models.

    Raises:
        ActionError: A model cannot be told, is none, or lacks a key.
    """
    need_pydantic(called)
    name = node.name
    hints = {} if takes is not None and gives is not None else _hints(function)
    first = next(iter(inspect.signature(function).parameters), None)
    taken = _model(called, name, "state_input_type", takes or hints.get(str(first)))
    given = gives or (None if node.streaming else hints.get("return")) or taken
    returned = _model(called, name, "state_output_type", given)
    _check(called, name, "reads", node.reads, taken)
    _check(called, name, "writes", node.writes, returned)
    _check_pieces(called, name, pieces)
    schema = Schema(taken, returned, pieces)
    return _Adapter(node, function, schema).chosen(), schema


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:  # noqa: BLE001  # a name that cannot be found, or anything that an annotation may raise
        return {}


def _model(called: str, name: str, parameter: str, found: object) -> type[BaseModel]:
    import pydantic

    if isinstance(found, type) and issubclass(found, pydantic.BaseModel):
        return found
    what = "cannot be told from its annotations" if found is None else f"is {found!r}, no pydantic model"
    raise ActionError(
        f"{called} {name}(): the model of its state {what}. Write def {name}(state: Model, ..) -> Model, "
        f"or give it: {called}({parameter}=Model, ..).",
        action=name,
    )


def _check(called: str, name: str, what: str, keys: Keys, model: type[BaseModel]) -> None:
    known = keys_of(model)
    for key in keys:
        if known is not None and key not in known:
            raise ActionError(
                f"{called} {name}(): {what} has {key!r}, and {model.__name__} has no such field."
                f"{did_you_mean(key, known)} It has: {', '.join(known)}.",
                action=name,
                key=key,
            )


def _check_pieces(called: str, name: str, pieces: object) -> None:
    try:
        isinstance(None, cast("type", object if pieces is None else pieces))
    except TypeError:
        raise ActionError(
            f"{called} {name}(): stream_type is {pieces!r}; it must be a class, or several: A | B.",
            action=name,
        ) from None


class _Adapter:
    """Between the engine, which gives and takes states, and a function of models."""

    def __init__(self, node: Node, function: Callable[..., Any], schema: Schema) -> None:
        self.node, self.function, self.schema = node, function, schema
        self.name, self.reads, self.writes = node.name, node.reads, node.writes

    def chosen(self) -> Callable[..., object]:
        """Return the method for the function's kind."""
        if self.node.streaming:
            return self.astream if self.node.asynchronous else self.stream
        return self.acall if self.node.asynchronous else self.call

    def call(self, state: State, **inputs: object) -> State:
        return self.state_after(state, self.function(self.lent(state), **inputs))

    async def acall(self, state: State, **inputs: object) -> State:
        return self.state_after(state, await self.function(self.lent(state), **inputs))

    def stream(self, state: State, **inputs: object) -> Generator[object, None, None]:
        with closing(self.function(self.lent(state), **inputs)) as items:
            for item in items:
                yield self.piece(state, item)

    async def astream(self, state: State, **inputs: object) -> AsyncGenerator[object, None]:
        async with aclosing(self.function(self.lent(state), **inputs)) as items:
            async for item in items:
                yield self.piece(state, item)

    def lent(self, state: State) -> BaseModel:
        """Return a model of the keys that the action declares; it takes others from the state when asked."""
        model: type[BaseModel] = self.schema.state_input_type
        plain, known = state.plain(), model.model_fields
        declared = [key for key in dict.fromkeys(self.reads + self.writes) if key in plain]
        values = self.fitting(model, {key: plain.thaw(key) for key in declared})
        defaults = {
            key: _default(model, key)
            for key in self.reads + self.writes
            if key in known and key not in plain and not known[key].is_required()
        }
        self.check_required(model, plain)
        held: BaseModel = _lent_class(model).model_construct(None, **values)
        vars(held).clear()
        vars(held).update({**{key: value for key, value in values.items() if key in known}, **defaults})
        object.__setattr__(held, _LENT, state)
        return held

    def check_required(self, model: type[BaseModel], plain: State) -> None:
        for key in self.reads:
            field = model.model_fields.get(key)
            if key not in plain and (field is None or field.is_required()):
                raise StateTypeError(
                    f"{self.name}() reads {key!r}, which the state does not have{did_you_mean(key, plain)}. "
                    f"Set it before, or give {model.__name__}.{key} a default.",
                    action=self.name,
                    key=key,
                )

    def fitting(self, model: type[BaseModel], values: Mapping[str, object]) -> dict[str, Any]:
        try:
            return check_values(model, values)
        except StateTypeError as error:
            raise StateTypeError(
                f"{self.name}(): {error}", action=self.name, key=error.key, path=error.path
            ) from None

    def state_after(self, state: State, returned: object) -> State:
        """Return the state with what the returned model has for the declared writes.

        What it changed beyond them is set too, so that the engine refuses it.
        """
        model = cast("type[BaseModel]", self.schema.state_output_type)
        mine = isinstance(returned, self.schema.state_input_type)
        if not isinstance(returned, model) and not mine:
            what = "nothing" if returned is None else f"a {type(returned).__name__}"
            raise ResultError(
                f"{self.name}() returned {what}. It must return the model of the state: return state, "
                f"or {model.__name__}(..).",
                action=self.name,
            )
        found = values_of(cast("BaseModel", returned))
        given = {key: value for key, value in found.items() if key in self.writes}
        beyond = self.beyond(state, cast("BaseModel", returned), found)
        after = state
        for key, value in {**self.fitting(model, given), **beyond}.items():
            after = _set(after, state, key, value)
        return after

    def beyond(self, state: State, returned: BaseModel, found: Mapping[str, object]) -> Mapping[str, object]:
        """Return what was set or changed that the action does not declare."""
        keys = found.keys() if _state_of(returned) is not None else returned.model_fields_set & found.keys()
        return {
            key: found[key]
            for key in keys
            if key not in self.writes and not self.same(state, key, found[key])
        }

    def same(self, state: State, key: str, value: object) -> bool:
        """Return whether a value is what the model had of the state at first."""
        model, before = cast("type[BaseModel]", self.schema.state_input_type), state.plain()
        if key not in before:
            return key in model.model_fields and same(value, _default(model, key))
        if same(value, before[key]):
            return True
        return same(value, check_values(model, {key: before.thaw(key)}).get(key))

    def piece(self, state: State, item: object) -> object:
        """Return an item of the stream as the engine takes it."""
        pair = item if isinstance(item, tuple) and len(item) == 2 else (item, None)  # noqa: PLR2004
        found, returned = cast("tuple[object, object]", pair)
        kind = cast("type | None", self.schema.intermediate_result_type)
        if kind is not None and found is not None and not isinstance(found, kind):
            raise ResultError(
                f"{self.name}() yielded a {type(found).__name__}, where stream_type says {kind!r}.",
                action=self.name,
            )
        return (found, None) if returned is None else (_as_dict(found), self.state_after(state, returned))


def _set(after: State, state: State, key: str, value: object) -> State:
    """Set a key that has changed; a list that has grown is extended, so that a store writes its tail only."""
    old = state.plain().get(key, _set)
    if isinstance(old, FrozenList) and isinstance(value, list) and same(value[: len(old)], old):
        more = value[len(old) :]
        return after.extend(**{key: more}) if more else after
    alike = type(old) is type(value) or (isinstance(old, FrozenDict) and isinstance(value, dict))
    return after if alike and same(value, old) else after.update(**{key: value})


def _default(model: type[BaseModel], key: str) -> object:
    return model.model_fields[key].get_default(call_default_factory=True, validated_data={})


def _state_of(lent: object) -> State | None:
    """Return the state that a model is lent of; None for another model, and for a copy."""
    try:
        return cast("State", object.__getattribute__(lent, _LENT))
    except AttributeError:
        return None


def _as_dict(found: object) -> Mapping[str, object]:
    dump = getattr(found, "model_dump", None)
    if found is None:
        return {}
    return cast("Mapping[str, object]", found if dump is None else dump())


def _fetched(model: type[BaseModel], plain: State, name: str) -> object:
    if name in plain:
        return check_values(model, {name: plain.thaw(name)})[name]
    if model.model_fields[name].is_required():
        raise AttributeError(
            f"The state has no {name!r} yet. Set it before, or give {model.__name__}.{name} a default."
        )
    return _default(model, name)


@lru_cache(maxsize=256)
def _lent_class(model: type[_M]) -> type[_M]:
    """Return the model as it is lent: it notes what is read, and fetches what was not declared."""
    fields = frozenset(model.model_fields)

    def noting(self: Any, name: str) -> Any:
        if name in fields and (state := _state_of(self)) is not None:
            state.count_read(name)
        return model.__getattribute__(self, name)

    def fetching(self: Any, name: str) -> Any:
        state = _state_of(self)
        if name not in fields or state is None:
            return model.__getattr__(self, name)  # type: ignore[attr-defined]  # pydantic's own
        vars(self)[name] = value = _fetched(model, state.plain(), name)
        return value

    space = {
        "__slots__": (_LENT,),
        "__module__": model.__module__,
        "__qualname__": model.__qualname__,
        "__doc__": model.__doc__,
        "__getattribute__": noting,
        "__getattr__": fetching,
    }
    made: type[_M] = type(cast("type", model))(model.__name__, (model,), space)
    return made
