"""How an application tries a checkpoint many times: forks over values, inputs and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from types import EllipsisType
from typing import TYPE_CHECKING

from notebook_agent.calls import Budget
from notebook_agent.engine import Run, Wait
from notebook_agent.history import History, fork_point
from notebook_agent.state import State

if TYPE_CHECKING:
    from notebook_agent.parallelism.grid import ForkGrid

__all__ = ["Forking"]

_Tried = Mapping[str, Sequence[object]]
_Names = Iterable[str] | str | None


class Forking:
    """The method of an application that makes many forks."""

    _run: Run

    @property
    def history(self) -> History:
        """The run's past."""
        raise NotImplementedError

    def map_forks(  # noqa: PLR0913  # each named at the call
        self,
        seq: int | EllipsisType | None = ...,
        *,
        state: _Tried | None = None,
        inputs: _Tried | None = None,
        actions: _Tried | None = None,
        repeats: int = 1,
        jobs: int | None = None,
        executor: Executor | None = None,
        halt_after: _Names = None,
        halt_before: _Names = None,
        max_steps: int | None = None,
        passes: str | Callable[[State], object] | None = None,
        budget: Budget | None = None,
        allow_effects: bool = False,
        label: str = "fork",
        tell: Callable[[ForkGrid, int], None] | None = None,
        wait: Wait | None = None,
    ) -> ForkGrid:
        """Fork one checkpoint for every combination of what is tried, run all forks, and compare them.

        The run itself stays as it is, and so does the shared past, which is stored once. What forks
        ask a model is asked anew: nothing is served, but where `ledger` is `"strict"`. They halt
        where the run's own call halted that went on from there or, where it named no halt,
        after one turn. A fork that fails has a row that says so.

        Args:
            seq: The step to go on after, as it ended; None for the initial state. Left out, the run as it
                stands now, with what was edited by hand since.
            state: Values to try by key of the state, each a list.
            inputs: Values to try by input, each a list; others are those of the run's own call.
            actions: Functions to try by action, each a list.
            repeats: How many forks each combination gets.
            jobs: How many run at a time: 4 in threads, all of them in an executor.
            executor: What runs them, any of `concurrent.futures`; it stays open. Threads by default.
            halt_after: Actions, or `"@tag:.."`, after which they stop.
            halt_before: Actions, or `"@tag:.."`, before which they stop.
            max_steps: Of each fork, which then is `limited`, and judged by where it stands; by default there
                is no limit, and a loop that takes no input goes on until a Stop.
            passes: An expression, see `expr`, or a function of a fork's last state: whether it passed.
            budget: What live LLM calls of all forks together may spend.
            allow_effects: Let each fork fire what cannot be taken back; else such a step is refused,
                where its record does not serve it.
            label: What the labels of their runs begin with: `fork.1`, `fork.2`, .. Where runs beside this one
                have such labels, the numbers go on from theirs.
            tell: Called with the grid so far and the number of running forks whenever that changes,
                and each 0.2 s.
            wait: Waits for what async actions return; an event loop for each fork by default.

        Raises:
            UnknownStepError: The run has no such step.
            CommandError: What is tried is no list, or a number is below 1.
            ConditionError: The predicate cannot be read.
            ActionError: An action cannot be replaced so, or no fork can be sent to the executor.
            ForksStopped: A Stop came; its `grid` has what was done.
        """
        __tracebackhide__ = True
        from notebook_agent.parallelism.trying import Trial, try_all

        trial = Trial(
            state=state or {},
            inputs=inputs or {},
            actions=actions or {},
            repeats=repeats,
            jobs=jobs,
            executor=executor,
            halt_after=halt_after,
            halt_before=halt_before,
            max_steps=max_steps,
            passes=passes,
            budget=budget,
            allow_effects=allow_effects,
            label=label,
            tell=tell,
            wait=wait,
        )
        at, edited = fork_point(self.history, seq)
        return try_all(self._run, self.history, at, trial, edited)
