"""How the items of a state become one typed object, and the reverse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Generic

from notebook_agent.state.frozen import thaw

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from notebook_agent.state.mapping import State

    Data = TypeVar("Data", default=Any)
else:
    from typing import TypeVar

    Data = TypeVar("Data")

__all__ = ["UNTYPED", "Data", "DictBasedTypingSystem", "TypingSystem"]


class TypingSystem(ABC, Generic[Data]):
    """Says what `state.data` is: subclass it for a typing system of your own."""

    @abstractmethod
    def state_type(self) -> type[Data]:
        """Return the class of `state.data`."""

    @abstractmethod
    def construct_data(self, state: State[Any]) -> Data:
        """Return the typed object of a state; what is changed in it must not reach the state."""

    @abstractmethod
    def construct_state(self, data: Data) -> State[Data]:
        """Return the state of a typed object, with this typing system."""

    def keys(self) -> Collection[str] | None:
        """Return all keys that a state may have; None where any may be there."""
        return None

    def validate_state(self, state: State) -> None:
        """Raise an error where a value of the state does not fit; by default all fit."""

    def validate_keys(self, state: State, keys: Collection[str]) -> None:  # noqa: ARG002  # for subclasses
        """Do as `validate_state` for the keys that a step wrote; by default it looks at all."""
        self.validate_state(state)


class DictBasedTypingSystem(TypingSystem[dict[str, Any]]):
    """The typing system of a state without one: `state.data` is a plain dict, a deep copy."""

    def state_type(self) -> type[dict[str, Any]]:
        """Return dict."""
        return dict

    def construct_data(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the items, copied."""
        return {key: thaw(value) for key, value in state.items()}

    def construct_state(self, data: Mapping[str, Any]) -> State:
        """Return a state of the items."""
        from notebook_agent.state.mapping import State

        return State(data)


UNTYPED = DictBasedTypingSystem()
