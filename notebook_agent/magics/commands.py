"""The commands of `%agent`: how each is written, and the one call that it makes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from notebook_agent.errors import CommandError
from notebook_agent.magics.parser import CommandParser
from notebook_agent.session.references import is_reference
from notebook_agent.session.words import hint

__all__ = ["Call", "Command", "Values", "commands", "find_command"]

Values = Mapping[str, object]
"""What `key=text` and `key:=expr` set."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command as read: the method of `Agent` to call, and with what."""

    method: str
    args: tuple[object, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its parser, and what makes a call of the parsed words and the values."""

    parser: CommandParser
    call: Callable[[Namespace, Values], Call]

    @property
    def name(self) -> str:
        """The word after `%agent`."""
        return self.parser.name


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
        *(_use(), _run(), _step(), _retry(), _resume(), _fork(), _goto()),
        *(_state(), _log(), _diff(), _why(), _calls(), _graph(), _runs()),
        *(_label(), _export(), _panel(), _info(), _help()),
    )
    return {command.name: command for command in made}


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
    parser.option("--project", "NAME", help="where runs are kept; else the notebook's name")
    return Command(parser, _use_call)


def _use_call(args: Namespace, values: Values) -> Call:
    given = _given(args, "entrypoint", "recorded", "project")
    return Call("use", (args.target,), {**given, **({"state": values} if values else {})})


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
    parser.option("--max-calls", "N", help="send no more LLM calls than this")
    parser.option("--max-cost", "USD", help="send no LLM call once they cost this, in US dollars")


def _run_call(args: Namespace, values: Values) -> Call:
    return Call("run", (values,), _given(args, "until", "before", "max_steps", "max_calls", "max_cost"))


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
    return Call("retry", options=chosen | _given(args, "max_calls", "max_cost"))


def _resume() -> Command:
    parser = CommandParser(
        "resume",
        "Take the last unfinished run, or the named one, into use again.",
        examples=("%agent resume", "%agent resume chat-7f3a"),
    )
    parser.word("RUN", "run", nargs="?", help="label or beginning of the id")
    return Command(parser, lambda args, _: Call("resume", (args.run,)))


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


def _goto() -> Command:
    parser = CommandParser(
        "goto",
        "Look at an earlier step; a run from there makes a fork by itself.",
        examples=("%agent goto @4", "%agent goto @choose_mode", "%agent goto @head"),
    )
    parser.word("STEP", "step", help="@4, @-1, @head, @start, @ACTION or RUN@4")
    return Command(parser, lambda args, _: Call("goto", (args.step,)))


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
        "Compare the state after two steps, or two runs.",
        examples=("%agent diff @4 @9", "%agent diff chat-7f3a retry2"),
    )
    parser.word("A", ("step", "run"), help="a step or a run")
    parser.word("B", ("step", "run"), nargs="?", help="another; else where the view stands")
    return Command(parser, lambda args, _: Call("diff", (args.a, args.b)))


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
        "runs", "List the runs of this project.", examples=("%agent runs", "%agent runs --failed")
    )
    parser.flag("--failed", help="only those whose last step failed")
    parser.flag("--tree", help="forks under the runs they come from")
    return Command(parser, lambda args, _: Call("runs", options={"failed": args.failed, "tree": args.tree}))


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


def _panel() -> Command:
    return _bare("panel", "Show the panel again.")


def _info() -> Command:
    return _bare("info", "Show versions, the file that runs are kept in, and whether LLM calls are live.")


def _bare(name: str, summary: str) -> Command:
    return Command(CommandParser(name, summary, examples=(f"%agent {name}",)), lambda *_: Call(name))


def _help() -> Command:
    parser = CommandParser(
        "help", "List the commands, or explain one.", examples=("%agent help", "%agent help run")
    )
    parser.word("COMMAND", "command", nargs="?", help="a command's name")
    return Command(parser, lambda args, _: Call("help", (args.command,)))


def _given(args: Namespace, *names: str) -> dict[str, object]:
    return {name: value for name in names if (value := getattr(args, name)) not in (None, [])}
