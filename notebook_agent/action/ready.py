"""Ready-made actions: one that takes inputs into the state, one that gives keys out, one to be filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notebook_agent.action.base import Action
from notebook_agent.action.node import names
from notebook_agent.state import State

__all__ = ["Input", "Placeholder", "Result"]


class _Declared(Action):
    """An action whose keys are given when it is made."""

    def __init__(self, reads: Sequence[str], writes: Sequence[str]) -> None:
        self._reads, self._writes = names("reads", reads), names("writes", writes)

    @property
    def reads(self) -> Sequence[str]:
        """Keys that it reads."""
        return self._reads

    @property
    def writes(self) -> Sequence[str]:
        """Keys that it writes."""
        return self._writes


class Input(_Declared):
    """Take inputs of the run into the state under their names: `Input("prompt")`."""

    def __init__(self, *fields: str) -> None:
        super().__init__((), fields)

    @property
    def inputs(self) -> Sequence[str]:
        """The fields, all required."""
        return self._writes

    def run(self, state: State, **inputs: Any) -> dict[str, object]:  # noqa: ARG002  # it needs no state
        """Return the inputs."""
        return {name: inputs[name] for name in self._writes}

    def update(self, result: Any, state: State) -> State:
        """Put them into the state."""
        return state.update(**result)


class Result(_Declared):
    """Give keys of the state as the result and leave the state as it is: `Result("answer")`."""

    def __init__(self, *fields: str) -> None:
        super().__init__(fields, ())

    @property
    def inputs(self) -> Sequence[str]:
        """None are taken."""
        return []

    def run(self, state: State, **inputs: Any) -> dict[str, object]:  # noqa: ARG002  # it has none
        """Return the values of the fields."""
        return {name: state[name] for name in self._reads}

    def update(self, _: Any, state: State) -> State:
        """Leave the state as it is."""
        return state


class Placeholder(_Declared):
    """Stand for an action that is not written yet, so that a graph can be drawn; it cannot be run."""

    @property
    def inputs(self) -> Sequence[str]:
        """None are taken."""
        return []

    def run(self, state: State, **inputs: Any) -> dict[str, object]:  # it does nothing
        """Raise NotImplementedError."""
        raise NotImplementedError(
            "This action is a Placeholder. Put a real one in its place to run the graph."
        )
