"""The stream of a streaming action: each piece noted, told and handed on; the last one is the result."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from time import time
from typing import cast

from notebook_agent.engine.calling import END, Call, Item, closing, despite, next_of, tell
from notebook_agent.engine.during import meanwhile, waiting
from notebook_agent.engine.inside import Inside
from notebook_agent.engine.runs import Run
from notebook_agent.engine.step import OpenStep
from notebook_agent.errors import ResultError
from notebook_agent.lifecycle import Hooked, ItemStreamed
from notebook_agent.state import State
from notebook_agent.tracing import kept

__all__ = ["stream"]

_Final = tuple[Mapping[str, object], State]


def stream(  # one call, each part named there
    run: Run,
    step: OpenStep,
    inside: Inside,
    begun: Call,
    *,
    awaits: bool,
    shown: bool,
) -> Generator[Call | Item, object, _Final]:
    """Take all items of the iterator that a call gives; yield each piece where it is `shown`.

    Returns:
        The result and the state of the last item.

    Raises:
        ResultError: An item is no dict, or none came with a state.
    """
    __tracebackhide__ = True
    flow = _Flow(run, step, awaits=awaits)
    yield from flow.open()
    with inside.part():
        iterator = yield begun
    flow.check(iterator)
    try:
        while True:
            with inside.part():
                item = yield next_of(iterator, asynchronous=step.action.asynchronous, deadline=begun.deadline)
            if item is END:
                break
            if step.trace is not None:
                yield from waiting(step, step.trace, awaits=awaits)
            yield from flow.take(item, shown=shown)
            if run.gate is not None:
                run.gate.check()
    except BaseException as error:
        if not closing(error):
            yield from despite(error, _closed(iterator, inside, asynchronous=step.action.asynchronous))
            yield from flow.over()
        raise
    inside.close()
    yield from flow.over()
    return flow.ended()


def _closed(iterator: object, inside: Inside, *, asynchronous: bool) -> Generator[Call, object, None]:
    close = getattr(iterator, "aclose" if asynchronous else "close", None)
    try:
        if close is not None:
            with inside.part():
                yield Call(close, (), {})
    finally:
        inside.close()


class _Flow:
    """The stream as it goes on."""

    def __init__(self, run: Run, step: OpenStep, *, awaits: bool) -> None:
        self._run, self._step, self._awaits = run, step, awaits
        self._started = time()
        self._first: float | None = None
        self._pieces = 0
        self._final: _Final | None = None

    def open(self) -> Generator[Call, object, None]:
        """Tell the hooks that it begins."""
        return self._tell(self._run.hooks.pre_start_stream, self._who())

    def check(self, iterator: object) -> None:
        """Refuse what gives no items."""
        if not hasattr(iterator, "__anext__" if self._step.action.asynchronous else "__next__"):
            raise ResultError(
                f"{self._called} returned a {type(iterator).__name__}, which is no stream. Yield dicts, and "
                "last (result, state.update(..)).",
                **self._where,
            )

    def over(self) -> Generator[Call, object, None]:
        """Tell the hooks that it is over."""
        return self._tell(self._run.hooks.post_end_stream, self._who())

    def take(self, item: object, *, shown: bool) -> Generator[Call | Item, object, None]:
        """Keep an item and tell those who watch; yield its piece where it is `shown`."""
        piece = self._read(item)
        if piece is None:
            return
        yield from self._note(piece)
        if shown:
            yield Item(piece)

    def _read(self, item: object) -> Mapping[str, object] | None:
        """Return an item's piece; None for the last one, which has the state."""
        if self._final is not None:
            raise ResultError(f"{self._called} yielded more after its final (result, state).", **self._where)
        pair = item if isinstance(item, tuple) and len(item) == 2 else (item, None)  # noqa: PLR2004
        piece, state = cast("tuple[object, object]", pair)
        fits = isinstance(piece, Mapping) or (state is None and hasattr(piece, "model_dump"))
        if not fits or not (state is None or isinstance(state, State)):
            raise ResultError(
                f"{self._called} yielded a {type(item).__name__}. Yield dicts, or (dict, None), "
                "and last (result, state).",
                **self._where,
            )
        found = cast("Mapping[str, object]", piece)
        if state is None:
            return found
        self._final = found, state
        return None

    def _note(self, piece: Mapping[str, object]) -> Generator[Call, object, None]:
        now = time()
        self._first = self._first or now
        index, self._pieces = self._pieces, self._pieces + 1
        at = round(now - self._step.started_at, 6)
        self._step.events.append({"item": index, "at": at, "value": kept(piece)})
        if self._run.listeners.members:
            self._run.tell(ItemStreamed(self._step.ref, index, piece))
        if self._run.hooks.post_stream_item:
            event = {
                **self._who(),
                "item": piece,
                "item_index": index,
                "stream_initialize_time": self._started,
                "first_stream_item_start_time": self._first,
            }
            yield from self._tell(self._run.hooks.post_stream_item, event)

    def _tell(self, hooked: tuple[Hooked, ...], event: Mapping[str, object]) -> Generator[Call, object, None]:
        return meanwhile(self._step, tell(hooked, event, awaits=self._awaits))

    def ended(self) -> _Final:
        """Return the last item; ResultError where none had a state."""
        if self._final is None:
            raise ResultError(
                f"{self._called} ended without a state. Yield (result, state.update(..)) last.", **self._where
            )
        return self._final

    @property
    def _called(self) -> str:
        return f"The streaming action {self._step.action.name!r}"

    @property
    def _where(self) -> dict[str, str]:
        return {"action": self._step.action.name}

    def _who(self) -> dict[str, object]:
        key = self._run.key
        return {
            "action": self._step.action.name,
            "sequence_id": self._step.seq,
            "app_id": key.app_id,
            "partition_key": key.partition_key,
        }
