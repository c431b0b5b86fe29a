"""A branch at work: in this process, or sent to another and told of when it comes back."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, replace
from time import time
from typing import cast

from notebook_agent import calls, engine
from notebook_agent.application import Application
from notebook_agent.engine import Inherited, Place, Run, Seed
from notebook_agent.engine.failure import describe
from notebook_agent.errors import ActionError, RunError, StoreError
from notebook_agent.graph import Graph
from notebook_agent.parallelism.going import Going, going_on
from notebook_agent.parallelism.journal import Entry, Journal, entries_of
from notebook_agent.state import State
from notebook_agent.store.protocol import StepEnd, Store

__all__ = ["Maker", "Outcome", "Work", "working_for"]

working_for: ContextVar[tuple[Executor, ...]] = ContextVar("notebook_agent_working_for", default=())
"""The executors in whose threads the running branch is, outermost first."""


@dataclass(slots=True)
class Outcome:
    """What a branch came to: a state, or an exception, or neither where it was stopped.

    `journal` is what another process wrote down for a store that it could not open.
    """

    state: State | None = None
    error: Exception | None = None
    journal: Sequence[Entry] = ()


Maker = Callable[[str, Place, Seed, Store | None, Inherited, Going], "Work"]


class Work:
    """One branch: called where it runs, with no argument.

    Whichever executor runs it, it is sent to another process just when it is pickled; then it
    takes the code of its actions with it, and opens the store by its path or keeps a journal;
    branches within it run in threads.

    Attributes:
        title: What it is called in messages.
        in_threads: How to have it run in a thread, as messages say it.
        run: Its run, once it has begun here.
        sent: Whether it was pickled.
    """

    in_threads = "run the branches in threads: leave with_parallel_executor out"

    def __init__(  # each part named at the call
        self, title: str, at: Place, seed: Seed, store: Store | None, given: Inherited, going: Going
    ) -> None:
        self.title, self.at, self.seed, self.store = title, at, seed, store
        self.given, self.going = given, going
        self.run: Run | None = None
        self.sent = False

    def __call__(self) -> Outcome:
        """Run it to its halt; an exception is part of what it came to."""
        if self.going.stopped:
            return Outcome()
        token = going_on.set(self.going)
        try:
            with calls.in_span(None):
                return self.walked(self.begin())
        except Exception as error:  # noqa: BLE001  # told to the parent, whose step fails with it
            return Outcome(error=self.noted(error))
        finally:
            going_on.reset(token)

    def walked(self, run: Run) -> Outcome:
        """Run it from where it stands."""
        walk = engine.iterate(engine.steps(run, self.seed.call, awaits=False))
        with contextlib.closing(walk):
            for _ in walk:
                if self.going.stopped:
                    return Outcome()
        return Outcome(run.state)

    async def awaited(self) -> Outcome:
        """Run it as calling it does, awaiting what is async."""
        try:
            with calls.in_span(None):
                run = self.begin()
                call = replace(self.seed.call, method="arun")
                await engine.arun(engine.steps(run, call, awaits=True))
            return Outcome(run.state)
        except Exception as error:  # noqa: BLE001  # told to the parent, whose step fails with it
            return Outcome(error=self.noted(error))

    def begin(self) -> Run:
        """Begin its run or go on with it."""
        run = engine.enter(self.at, self.seed, self.store, self.given)
        Application(run)
        self.run = run
        return run

    def interrupt(self, error: BaseException) -> None:
        """Keep that its present step is interrupted; what its thread still finds out is dropped."""
        run = self.run
        if run is None or run.store is None or run.head is None:
            return
        end = StepEnd(run.head, "interrupted", time(), run.state, failure=describe(error))
        with contextlib.suppress(StoreError, RunError):
            run.store.end_step(run.key, end)

    def noted(self, error: Exception) -> Exception:
        """Note on an exception which run it comes from."""
        run = self.run
        where = "" if run is None or run.head is None else f", step {run.head}"
        error.add_note(f"In {self.title}: run {self.at.key}{where}.")
        return error

    def __reduce__(self) -> tuple[object, ...]:
        self.sent = True
        seed = replace(self.seed, graph=_pinned(self.seed.graph))
        given = replace(self.given, setting=replace(self.given.setting, parallel_executor_factory=None))
        store, entries = self.store, None
        if store is not None and store.location == ":memory:":
            store, entries = None, entries_of(self.store, self.at)
        return _Sent, (self.maker(), self.title, self.at, seed, given, self.going, store, entries)

    def maker(self) -> Maker:
        """Return what makes the same work in another process; it can be pickled."""
        return type(self)


class _Sent:
    """A branch in the process that it was sent to."""

    def __init__(  # noqa: PLR0913, PLR0917  # as pickled
        self,
        make: Maker,
        title: str,
        at: Place,
        seed: Seed,
        given: Inherited,
        going: Going,
        store: Store | None,
        entries: Sequence[Entry] | None,
    ) -> None:
        self._store = store
        self._journal = None if entries is None else Journal(entries)
        kept = store if self._journal is None else cast("Store", self._journal)
        self._work = make(title, at, seed, kept, given, going)
        self._arguments = (make, title, at, seed, given, going, store, entries)

    def __call__(self) -> Outcome:
        if self._work.store is not None:
            calls.install()
        try:
            outcome = copy_context().run(self._work)
        finally:
            if self._work.store is not None:
                self._work.store.close()
        outcome.error = outcome.error and _sendable_error(outcome.error)
        outcome.journal = () if self._journal is None else self._journal.entries
        return outcome

    def __reduce__(self) -> tuple[object, ...]:
        return _Sent, self._arguments


def _pinned(graph: Graph) -> Graph:
    return Graph((each.pin() for each in graph.actions), graph.transitions, graph.entrypoint)


def _sendable_error(error: Exception) -> Exception:
    """Return an exception that can be pickled: itself, or one that says what it said."""
    try:
        back = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes, to see that they can be read
    except Exception:  # noqa: BLE001  # whatever an exception's class makes of it
        back = None
    if type(back) is type(error):
        return error
    told = ActionError(
        f"{type(error).__qualname__}: {error} (It cannot be pickled, so this exception brings its message.)"
    )
    vars(told).update({name: value for name, value in vars(error).items() if name.startswith("__")})
    return told
