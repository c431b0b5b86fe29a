"""What an `Agent` tries many times: forks of one checkpoint, side by side."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent.session.gridview import GridView
from notebook_agent.session.mapping import Trial, map_forks
from notebook_agent.session.mending import Mended, mend
from notebook_agent.session.references import Where
from notebook_agent.session.watching import Question
from notebook_agent.session.words import Names, as_names
from notebook_agent.session.workspace import Workspace

__all__ = ["Trying"]


class Trying:
    """Grids of forks.

    Attributes:
        grid: What the last map came to, also where a Stop ended it; None before the first.
    """

    workspace: Workspace
    grid: GridView | None = None

    def map(  # noqa: PLR0913  # each an option of `%agent map`
        self,
        where: Where = None,
        tried: Mapping[str, object] | None = None,
        /,
        *,
        n: int = 1,
        jobs: int | None = None,
        on: object = None,
        until: Names = (),
        before: Names = (),
        passes: Question | None = None,
        actions: Mapping[str, object] | None = None,
        max_steps: int | None = None,
        max_calls: int | None = None,
        max_cost: float | None = None,
        allow_effects: bool = False,
        **named: object,
    ) -> GridView:
        """Fork a step for every combination of what is tried, run all forks, and compare them.

        What forks ask a model is asked anew. They halt where the run's own call halted that
        went on from there or, where it named no halt, after one turn.

        Args:
            where: The step to go on after; else where the view stands.
            tried: Values by key of the state or input: a list has those to try, anything else is
                the only one. What the first action takes is an input.
            n: How many forks each combination gets.
            jobs: How many run at a time: 4 in threads, all of them in an executor.
            on: An executor of `concurrent.futures`, what makes one, or its name in the notebook.
            until: Actions to halt after.
            before: Actions to halt before.
            passes: An expression over a fork's last state, or a function of it: whether it passed.
            actions: A function, or a list of them, to try in the place of an action.
            max_steps: Of each fork; the session's by default.
            max_calls: Send no more LLM calls than this, all forks together.
            max_cost: Send no LLM call once they cost this, in US dollars, all forks together.
            allow_effects: Let each fork fire what cannot be taken back.
            **named: More of `tried`.
        """
        __tracebackhide__ = True
        trial = Trial(
            {**(tried or {}), **named},
            actions=actions or {},
            repeats=n,
            jobs=jobs,
            executor=on,
            until=as_names(until),
            before=as_names(before),
            passes=passes,
            max_steps=max_steps,
            budget=self.workspace.settings.budget(max_calls, max_cost),
            allow_effects=allow_effects,
        )
        return map_forks(self.workspace, where, trial, self._keep)

    def mend(  # noqa: PLR0913  # each an option of `%agent bisect --fix`
        self,
        predicate: Question,
        where: Where = None,
        *,
        n: int = 1,
        jobs: int | None = None,
        on: object = None,
        passes: Question | None = None,
        max_calls: int | None = None,
        max_cost: float | None = None,
        allow_effects: bool = False,
    ) -> Mended:
        """Find where a predicate first fails, put the last good values in there, and run on.

        The forks go on from that step as the run did, with the values that the keys which
        the predicate reads had held before; `map` says how they run.

        Args:
            predicate: Such as `mode != 'unknown'`; in Python also a function.
            where: The last step to look at; `"RUN@head"` for another run than the one in use.
            n: How many forks there are.
            jobs: How many run at a time.
            on: An executor, what makes one, or its name in the notebook.
            passes: Whether a fork came out well, by its last state; else the predicate itself.
            max_calls: Send no more LLM calls than this, all forks together.
            max_cost: Send no LLM call once they cost this, in US dollars, all forks together.
            allow_effects: Let each fork fire what cannot be taken back.
        """
        __tracebackhide__ = True
        budget = self.workspace.settings.budget(max_calls, max_cost)
        trial = Trial(
            repeats=n, jobs=jobs, executor=on, passes=passes, budget=budget, allow_effects=allow_effects
        )
        return mend(self.workspace, predicate, where, trial, self._keep)

    def _keep(self, view: GridView) -> None:
        self.grid = view
