"""The gate before each step: others may hold a run there, let it make single steps, or stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

from notebook_agent.condition import Expression
from notebook_agent.engine.calling import Call
from notebook_agent.engine.claiming import let_go
from notebook_agent.errors import AgentError
from notebook_agent.lifecycle import RunPaused, RunResumed
from notebook_agent.state import State

if TYPE_CHECKING:
    from notebook_agent.engine.runs import Run

__all__ = ["Gate", "Stopped", "passed"]


class Stopped(BaseException):
    """Leaves a run that was stopped through its gate; the step at hand is `interrupted`.

    As a KeyboardInterrupt it passes every handler of errors, but an event loop outlives it.
    """

    def __init__(self) -> None:
        super().__init__("The run was stopped.")


class Gate:
    """What a run passes before each step. Every method may be called from any thread, at any time.

    Attributes:
        waits: Whether a run that is held waits here; else it halts before the step.
        frees_main: Whether a breakpoint halts a run of the main thread, so that a notebook's cell
            ends there; it holds runs of other threads.
    """

    def __init__(self, *, waits: bool = True, frees_main: bool = False) -> None:
        self.waits = waits
        self.frees_main = frees_main
        self._changed = threading.Condition()
        self._breakpoints: dict[str, Expression | None] = {}
        self._paused = self._stopped = self._passing = self._broke = False
        self._permits = 0
        self._passes: str | None = None
        self._wakers: set[Callable[[], None]] = set()

    @property
    def paused(self) -> bool:
        """Whether the next step is held."""
        return self._paused

    @property
    def stopping(self) -> bool:
        """Whether the run is to end."""
        return self._stopped

    @property
    def passes(self) -> str | None:
        """The action before which a breakpoint halted the run, and which the next run passes."""
        return self._passes

    @property
    def breakpoints(self) -> dict[str, str]:
        """The conditions by action; empty where a breakpoint always holds."""
        with self._changed:
            return {name: each.text if each else "" for name, each in self._breakpoints.items()}

    def break_at(self, action: str, condition: str = "") -> None:
        """Hold the run whenever this action is next and the condition, see `expr`, is true.

        Raises:
            ConditionError: The condition cannot be read.
        """
        read = Expression(condition) if condition else None
        with self._changed:
            self._breakpoints[action] = read

    def unbreak(self, action: str) -> None:
        """Take a breakpoint away, if there is one."""
        with self._changed:
            self._breakpoints.pop(action, None)

    def pause(self) -> None:
        """Hold the run before its next step."""
        self._change(paused=True)

    def resume(self) -> None:
        """Let the run go on."""
        self._change(paused=False, passing=True)

    def step(self, count: int = 1) -> None:
        """Let the run make so many steps and hold it again."""
        with self._changed:
            self._change(paused=True, permits=self._permits + count)

    def stop(self) -> None:
        """End the run at its next step, piece of a stream or LLM call."""
        self._change(stopped=True)

    def reset(self, passes: str | None = None) -> None:
        """Open the gate for a new run; breakpoints stay, but one before the action that it `passes`."""
        self._change(paused=False, stopped=False, passing=False, permits=0, passes=passes or self._passes)

    def check(self) -> None:
        """Raise Stopped if the run is to end."""
        if self._stopped:
            raise Stopped

    def on_stop(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """Act once the run is to end, on the thread that ends it; at once where it is to end already."""
        return self._waking(act)

    @contextmanager
    def _waking(self, act: Callable[[], None]) -> Iterator[None]:
        def wake() -> None:
            if self._stopped:
                act()

        with self._changed:
            self._wakers.add(wake)
            wake()
        try:
            yield
        finally:
            with self._changed:
                self._wakers.discard(wake)

    def admits(self, action: str, state: State) -> bool:
        """Return whether the run may make its next step now, and count it.

        Raises:
            Stopped: The run is to end.
        """
        self.check()
        with self._changed:
            if not self._paused and not self._passing and self._breaks(action, state):
                self._paused = self._broke = True
            if self._paused and not self._permits:
                return False
            self._permits -= bool(self._permits)
            self._passing, self._passes = False, None
            return True

    def is_open(self, action: str) -> bool:
        """Return whether nothing holds the run before this action for now; it is not counted."""
        return not (self._stopped or self._paused or action in self._breakpoints)

    def halts(self, action: str) -> bool:
        """Return whether a run that is held before this action is to halt there."""
        with self._changed:
            main = threading.current_thread() is threading.main_thread()
            if not (self._broke and self.frees_main and main):
                return not self.waits
            self._paused = self._broke = False
            self._passes = action
            return True

    def led(self) -> Gate:
        """Return the gate of a run that is part of a step: it stops with this one, and is never held."""
        return _Led(self)

    def wait(self) -> None:
        """Wait until the run may go on or is to end; a KeyboardInterrupt gets through."""
        with self._changed:
            while not self._open():
                self._changed.wait(0.2)

    async def wait_async(self) -> None:
        """Wait as `wait` does, without blocking the event loop."""
        import asyncio

        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(changed.set)

        with self._changed:
            self._wakers.add(wake)
        try:
            while not self._open():
                await changed.wait()
                changed.clear()
        finally:
            self._wakers.discard(wake)

    def _open(self) -> bool:
        return self._stopped or not self._paused or self._permits > 0

    def _breaks(self, action: str, state: State) -> bool:
        if action not in self._breakpoints or action == self._passes:
            return False
        condition = self._breakpoints[action]
        try:
            return condition is None or bool(condition.evaluate(state))
        except AgentError:
            return True

    def _change(self, **fields: bool | int | str | None) -> None:
        with self._changed:
            self._broke = False
            for name, value in fields.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()
            for wake in tuple(self._wakers):
                wake()


class _Led(Gate):
    """Follows another gate in nothing but a stop; in another process nobody holds it."""

    def __init__(self, lead: Gate) -> None:
        super().__init__()
        self._lead = lead

    def __reduce__(self) -> tuple[type[Gate], tuple[()]]:
        return Gate, ()

    def check(self) -> None:
        self._lead.check()

    def on_stop(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        return self._lead.on_stop(act)

    def admits(self, action: str, state: State) -> bool:
        self.check()
        return super().admits(action, state)


def passed(run: Run, gate: Gate, action: str, *, awaits: bool) -> Generator[Call, object, bool]:
    """Pass the gate before an action; return False where the run is to halt there.

    Raises:
        Stopped: The run is to end.
    """
    if gate.admits(action, run.state):
        return True
    let_go(run)
    run.tell(RunPaused(run.key, action))
    if gate.halts(action):
        return False
    while not gate.admits(action, run.state):
        yield Call(gate.wait_async if awaits else gate.wait, (), {})
    run.tell(RunResumed(run.key, action))
    return True
