"""The `%agent` magic itself, registered by `magics.extension`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError  # noqa: TID253 - imported when IPython loads the extension
from IPython.core.magic import (  # noqa: TID253 - as above
    Magics,
    line_cell_magic,
    magics_class,
    no_var_expand,
)
from traitlets import Enum, Float, Int, TraitError, Unicode, observe
from traitlets.config import Config

from notebook_agent.errors import AgentError
from notebook_agent.magics.commands import Call, commands, find_command
from notebook_agent.magics.expansion import Scope
from notebook_agent.magics.reading import Line, read_line
from notebook_agent.session import Agent, Said, Settings
from notebook_agent.session.spoken import spoken

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["AgentMagics"]

_WAYS = ("notebook_agent", "argparse", "asyncio", "concurrent", "contextlib", "threading")
"""Modules that an error of a command passes through; what passes others came from an action."""
_TRAITS = ("store", "display", "ledger", "max_steps", "max_calls", "max_cost", "durability")


@magics_class
class AgentMagics(Magics):
    """`%agent`: build, watch, rewind and fork an agent. `%config AgentMagics` has its settings."""

    store = Unicode(None, allow_none=True, help="File that runs are kept in; None for your own.").tag(
        config=True
    )
    display = Enum(
        ["auto", "widget", "html", "text"], "auto", help="How things are shown: auto is the live panel."
    ).tag(config=True)
    ledger = Enum(
        ["auto", "fresh", "strict"],
        "auto",
        help="Which LLM calls may leave: auto serves what is recorded, fresh nothing, strict only that.",
    ).tag(config=True)
    max_steps = Int(100, min=1, help="After how many steps a run command halts.").tag(config=True)
    max_calls = Int(None, min=0, allow_none=True, help="How many LLM calls one command may send.").tag(
        config=True
    )
    max_cost = Float(
        None, min=0.0, allow_none=True, help="What the LLM calls of one command may cost, in US dollars."
    ).tag(config=True)
    durability = Enum(
        ["full", "normal"],
        "full",
        help="Whether an ended step survives a power cut, or only a killed kernel.",
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell, agent: Agent) -> None:
        super().__init__(shell, config=Config())
        self._configure(shell.config)
        self._agent = agent
        agent.settings = Settings(**{name: getattr(self, name) for name in _TRAITS})

    def _configure(self, config: Config) -> None:
        """Take what the shell is configured with; what cannot be is told, and left as it is by default.

        The shell keeps a wrong value that `%config` has refused: it would be in the way for good.
        """
        for name, value in config.get(type(self).__name__, {}).items():
            try:
                self.update_config(Config({type(self).__name__: {name: value}}))
            except TraitError as error:
                print(f"AgentMagics.{name} is left as it was. {error}")  # noqa: T201 - said in the cell

    @observe(*_TRAITS)
    def _changed(self, change: Mapping[str, Any]) -> None:
        if hasattr(self, "_agent"):
            self._agent.settings = replace(self._agent.settings, **{change["name"]: change["new"]})

    @no_var_expand
    @line_cell_magic
    def agent(self, line: str, cell: str | None = None) -> object:
        """Build, watch, rewind and fork an agent.

        Examples::

            %agent use base_graph                 take a graph into use, show the panel
            %agent run prompt="draw a pen"        run one turn
            %agent state @4                       the state after step 4
            %agent retry                          go on from the failed step with the code as it is now
            %agent fork @4 prompt="draw a cat"    a new run from step 4, with another prompt
            %agent log                            the steps; .df() gives a DataFrame
            %agent resume                         go on after a kernel restart
            %agent help run                       one command in full; %agent help lists all

        `key="some text"` sets a text, `key:=expr` a Python value. In a text, `{expr}` and `$name`
        that use a variable of yours are replaced by its value; all else, code and JSON too, stays
        as you type it (`{{name}}` and `$$name` keep those too). Steps are `@5 @-1 @head @start
        @ACTION RUN@5`. A `;` at the end silences. `%%agent run prompt` takes the cell's text,
        just as it is, as the input `prompt`.
        """
        __tracebackhide__ = True
        typed = Line(line)
        try:
            result = self._make(read_line(typed, self._scope(), cell))
        except AgentError as error:
            if not _left_an_action(error):
                raise UsageError(_told(error)) from None
            _print_notes(error)
            raise
        except (Exception, KeyboardInterrupt) as error:
            _print_notes(error)
            raise
        return None if typed.silent else result

    def _make(self, call: Call) -> object:
        __tracebackhide__ = True
        if call.method == "help":
            return help_text(*call.args)
        return getattr(self._agent, call.method)(*call.args, **call.options)

    def _scope(self) -> Scope:
        shell: Any = self.shell
        names, own = shell.user_ns, shell.user_ns_hidden
        return Scope(lambda name: name in names and names[name] is not own.get(name, self), shell.ev)


def help_text(name: object = None) -> Said:
    """Return the help of one command, or the list of all."""
    if name:
        return Said(find_command(str(name)).parser.format_help().rstrip())
    lines = [
        f"  %agent {command.name:<8} {_brief(command.parser.summary)}" for command in commands().values()
    ]
    rest = [
        "",
        "%agent help COMMAND explains one, with examples; %agent alone tells how things stand.",
        'KEY="some text" sets a text, KEY:=EXPR a Python value. In a text, {NAME} and $NAME are replaced',
        "where NAME is a variable of yours; all else, code and JSON too, stays as typed; {{NAME}} is {NAME}.",
        "A step is @4, @-1, @head, @start, @ACTION (its last one) or RUN@4; a ; at the end shows nothing.",
    ]
    return Said("\n".join(["commands:", *lines, *rest]))


def _brief(summary: str) -> str:
    """Return the first sentence."""
    return f"{summary.partition('. ')[0].removesuffix('.')}."


def _told(error: AgentError) -> str:
    """Return the report of the step that an error ended, if it ended one, else its message."""
    return "\n".join(getattr(error, "__notes__", ())) or spoken(error)


def _print_notes(error: BaseException) -> None:
    """Print the report of a failed step where the shell does not show it with the exception."""
    if not _shows_notes():
        print(*getattr(error, "__notes__", ()), sep="\n")  # noqa: T201 - the cell's output is meant


@cache
def _shows_notes() -> bool:
    import inspect

    from IPython.core import ultratb

    return "__notes__" in inspect.getsource(ultratb)


def _left_an_action(error: AgentError) -> bool:
    """Tell an error that the user's own code ran into from one that a command makes itself."""
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    return any(not str(frame.f_globals.get("__name__", "")).startswith(_WAYS) for frame in frames)
