"""Where a session says what goes on; scripts hear nothing that they did not ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Screen", "SilentScreen"]


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
