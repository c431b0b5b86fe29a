"""Commands that look and change nothing."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands.command import Call, Command, Values
from notebook_agent.magics.parser import CommandParser
from notebook_agent.session.references import is_reference

__all__ = ["MADE"]


def _state() -> Command:
    parser = CommandParser(
        "state",
        "Show the state, or one value of it.",
        usage="[STEP] [KEY]",
        examples=("%agent state", "%agent state @4", "%agent state chat_history", "%agent state @4 mode"),
    )
    parser.word("[STEP] [KEY]", ("step", "key"), nargs="*", help="a step (@4) and a key")
    return Command(parser, _state_call)


def _state_call(args: Namespace, _: Values) -> Call:
    words = args.step_key
    for word in words:
        if "=" in word:
            raise CommandError(
                f"state changes nothing: %agent fork @head {word} makes a fork with that value"
            )
    steps = [word for word in words if is_reference(word)]
    keys = [word for word in words if not is_reference(word)]
    if len(steps) > 1 or len(keys) > 1:
        raise CommandError("state takes one step and one key: %agent state @4 chat_history")
    return Call("state", (*(steps or [None]), *keys))


def _log() -> Command:
    parser = CommandParser(
        "log",
        "List the steps of a run; `.df()` gives a DataFrame.",
        examples=("%agent log", "%agent log retry2"),
    )
    parser.word("RUN", "run", nargs="?", help="label or beginning of the id")
    parser.flag("--calls", help="list the run's LLM calls instead")
    return Command(parser, lambda args, _: Call("log", (args.run,), {"calls": args.calls}))


def _diff() -> Command:
    parser = CommandParser(
        "diff",
        "Compare two steps, or two runs: state, code and LLM calls, and where two runs part.",
        examples=("%agent diff @4 @9", "%agent diff chat-7f3a retry2", "%agent diff @4 @9 --code --calls"),
    )
    parser.word("A", ("step", "run"), help="a step or a run")
    parser.word("B", ("step", "run"), nargs="?", help="another; else where the view stands")
    parser.flag("--code", help="with how the code of actions differs")
    parser.flag("--calls", help="with how LLM calls differ")
    return Command(parser, _diff_call)


def _diff_call(args: Namespace, _: Values) -> Call:
    flags = {"code": args.code, "calls": args.calls}
    return Call("diff", (args.a, args.b), {name: True for name, given in flags.items() if given})


def _why() -> Command:
    parser = CommandParser(
        "why",
        "Tell why an action was next: every condition, in the order in which they are tried.",
        examples=("%agent why", "%agent why @5"),
    )
    parser.word("STEP", "step", nargs="?", help="why this step was made; else why the next one is")
    return Command(parser, lambda args, _: Call("why", (args.step,)))


def _calls() -> Command:
    parser = CommandParser(
        "calls",
        "List the LLM calls of the run, or of one step.",
        examples=("%agent calls", "%agent calls @5"),
    )
    parser.word("STEP", "step", nargs="?", help="with what was said in it; else all calls of the run")
    return Command(parser, lambda args, _: Call("calls", (args.step,)))


def _graph() -> Command:
    parser = CommandParser(
        "graph",
        "Draw the graph, with the next and the failed action marked.",
        examples=("%agent graph", "%agent graph --text"),
    )
    parser.flag("--text", help="as a list of actions")
    parser.flag("--svg", help="as the source of an SVG picture")
    parser.flag("--mermaid", help="as a Mermaid chart, for Markdown")
    parser.flag("--dot", help="as a DOT graph, for Graphviz")
    return Command(parser, _graph_call)


def _graph_call(args: Namespace, _: Values) -> Call:
    chosen = [form for form in ("svg", "text", "mermaid", "dot") if getattr(args, form)]
    if len(chosen) > 1:
        raise CommandError(f"graph takes one form: %agent graph --{chosen[0]}, or --{chosen[1]}")
    return Call("graph", options={"form": chosen[0]} if chosen else {})


def _runs() -> Command:
    parser = CommandParser(
        "runs",
        "List the runs of this project.",
        examples=("%agent runs", "%agent runs --failed", "%agent runs --size"),
    )
    parser.flag("--failed", help="only those whose last step failed")
    parser.flag("--tree", help="forks under the runs they come from")
    parser.flag("--size", help="which key of which run takes how much of the store")
    parser.flag("--projects", help="the projects of the store instead")
    return Command(parser, _runs_call)


def _runs_call(args: Namespace, _: Values) -> Call:
    options = {"failed": args.failed, "tree": args.tree}
    alone = [name for name in ("size", "projects") if getattr(args, name)]
    if alone and (any(options.values()) or alone[1:]):
        raise CommandError(f"runs --{alone[0]} stands alone: leave the other flags out")
    return Call("runs", options={alone[0]: True} if alone else options)


MADE = (_state, _log, _diff, _why, _calls, _graph, _runs)
