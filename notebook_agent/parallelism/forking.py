"""One fork of a grid at work: a run that goes on from its fork point to where it halts."""

from __future__ import annotations

from collections.abc import Awaitable
from contextvars import copy_context
from functools import partial
from typing import Any

from notebook_agent import engine
from notebook_agent.application.turns import end_of_turn, inputs_taken
from notebook_agent.engine import Gate, Inherited, Place, Run, Seed, Stopped, Wait
from notebook_agent.engine.effects import guarded
from notebook_agent.engine.request import inputs_of
from notebook_agent.errors import EffectError
from notebook_agent.parallelism.going import Going
from notebook_agent.parallelism.work import Maker, Outcome, Work
from notebook_agent.state import State
from notebook_agent.store.protocol import RunCall, Store

__all__ = ["Fork", "FreshGate"]

_SLICE = 0.2
_LEAVE = "allow_effects=True (--allow-effects with the same %agent map)"


class FreshGate(Gate):
    """The gate of a fork among others: what cannot be taken back passes only with leave.

    A fork alone may fire an action for the first time; of many, each would.
    """

    def __init__(self, run: Run, call: RunCall) -> None:
        super().__init__()
        self._run, self._call = run, call

    def admits(self, action: str, state: State) -> bool:
        """Return whether the run may make its next step now, see `Gate.admits`.

        Raises:
            EffectError: The step cannot be taken back, and its record does not serve it.
        """
        node = self._run.graph.get_action(action)
        if node.effect == "irreversible" and not self._run.allow_effects:
            inputs = inputs_of(node, self._call.inputs)
            if guarded(self._run, node, inputs, _LEAVE) is node:
                raise EffectError(
                    f"The action {action!r} cannot be taken back, and each fork would fire it. To let them, "
                    f"allow it: {_LEAVE}.",
                    run=self._run.key.app_id,
                    seq=self._run.head,
                    action=action,
                )
        return super().admits(action, state)


class Fork(Work):
    """A fork that was made already, and is gone on with wherever it is called.

    Attributes:
        taken: Where it halts at the end of a turn: the inputs that were taken in it before the fork.
        wait: Waits for what async actions return; None for an event loop of its own.
    """

    in_threads = "run the forks in threads: leave the executor (--on) out"

    def __init__(  # noqa: PLR0913  # as Work, and its own
        self,
        title: str,
        at: Place,
        seed: Seed,
        store: Store | None,
        given: Inherited,
        going: Going,
        *,
        taken: frozenset[str] | None = None,
        wait: Wait | None = None,
    ) -> None:
        super().__init__(title, at, seed, store, given, going)
        self.taken, self.wait = taken, wait
        self._gate: Gate | None = None

    def begin(self) -> Run:
        """Stand at the fork point."""
        run = super().begin()
        if not self.seed.state.untyped:
            run.state = run.state.with_typing_system(self.seed.state.typing_system)
        run.gate = self._gate = FreshGate(run, self.seed.call)
        return run

    def walked(self, run: Run) -> Outcome:
        """Run it to its halt, or to the end of one turn."""
        waiting = _Waiting(self.going, self.wait)
        walk = engine.iterate(engine.steps(run, self.seed.call, awaits=True), waiting)
        taken = set(self.taken or ())
        try:
            for action, _, _ in walk:
                taken |= inputs_taken(action, self.seed.call.inputs)
                if self.going.stopped:
                    return Outcome()
                if self.taken is not None and self._is_over(run, taken):
                    break
        finally:
            walk.close()
            waiting.close()
        return Outcome(run.state)

    def _is_over(self, run: Run, taken: set[str]) -> bool:
        following = run.upcoming().action
        if following is None:
            return True
        return end_of_turn(run.graph.get_action(following), self.seed.call.inputs, taken) is not None

    def interrupt(self, error: BaseException) -> None:
        """Stop it at its next step or piece of a stream, and keep that its present step is interrupted."""
        if self._gate is not None:
            self._gate.stop()
        super().interrupt(error)

    def maker(self) -> Maker:
        """Return what makes the same fork in another process."""
        return partial(Fork, taken=self.taken)


class _Waiting:
    """Waits for coroutines in a thread of its own, or as it is told, and ends them where all are stopped."""

    def __init__(self, going: Going, wait: Wait | None) -> None:
        self._going, self._wait = going, wait
        self._runner: Any = None

    def __call__(self, awaitable: Awaitable[object]) -> object:
        return (self._wait or self._here)(self._heeding(awaitable))

    async def _heeding(self, awaitable: Awaitable[object]) -> object:
        import asyncio

        task = asyncio.ensure_future(awaitable)
        try:
            while not (await asyncio.wait([task], timeout=_SLICE))[0]:
                if self._going.stopped:
                    raise Stopped
            return task.result()
        finally:
            task.cancel()

    def _here(self, awaitable: Any) -> object:
        import asyncio

        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(awaitable, context=copy_context())

    def close(self) -> None:
        """End the event loop of its own."""
        if self._runner is not None:
            self._runner.close()
