"""What a grid of forks is to do: where the forks come from, how they are run, and what a Stop leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from notebook_agent.engine import Inherited, Wait
from notebook_agent.errors import EndsAtUser
from notebook_agent.graph import Graph
from notebook_agent.ids import StepRef
from notebook_agent.parallelism.grid import ForkGrid
from notebook_agent.parallelism.variants import Variant
from notebook_agent.state import State
from notebook_agent.store.protocol import RunCall, Store

__all__ = ["ForksStopped", "Origin", "Plan"]


class ForksStopped(EndsAtUser, KeyboardInterrupt):
    """Leaves a grid that was stopped.

    Attributes:
        grid: What it came to so far.
    """

    def __init__(self, grid: ForkGrid) -> None:
        done = sum(each.outcome not in {"interrupted", "not begun"} for each in grid)
        super().__init__(f"Stopped: {done} of {len(grid)} forks have ended, and are kept.")
        self.grid = grid


@dataclass(frozen=True, slots=True)
class Origin:
    """Where forks come from.

    Attributes:
        at: The checkpoint.
        graph: The graph that they run.
        entrypoint: The first action of that.
        typed: A state of the typing system that theirs have.
        edited: The state that the checkpoint was given by hand; None where it is as its step ended.
    """

    at: StepRef
    store: Store
    graph: Graph
    entrypoint: str
    typed: State = field(default_factory=State)
    edited: State | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How forks are run.

    Attributes:
        variants: What they differ in.
        repeats: How many forks each variant gets.
        call: Where they halt, and the inputs that all of them have.
        given: What each has of the application.
        taken: Where they halt at the end of a turn: the inputs that were taken in it before the fork.
        jobs: How many run at a time.
        executor: What runs them; None for threads.
        wait: Waits for what async actions return.
        passes: Tells of a last state whether the fork passed.
        predicate: That in words.
        label: What the runs' labels begin with.
        after: The number after which theirs begin.
        tell: Is told of the grid whenever a fork begins or ends, in the thread of the caller.
    """

    variants: Sequence[Variant]
    repeats: int
    call: RunCall
    given: Inherited
    taken: frozenset[str] | None = None
    jobs: int = 4
    executor: Executor | None = None
    wait: Wait | None = None
    passes: Callable[[State], object] | None = None
    predicate: str = ""
    label: str = "fork"
    after: int = 0
    tell: Callable[[ForkGrid, int], None] | None = None
