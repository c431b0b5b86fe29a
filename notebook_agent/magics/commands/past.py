"""Commands that ask the past of a run."""

from __future__ import annotations

from notebook_agent.magics.commands.command import Call, Command
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _blame() -> Command:
    parser = CommandParser(
        "blame",
        "Tell which step wrote a value, from which LLM call, and what it was made from.",
        examples=("%agent blame response", "%agent blame chat_history[4].content @9"),
    )
    parser.word("PATH", "key", help="a key of the state, or a path below it")
    parser.word("STEP", "step", nargs="?", help="the step after which to look; else where the view stands")
    return Command(parser, lambda args, _: Call("blame", (args.path, args.step)))


def _watch() -> Command:
    parser = CommandParser(
        "watch",
        "Show an expression over all past steps: where it changed, and a small plot of numbers.",
        examples=('%agent watch "len(chat_history)"', "%agent watch mode chat-7f3a@head"),
    )
    parser.word("EXPRESSION", "key", help="over the keys of the state; in quotes where it has blanks")
    parser.word("RUN", "step", nargs="?", help="RUN@head for another run than the one in use")
    return Command(parser, lambda args, _: Call("watch", (args.expression, args.run)))


def _bisect() -> Command:
    parser = CommandParser(
        "bisect",
        "Find the first step after which something no longer holds; nothing is run.",
        examples=("%agent bisect \"mode != 'unknown'\"", '%agent bisect "len(chat_history) < 4"'),
    )
    parser.word("PREDICATE", "key", help="over the keys of the state; in quotes where it has blanks")
    parser.word("RUN", "step", nargs="?", help="RUN@head for another run than the one in use")
    return Command(parser, lambda args, _: Call("bisect", (args.predicate, args.run)))


MADE = (_blame, _watch, _bisect)
