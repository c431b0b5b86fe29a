"""What an action can ask about the application that runs it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from notebook_agent.ids import RunKey
from notebook_agent.store.protocol import Failure
from notebook_agent.tracing import current_step

if TYPE_CHECKING:
    from notebook_agent.engine.step import OpenStep

__all__ = ["ApplicationContext", "Executors", "Setting"]

Executors = Executor | Callable[[], Executor]
"""What runs the branches of parallel actions: an executor, or what makes one for each of them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the builder was given that the engine only passes on."""

    tracker: object = None
    parallel_executor_factory: Executors | None = None
    state_initializer: object = None
    state_persister: object = None


@dataclass(frozen=True, slots=True)
class ApplicationContext:
    """The application and the step that an action runs in: ask for it with the parameter `__context`.

    Attributes:
        app_id: The run's id.
        partition_key: The run's partition.
        sequence_id: The number of this step.
        action_name: The name of this action in the graph.
        attempt: How often a retry policy has tried this step before; 0 the first time.
        failure: What the action before raised, where an edge caught it; else None.
        tracker: What was given to `with_tracker`.
        parallel_executor_factory: What was given to `with_parallel_executor`.
        state_initializer: What was given to `initialize_from`.
        state_persister: What was given to `with_state_persister`.
    """

    app_id: str
    partition_key: str | None
    sequence_id: int
    action_name: str
    attempt: int
    failure: Failure | None
    tracker: object = field(repr=False)
    parallel_executor_factory: Executors | None = field(repr=False)
    state_initializer: object = field(repr=False)
    state_persister: object = field(repr=False)
    step: OpenStep = field(repr=False)
    """The running step: for the engine's own parts."""

    @staticmethod
    def get() -> ApplicationContext | None:
        """Return the context of the action that is running here; None outside of actions."""
        step = current_step.get()
        return None if step is None else step.context()  # type: ignore[attr-defined]  # an OpenStep: the engine alone sets it

    @property
    def key(self) -> RunKey:
        """What names the run."""
        return self.step.key

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""
