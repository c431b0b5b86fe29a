"""Who makes the calls that the run loop asks for: plainly or awaited, to the end or by step."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, cast

from notebook_agent.engine.calling import Call, Event, Loop, Outcome, Step
from notebook_agent.engine.timing import within
from notebook_agent.interrupts import exposed, held

__all__ = ["Wait", "aiterate", "amake", "answered", "arun", "iterate", "run", "shown"]

Wait = Callable[[Awaitable[object]], object]
"""Waits for what an async function returned, and gives what comes of it."""


def run(loop: Loop) -> Outcome:
    """Make the calls of a loop to its end, and return how it halted."""
    __tracebackhide__ = True
    with held():
        try:
            event = next(loop)
            while True:
                event = make(loop, event) if isinstance(event, Call) else next(loop)
        except StopIteration as end:
            return cast("Outcome", end.value)
        finally:
            loop.close()


async def arun(loop: Loop) -> Outcome:
    """Make the calls of a loop to its end as `run` does, awaiting what is async."""
    __tracebackhide__ = True
    try:
        event = next(loop)
        while True:
            event = answered(loop, *await amake(event)) if isinstance(event, Call) else next(loop)
    except StopIteration as end:
        return cast("Outcome", end.value)
    finally:
        loop.close()


def iterate(loop: Loop, wait: Wait | None = None) -> Generator[Step, None, Outcome]:
    """Make the calls of a loop, yield each finished step, and return how it halted.

    Every call is made here; `wait` is given what is to be awaited elsewhere.
    """
    __tracebackhide__ = True
    try:
        while True:
            yield cast("Step", shown(loop, wait))
    except StopIteration as end:
        return cast("Outcome", end.value)
    finally:
        loop.close()


async def aiterate(loop: Loop) -> AsyncGenerator[Step, None]:
    """Make the calls of a loop as `iterate` does, awaiting what is async, and yield each finished step."""
    __tracebackhide__ = True
    try:
        event = next(loop)
        while True:
            if isinstance(event, Call):
                event = answered(loop, *await amake(event))
            else:
                yield cast("Step", event)
                event = next(loop)
    except StopIteration:
        return
    finally:
        loop.close()


def shown(loop: Loop, wait: Wait | None = None, error: BaseException | None = None) -> Event:
    """Go on, or throw an error into the loop, and make its calls up to what it shows next."""
    __tracebackhide__ = True
    with held():
        event = next(loop) if error is None else loop.throw(error)
        while isinstance(event, Call):
            event = make(loop, event, wait)
    return event


def make(loop: Loop, call: Call, wait: Wait | None = None) -> Event:
    """Make one call of a loop and tell it what came of it; return what it asks for next."""
    __tracebackhide__ = True
    try:
        answer: Any = exposed(call.function, *call.arguments, **call.keywords)
        if wait is not None and hasattr(answer, "__await__"):
            answer = exposed(wait, answer if call.deadline is None else within(answer, call.deadline))
    except BaseException as error:  # noqa: BLE001  # the loop keeps it and raises it again
        return loop.throw(error)
    return loop.send(answer)


async def amake(call: Call) -> tuple[object, BaseException | None]:
    """Make one call as `make` does, awaiting what is async; return what it gave, or what it raised."""
    __tracebackhide__ = True
    try:
        answer: Any = call.function(*call.arguments, **call.keywords)
        if hasattr(answer, "__await__"):
            answer = await (answer if call.deadline is None else within(answer, call.deadline))
    except BaseException as error:  # noqa: BLE001  # the loop keeps it and raises it again
        return None, error
    return answer, None


def answered(loop: Loop, answer: object, error: BaseException | None) -> Event:
    """Tell a loop what came of a call; return what it asks for next.

    Not a coroutine's business: the StopIteration at the loop's end could not leave one.
    """
    __tracebackhide__ = True
    return loop.send(answer) if error is None else loop.throw(error)
