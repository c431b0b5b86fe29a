"""Commands that name, keep, remove and hand on runs."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands.command import Call, Command, Values
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _label() -> Command:
    parser = CommandParser(
        "label",
        "Give a run a name.",
        usage="[RUN] LABEL",
        examples=("%agent label first-try", "%agent label chat-7f3a first-try"),
    )
    parser.word(
        "[RUN] LABEL", "run", nargs="+", help="the run, if it is not the one in use, and its new label"
    )
    return Command(parser, _label_call)


def _label_call(args: Namespace, _: Values) -> Call:
    if len(args.run_label) > 2:  # noqa: PLR2004 - a run and its label
        raise CommandError("label takes a run and its new label: %agent label chat-7f3a first-try")
    return Call("label", tuple(reversed(args.run_label)))


def _export() -> Command:
    parser = CommandParser(
        "export",
        "Write the run as one file that needs no kernel and no network.",
        examples=("%agent export run.html", "%agent export calls.json"),
    )
    parser.word(
        "FILE", "file", help=".html: a page to look at; .json: its LLM calls, for %%agent use --recorded"
    )
    return Command(parser, lambda args, _: Call("export", (args.file,)))


MADE = (_label, _export)
