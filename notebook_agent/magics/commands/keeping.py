"""Commands that name, keep, remove and hand on runs."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands.command import Call, Command, Values, given
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _label() -> Command:
    parser = CommandParser(
        "label",
        "Give a run a name.",
        usage="[RUN] LABEL",
        examples=(
            "%agent label first-try",
            "%agent label chat-7f3a first-try",
            "%agent label chat-7f3a --off",
        ),
    )
    parser.word(
        "[RUN] LABEL", "run", nargs="*", help="the run, if it is not the one in use, and its new label"
    )
    parser.flag("--off", help="take its label away")
    return Command(parser, _label_call)


def _label_call(args: Namespace, _: Values) -> Call:
    words = args.run_label
    if args.off and len(words) < 2:  # noqa: PLR2004 - only a run
        return Call("label", (None, *words))
    if args.off or len(words) not in {1, 2}:
        raise CommandError(
            "label takes a run and its new label, %agent label chat-7f3a first-try; or a run that loses its"
            " label, %agent label chat-7f3a --off"
        )
    return Call("label", tuple(reversed(words)))


def _pin() -> Command:
    parser = CommandParser(
        "pin",
        "Keep a run from being removed.",
        examples=("%agent pin", "%agent pin chat-7f3a", "%agent pin chat-7f3a --off"),
    )
    parser.word("RUN", "run", nargs="?", help="label or beginning of the id; else the run in use")
    parser.flag("--off", help="it can be removed again")
    return Command(parser, lambda args, _: Call("pin", (args.run,), {"off": args.off}))


def _delete() -> Command:
    parser = CommandParser(
        "delete",
        "Say what the removal of a run would take, and with --now remove it; its forks keep what they need. "
        "%agent restore brings it back.",
        examples=("%agent delete chat-7f3a", "%agent delete chat-7f3a --now"),
    )
    parser.word("RUN", "run", help="label or beginning of the id")
    parser.flag("--now", help="remove it")
    return Command(parser, lambda args, _: Call("delete", (args.run,), {"now": args.now}))


def _restore() -> Command:
    parser = CommandParser(
        "restore",
        "Bring back a run that was deleted since the last %agent gc --now, with its steps and calls.",
        examples=("%agent restore chat-7f3a",),
    )
    parser.word("RUN", "removed", help="its label or the beginning of its id")
    return Command(parser, lambda args, _: Call("restore", (args.run,)))


def _gc() -> Command:
    parser = CommandParser(
        "gc",
        "Say how much of the store no run needs any more, and with --now give it back to the disk.",
        examples=("%agent gc", "%agent gc --now"),
    )
    parser.flag("--now", help="give it back")
    return Command(parser, lambda args, _: Call("gc", options={"now": args.now}))


def _export() -> Command:
    parser = CommandParser(
        "export",
        "Write the run as one file that needs no kernel and no network.",
        examples=(
            "%agent export run.html",
            "%agent export run.json                 (for %agent import; secrets masked)",
            "%agent export run.json --with-secrets  (the same run again, exactly)",
            "%agent export calls.json --calls       (for %agent use GRAPH --recorded calls.json)",
        ),
    )
    parser.word("FILE", "file", help=".html: a page to look at; .json: the run with all its steps and states")
    parser.flag("--with-secrets", help="keep secrets in a .json; else each becomes the name of its rule")
    parser.flag("--calls", help="only its LLM calls, which another run can be served")
    parser.flag("--force", help="write over a file that is there")
    return Command(parser, _export_call)


def _export_call(args: Namespace, _: Values) -> Call:
    flags = {"calls": args.calls, "with_secrets": args.with_secrets, "force": args.force}
    return Call("export", (args.file,), {name: True for name, given in flags.items() if given})


def _import() -> Command:
    parser = CommandParser(
        "import",
        "Take in a run that %agent export wrote as .json, with its past; nothing is run.",
        examples=("%agent import run.json", "%agent import run.json --project colleague"),
    )
    parser.word("FILE", "file", help="the file")
    parser.option("--project", "NAME", "project", help="where to keep it; else the project in use")
    return Command(parser, lambda args, _: Call("import_run", (args.file,), given(args, "project")))


MADE = (_label, _pin, _delete, _restore, _gc, _export, _import)
