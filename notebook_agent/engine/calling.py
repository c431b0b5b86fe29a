"""What the run loop yields: a call to be made, what begins, a piece of a stream, a finished step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, NamedTuple

from notebook_agent.action import Node
from notebook_agent.engine.failure import leaving, note_second
from notebook_agent.interrupts import exposed
from notebook_agent.lifecycle import Hooked
from notebook_agent.state import State

__all__ = [
    "END",
    "Begun",
    "Call",
    "Event",
    "Item",
    "Loop",
    "Outcome",
    "Step",
    "StreamLeft",
    "closing",
    "despite",
    "next_of",
    "tell",
    "with_second",
]

Step = tuple[Node, Mapping[str, object], State]
"""A finished step: the action, its result, the state after it."""
Outcome = tuple[Node | None, Mapping[str, object] | None, State]
"""How a run halted: after an action with its result, or before one with None."""


class Call:
    """A function to be called by the driver; what is awaited may take until `deadline` (`time.monotonic`)."""

    __slots__ = ("arguments", "deadline", "function", "keywords")

    def __init__(
        self,
        function: Callable[..., object],
        arguments: tuple[object, ...],
        keywords: Mapping[str, object],
        deadline: float | None = None,
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords
        self.deadline = deadline


class StreamLeft(BaseException):
    """Thrown into a loop where a stream is left: unlike after a GeneratorExit it may still make calls."""

    def __init__(self) -> None:
        super().__init__("The stream was left before its end.")


class Begun(NamedTuple):
    """A step of a streamed run begins."""

    action: Node


class Item(NamedTuple):
    """A piece of the stream of the step that has begun."""

    value: Mapping[str, object]


Event = Call | Begun | Item | Step
Loop = Generator[Event, object, Outcome]
END: Final = object()
_NO_KEYWORDS: Mapping[str, object] = {}


def next_of(iterator: Any, *, asynchronous: bool, deadline: float | None) -> Call:
    """Return the call that gives an iterator's next item, or END."""
    if asynchronous:
        return Call(_anext, (iterator,), _NO_KEYWORDS, deadline)
    return Call(next, (iterator, END), _NO_KEYWORDS)


async def _anext(iterator: Any) -> object:
    return await anext(iterator, END)


def tell(
    hooked: tuple[Hooked, ...], event: Mapping[str, object], *, awaits: bool
) -> Generator[Call, object, None]:
    """Call all hooks in order; those that are awaited only where the driver can await.

    One that raises keeps none of the others from being told: the first error is raised at the end.
    """
    first: Exception | None = None
    for method, awaited in hooked:
        try:
            if not awaited:
                exposed(method, **event)
            elif awaits:
                yield Call(method, (), event)
        except Exception as error:  # noqa: BLE001  # raised below
            first = with_second(first, error)
    if first is not None:
        raise first


def with_second(first: Exception | None, error: Exception) -> Exception:
    """Return the first of two errors, the second noted on it."""
    if first is None:
        return leaving(error)
    note_second(first, error)
    return first


def despite(error: BaseException, others: Generator[Call, object, None]) -> Generator[Call, object, None]:
    """Make calls while an error is on its way: what they raise is noted on it and does not hide it."""
    try:
        yield from others
    except Exception as second:  # noqa: BLE001  # the first error is the one that the caller must see
        note_second(error, second)


def closing(error: BaseException) -> bool:
    """Return whether the loop is being closed, so that it must not yield any more."""
    return isinstance(error, GeneratorExit)
