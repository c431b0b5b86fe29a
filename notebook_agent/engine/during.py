"""Hooks that are told while an action runs: what they raise waits until its step is over and kept."""

from __future__ import annotations

from collections.abc import Generator

from notebook_agent.engine.calling import Call
from notebook_agent.engine.step import OpenStep
from notebook_agent.tracing import Trace

__all__ = ["meanwhile", "waiting"]


def meanwhile(step: OpenStep, others: Generator[Call, object, None]) -> Generator[Call, object, None]:
    """Make the calls of hooks; the step notes what they raise."""
    try:
        yield from others
    except Exception as error:  # noqa: BLE001  # raised when the step is over
        step.note(error)


def waiting(step: OpenStep, trace: Trace, *, awaits: bool) -> Generator[Call, object, None]:
    """Await the hooks of spans that wait for it; where nobody awaits they are left out."""
    for method, event in trace.waiting():
        if awaits:
            try:
                yield Call(method, (), event)
            except Exception as error:  # noqa: BLE001  # raised when the step is over
                step.note(error)
