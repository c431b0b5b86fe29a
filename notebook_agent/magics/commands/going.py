"""Commands that take an agent into use and move it on."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands.command import Call, Command, Values, given
from notebook_agent.magics.parser import CommandParser

__all__ = ["MADE"]


def _use() -> Command:
    parser = CommandParser(
        "use",
        "Take a graph, an application or a stored run into use.",
        examples=(
            "%agent use base_graph",
            "%agent use base_graph chat_history:=[]",
            "%agent use base_graph --recorded demo.json",
            "%agent use chat-7f3a",
        ),
    )
    parser.word("TARGET", ("name", "run"), help="a graph's or application's name, or a run")
    parser.bindings("KEY:=EXPR", "binding", help="values that a new run begins with; KEY=TEXT gives a text")
    parser.option("--entrypoint", "ACTION", "action", help="first action, where the graph leaves it open")
    parser.option("--recorded", "FILE", "file", help="recorded LLM calls, replayed where no API key is set")
    parser.option("--project", "NAME", "project", help="where runs are kept; else the notebook's name")
    return Command(parser, _use_call)


def _use_call(args: Namespace, values: Values) -> Call:
    chosen = given(args, "entrypoint", "recorded", "project")
    return Call("use", (args.target,), {**chosen, **({"state": values} if values else {})})


def _run() -> Command:
    parser = CommandParser(
        "run",
        "Run one turn: go on until an action would take an input, such as the prompt, a second time.",
        examples=(
            '%agent run prompt="draw a pen"',
            '%agent run prompt="draw a pen" --until response',
            "%agent run limit:=20 --max-steps 40",
            "%%agent run prompt          (the cell's text is the input)",
        ),
    )
    parser.bindings(
        "KEY=TEXT", "input", help="inputs; KEY:=EXPR gives a Python value, {NAME} in a text your variable"
    )
    parser.option("--until", "ACTION", "action", several=True, help="halt after this action")
    parser.option("--before", "ACTION", "action", several=True, help="halt before this action")
    parser.option("--max-steps", "N", help="stop with an error after so many steps (100)")
    _limits(parser)
    return Command(parser, _run_call)


def _limits(parser: CommandParser) -> None:
    parser.flag("--allow-effects", help="fire again what cannot be taken back")
    parser.option("--max-calls", "N", help="send no more LLM calls than this")
    parser.option("--max-cost", "USD", help="send no LLM call once they cost this, in US dollars")
    parser.flag("--background", help="run beside the cells, where the panel can always hold it")


def _run_call(args: Namespace, values: Values) -> Call:
    options = given(args, "until", "before", "max_steps", "max_calls", "max_cost")
    return _placed(args, Call("run", (values,), options | _allowed(args)))


def _placed(args: Namespace, call: Call) -> Call:
    if not args.background:
        return call
    return Call("background", (call.method, *call.args), call.options)


def _allowed(args: Namespace) -> dict[str, object]:
    return {"allow_effects": True} if args.allow_effects else {}


def _step() -> Command:
    parser = CommandParser(
        "step",
        "Run one step, or several.",
        usage="[N] [KEY=TEXT ...]",
        examples=("%agent step", "%agent step 3", '%agent step prompt="draw a pen"'),
    )
    parser.bindings("[N] [KEY=TEXT]", "input", help="how many steps (1), and inputs")
    return Command(parser, _step_call)


def _step_call(args: Namespace, values: Values) -> Call:
    words, args.values = args.values, []
    numbers = [word for word in words if word.isdecimal()]
    for word in words:
        if word not in numbers:
            raise CommandError(f"{word!r} is no number of steps and no KEY=TEXT (%agent help step)")
    count = int(numbers[0]) if numbers else 1
    if len(numbers) > 1 or not count:
        raise CommandError("step takes one number, 1 or more: %agent step 3")
    return Call("step", (count, values))


def _retry() -> Command:
    parser = CommandParser(
        "retry",
        "Go on from the failed step, with the code as it is now and the inputs as they were.",
        examples=(
            "%agent retry",
            "%agent retry --step",
            "%agent retry --fresh",
            "%agent retry --max-calls 5",
        ),
    )
    parser.flag("--fresh", help="make every LLM call again, replay none")
    parser.flag("--step", help="run the failed step only")
    parser.option(
        "--with", "ACTION=FN", "action", several=True, help="run this function of yours for the action"
    )
    _limits(parser)
    return Command(parser, _retry_call)


def _retry_call(args: Namespace, _: Values) -> Call:
    options = {"fresh": args.fresh, "step": args.step, "actions": getattr(args, "with")}
    chosen = {key: value for key, value in options.items() if value}
    limits = given(args, "max_calls", "max_cost") | _allowed(args)
    return _placed(args, Call("retry", options=chosen | limits))


def _resume() -> Command:
    parser = CommandParser(
        "resume",
        "Go on with the last unfinished run of this notebook, or the named one, where it stopped.",
        examples=(
            "%agent resume",
            "%agent resume chat-7f3a",
            "%agent resume chat-7f3a --look",
            "%agent resume --project demo",
        ),
    )
    parser.word("RUN", "run", nargs="?", help="label or beginning of the id")
    parser.flag("--look", help="only take it into use, run nothing")
    parser.option("--recorded", "FILE", "file", help="recorded LLM calls, replayed where no API key is set")
    parser.option("--project", "NAME", "project", help="where the run is kept; else the notebook's name")
    _limits(parser)
    return Command(parser, _resume_call)


def _resume_call(args: Namespace, _: Values) -> Call:
    options = {"look": True} if args.look else {}
    limits = given(args, "recorded", "project", "max_calls", "max_cost") | _allowed(args)
    return _placed(args, Call("resume", (args.run,), options | limits))


def _fork() -> Command:
    parser = CommandParser(
        "fork",
        "Start a new run from a step; the run it comes from is never touched.",
        examples=(
            "%agent fork @4",
            '%agent fork @4 --as retry2 prompt="write hello world in Rust"',
            "%agent fork chat-7f3a@4 --with generate_image=draft_image",
        ),
    )
    parser.word(
        "STEP", "step", nargs="?", help="@4, @-1, @head, @ACTION or RUN@4; else where the view stands"
    )
    parser.bindings("KEY=TEXT", "key", help="values of the state to change at the fork")
    parser.option("--as", "LABEL", help="the new run's label")
    parser.option(
        "--with", "ACTION=FN", "action", several=True, help="run this function of yours for the action"
    )
    return Command(parser, _fork_call)


def _fork_call(args: Namespace, values: Values) -> Call:
    options = {"label": getattr(args, "as"), "actions": getattr(args, "with"), "state": values}
    given = {key: value for key, value in options.items() if value or value == ""}
    return Call("fork", (args.step,), given)


def _price() -> Command:
    parser = CommandParser(
        "price",
        "Say what going on, or a fork, would take in LLM calls, before it is paid.",
        examples=(
            "%agent price",
            "%agent price @4",
            '%agent price @4 prompt="write hello world in Rust"',
            "%agent price @4 --with generate_image=draft_image",
        ),
    )
    parser.word("STEP", "step", nargs="?", help="a fork after this step; else going on")
    parser.bindings("KEY=TEXT", "key", help="values of the state to change at the fork")
    parser.option(
        "--with", "ACTION=FN", "action", several=True, help="run this function of yours for the action"
    )
    return Command(parser, _price_call)


def _price_call(args: Namespace, values: Values) -> Call:
    options = {"actions": getattr(args, "with"), "state": values}
    return Call("price", (args.step,), {key: value for key, value in options.items() if value})


def _goto() -> Command:
    parser = CommandParser(
        "goto",
        "Look at an earlier step; a run from there makes a fork by itself.",
        examples=("%agent goto @4", "%agent goto @choose_mode", "%agent goto @head"),
    )
    parser.word("STEP", "step", help="@4, @-1, @head, @start, @ACTION or RUN@4")
    return Command(parser, lambda args, _: Call("goto", (args.step,)))


MADE = (_use, _run, _step, _retry, _resume, _fork, _price, _goto)
