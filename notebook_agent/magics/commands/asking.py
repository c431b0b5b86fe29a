"""Commands about the session itself."""

from __future__ import annotations

from notebook_agent.magics.commands.command import Call, Command, bare
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _panel() -> Command:
    return bare("panel", "Show the panel again.")


def _info() -> Command:
    return bare("info", "Show versions, the file that runs are kept in, and whether LLM calls are live.")


def _help() -> Command:
    parser = CommandParser(
        "help", "List the commands, or explain one.", examples=("%agent help", "%agent help run")
    )
    parser.word("COMMAND", "command", nargs="?", help="a command's name")
    return Command(parser, lambda args, _: Call("help", (args.command,)))


MADE = (_panel, _info, _help)
