"""Where a session says what goes on; scripts hear nothing that they did not ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, Self

from notebook_agent.view.wire import GridWire

__all__ = ["Board", "Screen", "SilentScreen", "screen_here", "shown_on"]


class Screen(Protocol):
    """What the session tells the person in front of it."""

    def say(self, sentence: str) -> None:
        """Show one sentence."""
        ...

    def progress(self, lines: Sequence[str]) -> None:
        """Show the lines of the steps made by the command that runs, in place of those before."""
        ...

    def begin(self) -> None:
        """A command starts to run steps."""
        ...

    def end(self) -> None:
        """The command is over: its last lines are final."""
        ...

    def aside(self) -> Screen:
        """Return a screen for a command that runs beside others."""
        ...


class Board(Protocol):
    """Shows a grid of forks while it fills."""

    def show(self, wire: GridWire) -> None:
        """Show it as far as it has come; may be called often."""
        ...


class SilentScreen:
    """Show nothing."""

    def say(self, sentence: str) -> None:
        """Drop the sentence."""

    def progress(self, lines: Sequence[str]) -> None:
        """Drop the lines."""

    def begin(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""

    def aside(self) -> Self:
        """Return this."""
        return self


_here: ContextVar[Screen | None] = ContextVar("notebook_agent_screen", default=None)


def screen_here() -> Screen | None:
    """Return the screen of the command that runs here, if it has its own."""
    return _here.get()


@contextmanager
def shown_on(screen: Screen) -> Iterator[None]:
    """Give the command that runs until the `with` ends a screen of its own."""
    token = _here.set(screen)
    try:
        yield
    finally:
        _here.reset(token)
