"""How an application is built of what its builder was told, plainly or awaited."""

from __future__ import annotations

from typing import Any, Generic

from notebook_agent import calls
from notebook_agent.application import Application
from notebook_agent.application.created import atell_created
from notebook_agent.builder.adopting import Found, adopt, asked, found
from notebook_agent.builder.opening import Home, home_of, is_home, open_run
from notebook_agent.builder.plan import Plan, check_awaited, check_initialized, check_types
from notebook_agent.calls.protocol import CallSource, LedgerMode, Purse
from notebook_agent.engine import Setting
from notebook_agent.errors import GraphError, RunError
from notebook_agent.graph import Graph, GraphBuilder
from notebook_agent.lifecycle import NO_HOOKS, Hooks
from notebook_agent.persistence import AsyncPersisterHook, PersisterHook
from notebook_agent.persistence.base import is_awaited
from notebook_agent.state.typed import Data

__all__ = ["Building"]


class Building(Generic[Data]):
    """The methods of an ApplicationBuilder that build."""

    def __init__(self) -> None:
        self._graph = GraphBuilder()
        self._plan = Plan()
        self._hooks: Hooks = NO_HOOKS
        self._ledger: LedgerMode = "auto"
        self._recording: CallSource | None = None
        self._budget: calls.Budget | None = None
        self._purses: tuple[Purse, ...] = ()

    def build(self) -> Application[Data]:
        """Return the application.

        Raises:
            GraphError: The graph or its entrypoint is not right, or its keys do not fit the typing system.
            RunError: The run to go on with, or to fork, does not exist, or a new one would take its id;
                or a persister is async.
        """
        check_awaited(self._plan, awaits=False)
        graph, home = self._ready()
        for each in self._foreign(home):
            check_initialized(each, ready=getattr(each, "is_initialized", _always)())
        checkpoint = None
        if self._adopts(home):
            loader = self._plan.origin.loader  # type: ignore[union-attr]  # it adopts from there
            checkpoint = found(self._plan, [loader.load(*each) for each in asked(self._plan)])
        return self._built(graph, home, checkpoint)

    async def abuild(self) -> Application[Data]:
        """Return the application as `build` does, with persisters that are awaited; run it with `arun` ..

        Raises:
            RunError: As `build`; or a persister is not async.
        """
        check_awaited(self._plan, awaits=True)
        graph, home = self._ready()
        for each in self._foreign(home):
            ready = getattr(each, "is_initialized", _always)()
            check_initialized(each, ready=await ready if hasattr(ready, "__await__") else ready)
        checkpoint = None
        if self._adopts(home):
            loader = self._plan.origin.loader  # type: ignore[union-attr]  # it adopts from there
            checkpoint = found(self._plan, [await loader.load(*each) for each in asked(self._plan)])
        app = self._built(graph, home, checkpoint)
        await atell_created(app, self._hooks)
        return app

    def _ready(self) -> tuple[Graph, Home]:
        if self._budget is not None and not self._plan.keeps:
            raise RunError("with_budget counts LLM calls, and with_store(None) sees none: leave one out.")
        graph = self._graph.build()
        graph = graph.started_at(self._checked_entrypoint(graph))
        if self._plan.typing is not None:
            check_types(self._plan.typing, graph)
        home = home_of(self._plan)
        if self._budget is not None and home.store is None:
            raise RunError("with_budget counts LLM calls, and with_store(None) sees none: leave one out.")
        return graph, home

    def _checked_entrypoint(self, graph: Graph) -> str:
        plan = self._plan
        if plan.origin is not None and (plan.entrypoint, plan.state, plan.data) != (None, None, None):
            raise RunError(
                "initialize_from has its own default_entrypoint and default_state: "
                "leave with_entrypoint and with_state out."
            )
        entrypoint = plan.entrypoint if plan.origin is None else plan.origin.entrypoint
        if entrypoint is None:
            raise GraphError(f"Name the action to start with: with_entrypoint({graph.names[0]!r}).")
        return entrypoint

    def _adopts(self, home: Home) -> bool:
        return self._plan.origin is not None and not is_home(self._plan.origin.loader, home)

    def _foreign(self, home: Home) -> list[Any]:
        """Return the savers and loaders that are not where the history is kept."""
        given = [self._plan.persister, self._plan.origin and self._plan.origin.loader]
        return [each for each in given if each is not None and not is_home(each, home)]

    def _built(self, graph: Graph, home: Home, checkpoint: Found | None) -> Application[Data]:
        plan = self._plan
        adopts = self._adopts(home)
        run = adopt(plan, home, graph, checkpoint) if adopts else open_run(plan, home, graph)
        if plan.typing is not None:
            run.state = run.state.with_typing_system(plan.typing)
            plan.typing.validate_state(run.state)
        run.hooks, run.ledger, run.recording = self._hooks, self._ledger, self._recording
        if self._budget is not None:
            run.purses = (self._budget,)
        if plan.persister is not None and not is_home(plan.persister, home):
            hook = AsyncPersisterHook if is_awaited(plan.persister) else PersisterHook
            run.hooks = Hooks((*self._hooks.adapters, hook(plan.persister)))
        loader = None if plan.origin is None else plan.origin.loader
        run.setting = Setting(plan.tracker, plan.executor, loader, plan.persister)
        run.purses = (*((self._budget,) if self._budget is not None else ()), *self._purses)
        if home.store is not None:
            calls.install()
        return Application(run)


def _always() -> bool:
    return True
