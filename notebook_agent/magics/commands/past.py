"""Commands that ask the past of a run."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands.command import Call, Command, Values, given
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _blame() -> Command:
    parser = CommandParser(
        "blame",
        "Tell which step wrote a value, from which LLM call, and what it was made from.",
        examples=(
            "%agent blame response",
            "%agent blame chat_history[4].content @9",
            "%agent blame total --all",
        ),
    )
    parser.word("PATH", "key", help="a key of the state, or a path below it")
    parser.word("STEP", "step", nargs="?", help="the step after which to look; else where the view stands")
    parser.flag("--all", help="tell of all that it was made from, and not of the latest 20 writes only")
    return Command(parser, _blame_call)


def _blame_call(args: Namespace, _: Values) -> Call:
    return Call("blame", (args.path, args.step), {"most": None} if args.all else {})


def _watch() -> Command:
    parser = CommandParser(
        "watch",
        "Show an expression over all past steps: where it changed, and a small plot of numbers.",
        examples=(
            '%agent watch "len(chat_history)"',
            "%agent watch mode @9",
            "%agent watch mode chat-7f3a@head",
        ),
    )
    parser.word("EXPRESSION", "key", help="over the keys of the state; in quotes where it has blanks")
    parser.word("STEP", "step", nargs="?", help="the last step to look at; RUN@head for another run")
    return Command(parser, lambda args, _: Call("watch", (args.expression, args.step)))


def _bisect() -> Command:
    parser = CommandParser(
        "bisect",
        "Find the first step after which something no longer holds; nothing is run, but with --fix.",
        examples=(
            "%agent bisect \"mode != 'unknown'\"",
            '%agent bisect "len(chat_history) < 4"',
            '%agent bisect "total < 900" --fix -n 5      (put the last good value in there, and run on)',
        ),
    )
    parser.word("PREDICATE", "key", help="over the keys of the state; in quotes where it has blanks")
    parser.word("STEP", "step", nargs="?", help="the last step to look at; RUN@head for another run")
    parser.flag("--fix", help="fork there with the last good value, and run on as the run did")
    parser.option("-n", "N", help="with --fix: how many forks (1)")
    parser.option("-j", "N", help="with --fix: how many run at a time (4)")
    parser.option("--on", "EXECUTOR", "executor", help="with --fix: your executor, or what makes one")
    parser.option("--pass", "EXPR", "key", help="with --fix: a fork passes where this is true at its end")
    parser.flag("--allow-effects", help="with --fix: let each fork fire what cannot be taken back")
    parser.option("--max-calls", "N", help="with --fix: send no more LLM calls than this")
    parser.option("--max-cost", "USD", help="with --fix: send no LLM call once they cost this")
    return Command(parser, _bisect_call)


def _bisect_call(args: Namespace, _: Values) -> Call:
    options = given(args, "n", "on", "max_calls", "max_cost")
    chosen = {"jobs": args.j, "passes": getattr(args, "pass"), "allow_effects": args.allow_effects or None}
    options |= {name: value for name, value in chosen.items() if value is not None}
    if options and not args.fix:
        raise CommandError("bisect itself runs nothing: --fix does, and takes -n, -j and the limits")
    return Call("mend" if args.fix else "bisect", (args.predicate, args.step), options)


MADE = (_blame, _watch, _bisect)
