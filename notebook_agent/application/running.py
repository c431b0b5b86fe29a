"""How an application runs: by one step, by each, to a halt, or again; plainly and awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from typing import Self

from notebook_agent import engine
from notebook_agent.action import Node
from notebook_agent.engine import (
    AsyncStreamingResultContainer,
    Outcome,
    Run,
    Step,
    StreamingResultContainer,
    Wait,
)
from notebook_agent.errors import RunError
from notebook_agent.ids import StepRef
from notebook_agent.persistence.base import is_awaited
from notebook_agent.store.protocol import RunCall

__all__ = ["Running"]

_Inputs = Mapping[str, object] | None
_Names = Iterable[str] | str | None


class Running:
    """The methods of an application that run its actions."""

    _run: Run

    def step(self, inputs: _Inputs = None) -> Step | None:
        """Run the next action; return it with its result and the state, or None where the graph ends.

        Where it failed and an `on_error` edge caught that, the result is empty and the state as before.
        """
        __tracebackhide__ = True
        return _step(engine.run(self._loop("step", inputs)))

    async def astep(self, inputs: _Inputs = None) -> Step | None:
        """Run the next action as `step` does, awaiting it if it is async."""
        __tracebackhide__ = True
        return _step(await engine.arun(self._loop("astep", inputs)))

    def iterate(
        self,
        *,
        halt_before: _Names = None,
        halt_after: _Names = None,
        inputs: _Inputs = None,
        max_steps: int | None = None,
    ) -> Generator[Step, None, Outcome]:
        """Run as `run` does and yield each step; the generator's return value is what `run` returns."""
        return engine.iterate(self._loop("iterate", inputs, halt_before, halt_after, max_steps))

    def aiterate(
        self,
        *,
        halt_before: _Names = None,
        halt_after: _Names = None,
        inputs: _Inputs = None,
        max_steps: int | None = None,
    ) -> AsyncGenerator[Step, None]:
        """Run as `arun` does and yield each step."""
        return engine.aiterate(self._loop("aiterate", inputs, halt_before, halt_after, max_steps))

    def walk(
        self,
        wait: Wait,
        *,
        halt_before: _Names = None,
        halt_after: _Names = None,
        inputs: _Inputs = None,
        max_steps: int | None = None,
    ) -> Generator[Step, None, Outcome]:
        """Run as `iterate` does, async actions too: `wait` is given their coroutines to wait for.

        All else runs in the thread of the caller.
        """
        call = self._read("iterate", inputs, halt_before, halt_after, max_steps)
        return engine.iterate(engine.steps(self._run, call, awaits=True), wait)

    def walk_step(self, wait: Wait, inputs: _Inputs = None) -> Generator[Step, None, Outcome]:
        """Run the next action only, as `walk` does."""
        return engine.iterate(engine.steps(self._run, self._read("step", inputs), awaits=True), wait)

    def run(
        self,
        *,
        halt_before: _Names = None,
        halt_after: _Names = None,
        inputs: _Inputs = None,
        max_steps: int | None = None,
    ) -> Outcome:
        """Run until a halt or the end of the graph.

        Args:
            halt_before: Actions, or `"@tag:.."`, before which to stop; the first step always runs.
            halt_after: Actions, or `"@tag:.."`, after which to stop.
            inputs: Given to each action that takes them.
            max_steps: Raise MaxStepsError when so many steps did not reach a halt.

        Returns:
            The last action, its result and the state; before a `halt_before` the next action and None.
        """
        __tracebackhide__ = True
        return engine.run(self._loop("run", inputs, halt_before, halt_after, max_steps))

    async def arun(
        self,
        *,
        halt_before: _Names = None,
        halt_after: _Names = None,
        inputs: _Inputs = None,
        max_steps: int | None = None,
    ) -> Outcome:
        """Run as `run` does, awaiting what is async."""
        __tracebackhide__ = True
        return await engine.arun(self._loop("arun", inputs, halt_before, halt_after, max_steps))

    def stream_result(
        self,
        halt_after: _Names,
        halt_before: _Names = None,
        inputs: _Inputs = None,
        *,
        max_steps: int | None = None,
    ) -> tuple[Node | None, StreamingResultContainer]:
        """Run up to the first action of `halt_after`, and return it with its stream while it goes on.

        Iterate over the container for the pieces, as they come; `container.get()` gives the
        result and the state. An action that does not stream gives no pieces. The
        application is busy until the stream is taken to its end or left (`container.close()`).
        """
        __tracebackhide__ = True
        loop, after = self._stream("stream_result", inputs, halt_before, halt_after, max_steps)
        return engine.stream_result(loop, self._run.state, after)

    async def astream_result(
        self,
        halt_after: _Names,
        halt_before: _Names = None,
        inputs: _Inputs = None,
        *,
        max_steps: int | None = None,
    ) -> tuple[Node | None, AsyncStreamingResultContainer]:
        """Run as `stream_result` does, awaiting what is async."""
        __tracebackhide__ = True
        loop, after = self._stream("astream_result", inputs, halt_before, halt_after, max_steps)
        return await engine.astream_result(loop, self._run.state, after)

    def stream_iterate(
        self,
        halt_after: _Names = None,
        halt_before: _Names = None,
        inputs: _Inputs = None,
        *,
        max_steps: int | None = None,
    ) -> Generator[tuple[Node, StreamingResultContainer], None, Outcome]:
        """Run as `run` does and yield each action with its stream, see `stream_result`."""
        loop, _ = self._stream("stream_iterate", inputs, halt_before, halt_after, max_steps)
        return engine.stream_iterate(loop, self._run.state)

    def astream_iterate(
        self,
        halt_after: _Names = None,
        halt_before: _Names = None,
        inputs: _Inputs = None,
        *,
        max_steps: int | None = None,
    ) -> AsyncGenerator[tuple[Node, AsyncStreamingResultContainer], None]:
        """Run as `stream_iterate` does, awaiting what is async."""
        loop, _ = self._stream("astream_iterate", inputs, halt_before, halt_after, max_steps)
        return engine.astream_iterate(loop, self._run.state)

    def retry(self) -> Self:
        """Go on from the step that did not complete, with the inputs and halts of its call; return this.

        Raises:
            RunError: The last step completed.
        """
        __tracebackhide__ = True
        call = self._failed_call()
        engine.run(self._steps(call, awaits=False))
        return self

    async def aretry(self) -> Self:
        """Go on as `retry` does, awaiting what is async."""
        __tracebackhide__ = True
        call = self._failed_call()
        await engine.arun(engine.steps(self._run, call, awaits=True))
        return self

    def _stream(
        self,
        method: str,
        inputs: _Inputs,
        halt_before: _Names,
        halt_after: _Names,
        max_steps: int | None,
    ) -> tuple[engine.Loop, frozenset[str]]:
        call = self._read(method, inputs, halt_before, halt_after, max_steps)
        halts = engine.read_halts(call, self._run.graph)
        return self._steps(call, awaits=method.startswith("a")), halts.after

    def _loop(
        self,
        method: str,
        inputs: _Inputs,
        halt_before: _Names = None,
        halt_after: _Names = None,
        max_steps: int | None = None,
    ) -> engine.Loop:
        call = self._read(method, inputs, halt_before, halt_after, max_steps)
        return self._steps(call, awaits=method.startswith("a"))

    def _steps(self, call: RunCall, *, awaits: bool) -> engine.Loop:
        persister = self._run.setting.state_persister
        if persister is not None and not awaits and is_awaited(persister):
            raise RunError(
                f"The application {self._run.key} saves with {type(persister).__name__}, which is async: "
                f"await a{call.method.removeprefix('a')}(..) instead of {call.method}(..).",
                run=self._run.key.app_id,
            )
        return engine.steps(self._run, call, awaits=awaits)

    @staticmethod
    def _read(
        method: str,
        inputs: _Inputs,
        halt_before: _Names = None,
        halt_after: _Names = None,
        max_steps: int | None = None,
    ) -> RunCall:
        return engine.read_call(
            method, inputs, halt_before=halt_before, halt_after=halt_after, max_steps=max_steps
        )

    def _failed_call(self) -> RunCall:
        run = self._run
        if run.pending is None or not run.pending.again:
            raise RunError(
                f"Nothing failed in the run {run.key}: its last step completed. Go on with run or step.",
                run=run.key.app_id,
                seq=run.head,
            )
        call = run.last_call
        if call is None and run.store is not None:
            call = run.store.values(StepRef(run.key, run.head)).call
        return call or engine.read_call("run")


def _step(outcome: Outcome) -> Step | None:
    action, result, state = outcome
    return None if action is None else (action, result or {}, state)
