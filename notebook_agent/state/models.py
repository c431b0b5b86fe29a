"""Pydantic models as the type of a state: its values checked, whole or key by key."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from notebook_agent.errors import StateError, StateTypeError
from notebook_agent.state.frozen import thaw

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["check_values", "keys_of", "model_of", "need_pydantic", "values_of"]

M = TypeVar("M", bound="BaseModel")


def need_pydantic(what: str) -> Any:
    """Return the module pydantic; StateError where it is not installed."""
    try:
        return importlib.import_module("pydantic")
    except ImportError:
        raise StateError(f"{what} needs pydantic, which is not installed: pip install pydantic") from None


def keys_of(model: type[BaseModel]) -> Collection[str] | None:
    """Return the keys that a model has fields for; None where it takes any."""
    return None if model.model_config.get("extra") == "allow" else model.model_fields.keys()


def values_of(data: BaseModel) -> dict[str, Any]:
    """Return the values of a model's fields, those that it was given beyond them too."""
    held = {name: vars(data)[name] for name in type(data).model_fields if name in vars(data)}
    return {**held, **(data.model_extra or {})}


def model_of(model: type[M], values: Mapping[str, object]) -> M:
    """Return a model of the values, copied; other keys are passed over.

    Raises:
        StateTypeError: A value does not fit, or a required one is missing; `key` names it.
    """
    wanted = keys_of(model)
    given = {key: thaw(value) for key, value in values.items() if wanted is None or key in wanted}
    return _validated(model, model, given)


def check_values(model: type[BaseModel], values: Mapping[str, object]) -> dict[str, Any]:
    """Return values as the fields of a model take them; no other field need be there.

    Raises:
        StateTypeError: A value does not fit; `key` names it.
    """
    wanted = keys_of(model)
    given = {key: value for key, value in values.items() if wanted is None or key in wanted}
    if not given:
        return {}
    part = _part_of(model, frozenset(given))
    return {key: value for key, value in values_of(_validated(part, model, given)).items() if key in given}


def _validated(part: type[M], model: type[BaseModel], given: Mapping[str, object]) -> M:
    import pydantic

    try:
        return part.model_validate({_alias(part, key): value for key, value in given.items()})
    except pydantic.ValidationError as error:
        raise _misfit(model, error) from None


def _misfit(model: type[BaseModel], error: Any) -> StateTypeError:
    first, *more = error.errors(include_url=False)
    names = {_alias(model, name): name for name in model.model_fields}
    where = [names.get(part, part) if place == 0 else part for place, part in enumerate(first["loc"])]
    path = "".join(f"[{part!r}]" for part in where)
    key = str(where[0]) if where else None
    rest = f" (and {len(more)} more)" if more else ""
    if first["type"] == "missing" and len(where) == 1:
        message = (
            f"The state has no {key!r}, which {model.__name__} needs{rest}. Set it, or give it a default."
        )
    else:
        message = f"state{path} does not fit {model.__name__}: {first['msg']}{rest}."
    return StateTypeError(message, key=key, path=f"state{path}")


def _alias(model: type[BaseModel], key: str) -> str:
    field = model.model_fields.get(key)
    alias = None if field is None else field.validation_alias
    return alias if isinstance(alias, str) else key


@lru_cache(maxsize=256)
def _part_of(model: type[M], present: frozenset[str]) -> type[M]:
    """Return a model whose other fields need not be there, with the same validators."""
    import copy

    import pydantic

    optional: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name not in present and field.is_required():
            loose = copy.copy(field)
            loose.default = None
            optional[name] = (field.annotation, loose)
    if not optional:
        return model
    return pydantic.create_model(model.__name__, __base__=model, __module__=model.__module__, **optional)
