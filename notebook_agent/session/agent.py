"""`Agent`: one method for each `%agent` command; magics and panel do nothing else than call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_agent.application import Application
from notebook_agent.errors import CommandError
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.session import going, looking, opening, vocabulary
from notebook_agent.session.asking import Asking
from notebook_agent.session.beside import Beside
from notebook_agent.session.chatting import Chatting
from notebook_agent.session.housekeeping import Housekeeping
from notebook_agent.session.namespace import main_namespace
from notebook_agent.session.opening import Opening
from notebook_agent.session.paneling import Paneling
from notebook_agent.session.pricing import Price, price, price_line
from notebook_agent.session.proving import Proving
from notebook_agent.session.references import Where
from notebook_agent.session.results import RunResult, StepResult
from notebook_agent.session.resuming import priced, resume, stopped
from notebook_agent.session.screen import Screen
from notebook_agent.session.settings import Settings
from notebook_agent.session.showing import Showing
from notebook_agent.session.shown import Said, Shown
from notebook_agent.session.trying import Trying
from notebook_agent.session.turn import Plan
from notebook_agent.session.words import Names, as_names
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.escape import as_output

if TYPE_CHECKING:
    from notebook_agent.widgets import Panel

__all__ = ["Agent"]


class Agent(Asking, Beside, Chatting, Housekeeping, Paneling, Proving, Showing, Trying):
    """What a session does with an agent: run it, look at it, go back, fork.

    `where` names a step: its number, or `"@-1"`, `"@head"`, `"@start"`, `"@ACTION"`,
    `"RUN@5"`; None is where the view stands. What cannot be done raises an AgentError
    whose message says what to do instead.
    """

    def __init__(
        self, namespace: MutableMapping[str, object] | None = None, screen: Screen | None = None
    ) -> None:
        self.workspace = Workspace(main_namespace() if namespace is None else namespace)
        if screen is not None:
            self.workspace.screen = screen
        self._line = ""
        self._line_at: object = None

    @property
    def settings(self) -> Settings:
        """The session's settings."""
        return self.workspace.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self.workspace.settings = settings
        if self.workspace.app is not None:
            self.workspace.set_ledger(self.workspace.app)

    @property
    def app(self) -> Application:
        """The application in use; CommandError where there is none."""
        return self.workspace.in_use()

    @property
    def position(self) -> int | None:
        """Number of the step that the view stands at; None for the initial state."""
        return self.workspace.resolve()[1]

    def history(self, run: str | None = None) -> History:
        """Return the past of the run in use, or of the named one."""
        return History(self.workspace.store(), self.workspace.record(run).key)

    def use(
        self,
        target: object,
        *,
        entrypoint: str | None = None,
        recorded: str | Path | None = None,
        project: str | None = None,
        state: Mapping[str, object] | None = None,
    ) -> Agent:
        """Take a graph, an application, a stored run, or the name of one into use.

        Args:
            target: What to use.
            entrypoint: The first action, where the graph leaves it open.
            recorded: A file of recorded LLM calls: they are served, and no other leaves, where
                neither OPENAI_API_KEY nor OPENAI_BASE_URL is set; else calls are live.
            project: Where new runs are kept; else the notebook's name, or the folder's.
            state: The initial state of a new run.
        """
        self._say(opening.use(self.workspace, target, Opening(entrypoint, recorded, project, state)))
        self.workspace.namespace.setdefault("agent", self)
        return self

    def run(  # noqa: PLR0913  # each an option of `%agent run`
        self,
        inputs: Mapping[str, object] | None = None,
        /,
        *,
        until: Names = (),
        before: Names = (),
        max_steps: int | None = None,
        max_calls: int | None = None,
        max_cost: float | None = None,
        allow_effects: bool = False,
        **named: object,
    ) -> RunResult:
        """Run one turn, or until an action has run (`until`) or is next (`before`).

        One turn ends before an action would take an input of this call a second time.
        Inputs are given by name, or as a mapping. Where the view stands at an earlier
        step, the run is a fork from there. No LLM call is sent once `max_calls` were or
        what they cost has reached `max_cost`, in US dollars: BudgetError. An irreversible
        action that was fired already is fired again only with `allow_effects`: EffectError. `max_steps`
        ends it as well, which its `halted` says.
        """
        __tracebackhide__ = True
        plan = Plan(
            {**(inputs or {}), **named},
            as_names(until),
            as_names(before),
            self.settings.max_steps if max_steps is None else max_steps,
            budget=self.settings.budget(max_calls, max_cost),
            allow_effects=allow_effects,
        )
        return going.go(self.workspace, going.head_to_go_on(self.workspace, plan), plan)

    def step(self, n: int = 1, inputs: Mapping[str, object] | None = None, /, **named: object) -> Shown:
        """Run `n` steps; return the one step, or what all came to."""
        __tracebackhide__ = True
        if not isinstance(n, int) or n < 1:
            raise CommandError(f"step runs 1 step or more, not {n!r}: %agent step")
        plan = Plan({**(inputs or {}), **named}, steps=n)
        result = going.go(self.workspace, going.head_to_go_on(self.workspace, plan), plan)
        if len(result.steps) != 1:
            return result
        return self._step(result.steps[0].ref)

    def _step(self, ref: StepRef) -> StepResult:
        history = self.app.history
        return looking.step_result(history, history[ref.seq or 0])

    def retry(
        self,
        *,
        fresh: bool = False,
        step: bool = False,
        actions: Mapping[str, object] | None = None,
        max_calls: int | None = None,
        max_cost: float | None = None,
        allow_effects: bool = False,
    ) -> RunResult:
        """Go on from the failed step with the code as it is now, and the inputs and halts of its call.

        Args:
            fresh: Make every LLM call again; else what the step had recorded is served.
            step: Stop after that step.
            actions: Functions to put in the place of actions first.
            max_calls: Send no more LLM calls than this.
            max_cost: Send no LLM call once they cost this, in US dollars.
            allow_effects: Fire irreversible actions again that were fired already.
        """
        __tracebackhide__ = True
        budget = self.settings.budget(max_calls, max_cost)
        return going.retry(
            self.workspace,
            fresh=fresh,
            step=step,
            allow_effects=allow_effects,
            actions=actions,
            budget=budget,
        )

    def resume(  # noqa: PLR0913  # each an option of `%agent resume`
        self,
        run: str | None = None,
        *,
        look: bool = False,
        recorded: str | Path | None = None,
        project: str | None = None,
        max_calls: int | None = None,
        max_cost: float | None = None,
        allow_effects: bool = False,
    ) -> Agent | RunResult:
        """Take the last unfinished run of this notebook, or the named one, into use, and go on with it.

        It goes on in the middle of the step that failed or was interrupted, as `retry` does: LLM
        calls that had succeeded in it are served. A run whose last step completed is taken
        into use only.

        Args:
            run: Its label or the beginning of its id.
            look: Only take it into use.
            recorded: A file of recorded LLM calls, which are replayed where no key is set.
            project: Where the run is kept, if not in this notebook's project.
            max_calls: Send no more LLM calls than this.
            max_cost: Send no LLM call once they cost this, in US dollars.
            allow_effects: Fire irreversible actions again that were fired already.
        """
        __tracebackhide__ = True
        line = resume(self.workspace, run, recorded, project)
        self._say(priced(self.workspace, line))
        self.workspace.namespace.setdefault("agent", self)
        if look or not stopped(self.workspace):
            return self
        self.workspace.screen.say(line.partition("\n")[0])
        return self.retry(max_calls=max_calls, max_cost=max_cost, allow_effects=allow_effects)

    def fork(
        self,
        where: Where = None,
        *,
        label: str | None = None,
        actions: Mapping[str, object] | None = None,
        state: Mapping[str, object] | None = None,
    ) -> Said:
        """Start a new run at a step and take it into use; the run it comes from stays as it is.

        Args:
            where: The step to go on after.
            label: The new run's label.
            actions: Functions to put in the place of actions.
            state: Values of the state to change.
        """
        made, line = going.fork(self.workspace, where, label=label, actions=actions, state=state)
        return Said("\n".join(filter(None, (line, price_line(made)))))

    def price(
        self,
        where: Where = None,
        *,
        actions: Mapping[str, object] | None = None,
        state: Mapping[str, object] | None = None,
    ) -> Price:
        """Say what going on, or a fork at a step, takes: calls from the ledger, those that may go live, cost.

        Args:
            where: The step to fork after; None is going on from where the view stands.
            actions: Functions to put in the place of actions.
            state: Values of the state to change.
        """
        return price(self.workspace, where, actions=actions, state=state)

    def goto(self, where: Where) -> Said:
        """Look at a step; a run from there makes a fork by itself. `"@head"` follows the run again."""
        return Said(going.goto(self.workspace, where))

    def panel(self) -> Agent | Panel:
        """Return the panel as a widget, or this where `%load_ext notebook_agent` has it shown as one."""
        self.workspace.in_use()
        self._say(str(self.status()))
        return self if self.drawn else self._widget() or self

    def after_cell(self, cell: str | None = None) -> None:
        """Put the actions that a cell defined again into the graph in use, and say so."""
        self.workspace.after_cell(cell)

    def words(self, kind: str, run: str | None = None) -> Iterable[str]:
        """Return what TAB may offer, see `session.vocabulary`."""
        return vocabulary.words(self.workspace, kind, run)

    def __repr__(self) -> str:
        if self.workspace.app is None:
            return "<agent, nothing in use: agent.use(graph)>"
        return self._line if self._line_at == self._standing() else str(self.status())

    def _say(self, line: str) -> None:
        self._line, self._line_at = line, self._standing()

    def _standing(self) -> object:
        run = self.app.history.run
        return run.key, run.head, run.status, run.label, self.workspace.past

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        if self.workspace.app is None:
            return {"text/plain": repr(self)}
        text = f"{self!r}\n\n{looking.picture(self.workspace)}"
        return {"text/plain": text, "text/html": as_output(looking.picture(self.workspace).html())}
