"""A state whose type is a pydantic model: `with_typing(PydanticTypingSystem(Model))`."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Generic, TypeVar

from notebook_agent.errors import StateError, StateTypeError
from notebook_agent.state import State, TypingSystem
from notebook_agent.state.models import check_values, keys_of, model_of, need_pydantic, values_of

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["PydanticTypingSystem"]

Model = TypeVar("Model", bound="BaseModel")


class PydanticTypingSystem(TypingSystem[Model], Generic[Model]):
    """Makes `state.data` a pydantic model, a copy that may be changed freely.

    What an action writes is checked against the model's fields before the step completes.

    Args:
        model_type: The model; keys that actions set late need a default in it.

    Raises:
        StateError: It is no pydantic model, or pydantic is not installed.
    """

    def __init__(self, model_type: type[Model]) -> None:
        pydantic = need_pydantic("PydanticTypingSystem")
        if not (isinstance(model_type, type) and issubclass(model_type, pydantic.BaseModel)):
            raise StateError(
                f"PydanticTypingSystem takes a class of pydantic models, such as "
                f"class ChatState(BaseModel); not {model_type!r}."
            )
        self.model_type = model_type

    def state_type(self) -> type[Model]:
        """Return the model."""
        return self.model_type

    def keys(self) -> Collection[str] | None:
        """Return the model's fields; None where it takes others too."""
        return keys_of(self.model_type)

    def construct_data(self, state: State) -> Model:
        """Return the model of a state.

        Raises:
            StateTypeError: A value does not fit, or a required one is missing; `key` names it.
        """
        return model_of(self.model_type, state)

    def construct_state(self, data: Model) -> State:
        """Return the state of a model: its fields' values under their names."""
        if not isinstance(data, self.model_type):
            raise StateTypeError(
                f"The state's type is {self.model_type.__name__}; {data!r} is a {type(data).__name__}."
            )
        return State(values_of(data), self)

    def validate_state(self, state: State) -> None:
        """Raise StateTypeError where a value does not fit; keys may be missing."""
        self.validate_keys(state, tuple(state))

    def validate_keys(self, state: State, keys: Collection[str]) -> None:
        """Raise StateTypeError where the value of one of these keys does not fit."""
        check_values(self.model_type, {key: state[key] for key in keys if key in state})

    def __repr__(self) -> str:
        return f"PydanticTypingSystem({self.model_type.__name__})"
