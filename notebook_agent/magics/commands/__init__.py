"""The commands of `%agent`: how each is written, and the one call that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands import asking, going, holding, keeping, looking, mapping, past, testing
from notebook_agent.magics.commands.command import Call, Command, Values
from notebook_agent.session.words import hint

__all__ = ["Call", "Command", "Values", "commands", "find_command"]


def find_command(name: str) -> Command:
    """Return the command of this name.

    Raises:
        CommandError: there is none.
    """
    known = commands()
    if name not in known:
        raise CommandError(f"no command is called {name!r}.{hint(name, known, 'commands')}")
    return known[name]


@cache
def commands() -> Mapping[str, Command]:
    """Return all commands by name, in the order in which help lists them."""
    made = (
        make()
        for room in (going, holding, looking, past, mapping, testing, keeping, asking)
        for make in room.MADE
    )
    return {command.name: command for command in made}
