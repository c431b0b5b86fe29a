"""Commands that go with a run: the chat on it, breakpoints, and holding what goes on beside the cells."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.magics.commands.command import Call, Command, Values, bare, given
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _chat() -> Command:
    parser = CommandParser(
        "chat",
        "Chat with the agent: a box for messages, and what was said.",
        examples=("%agent chat", "%agent chat --in prompt --out chat_history"),
    )
    parser.option(
        "--in", "INPUT", "input", help="what a message is given as; else what the next action needs"
    )
    parser.option("--out", "KEY", "key", help="the state's key with what was said; else found by its look")
    return Command(parser, _chat_call)


def _chat_call(args: Namespace, _: Values) -> Call:
    chosen = given(args, "in", "out")
    names = {"in": "input", "out": "output"}
    return Call("chat", (), {names[name]: value for name, value in chosen.items()})


def _break() -> Command:
    parser = CommandParser(
        "break",
        "Halt runs before an action; alone, list where they halt.",
        examples=(
            "%agent break generate_image",
            '%agent break generate_image --if "len(chat_history) > 4"',
            "%agent break generate_image --off",
            "%agent break --off          (all of them)",
        ),
    )
    parser.word("ACTION", "action", nargs="?", help="the action to halt before")
    parser.option("--if", "EXPR", help="only where this is true, over the state's keys")
    parser.flag("--off", help="take it away; without an action all of them")
    return Command(parser, _break_call)


def _break_call(args: Namespace, _: Values) -> Call:
    options: dict[str, object] = {"off": True} if args.off else {}
    if condition := given(args, "if"):
        options["condition"] = condition["if"]
    return Call("breakpoints", (args.action,), options)


def _pause() -> Command:
    parser = CommandParser(
        "pause",
        "Hold the run that goes on beside the cells before its next step.",
        examples=("%agent pause", "%agent pause --off"),
    )
    parser.flag("--off", help="let it go on")
    return Command(parser, lambda args, _: Call("pause", (), {"off": True} if args.off else {}))


def _stop() -> Command:
    return bare("stop", "End the run that goes on beside the cells; what it did is kept.")


MADE = (_chat, _break, _pause, _stop)
