"""What a command of `%agent` is: how it is written, and the one call that it makes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from notebook_agent.magics.parser import CommandParser

__all__ = ["Call", "Command", "Values", "bare", "given"]

Values = Mapping[str, object]
"""What `key=text` and `key:=expr` set."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command as read: the method of `Agent` to call, and with what."""

    method: str
    args: tuple[object, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its parser, and what makes a call of the parsed words and the values."""

    parser: CommandParser
    call: Callable[[Namespace, Values], Call]

    @property
    def name(self) -> str:
        """The word after `%agent`."""
        return self.parser.name


def bare(name: str, summary: str) -> Command:
    """Make a command that takes nothing."""
    return Command(CommandParser(name, summary, examples=(f"%agent {name}",)), lambda *_: Call(name))


def given(args: Namespace, *names: str) -> dict[str, object]:
    """Those of the options that the line gives."""
    return {name: value for name in names if (value := getattr(args, name)) not in (None, [])}
