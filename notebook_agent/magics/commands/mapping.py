"""The command that tries a step many times."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.magics.commands.command import Call, Command, Values, given
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _map() -> Command:
    parser = CommandParser(
        "map",
        "Fork a step for each of several values or functions, as often as you like, and compare what comes.",
        examples=(
            '%agent map @4 model:=["small", "large"]',
            '%agent map @4 model:=["small", "large"] -n 5 --pass "score > 0.8" --max-cost 0.50',
            "%agent map @4 --with answer=answer,answer_shortly",
            "%agent map @4 -n 20 -j 8 --on pool",
        ),
    )
    parser.word("STEP", "step", nargs="?", help="the step to go on after; else where the view stands")
    parser.bindings(
        "KEY:=LIST",
        "key",
        help="values to try of a key or an input; KEY:=5 and KEY=TEXT give all the same",
    )
    parser.option("-n", "N", help="forks for each combination (1)")
    parser.option("-j", "N", help="how many run at a time (4)")
    parser.option("--pass", "EXPR", "key", help="a fork passes where this is true of its last state")
    parser.option(
        "--with", "ACTION=FN,FN", "action", several=True, help="functions of yours to try for the action"
    )
    parser.option(
        "--on", "EXECUTOR", "executor", help="your executor of concurrent.futures, or what makes one"
    )
    parser.option("--until", "ACTION", "action", several=True, help="halt each after this action")
    parser.option("--before", "ACTION", "action", several=True, help="halt each before this action")
    parser.option(
        "--max-steps", "N", help="how many steps a fork may take (100); one that takes more is limited"
    )
    parser.flag("--allow-effects", help="let each fork fire what cannot be taken back")
    parser.option("--max-calls", "N", help="send no more LLM calls than this, all forks together")
    parser.option("--max-cost", "USD", help="send no LLM call once all cost this, in US dollars")
    return Command(parser, _call)


def _call(args: Namespace, values: Values) -> Call:
    options = given(args, "n", "on", "until", "before", "max_steps", "max_calls", "max_cost")
    chosen = {"jobs": args.j, "passes": getattr(args, "pass"), "actions": getattr(args, "with")}
    options |= {name: value for name, value in chosen.items() if value not in (None, {}, [], "")}
    if args.allow_effects:
        options["allow_effects"] = True
    return Call("map", (args.step, values), options)


MADE = (_map,)
