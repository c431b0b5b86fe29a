"""The parser of one command: its usage, help and completion come from the same declarations."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from notebook_agent.errors import CommandError, did_you_mean

__all__ = ["Argument", "CommandParser", "Completes"]

Completes = Literal[
    "",
    "action",
    "binding",
    "command",
    "executor",
    "file",
    "input",
    "key",
    "name",
    "project",
    "removed",
    "replay",
    "run",
    "step",
]
"""What TAB offers for an argument: see `magics.completion`."""


_PLAIN = (
    (re.compile(r"argument (\S+): invalid int value: (.*)"), r"\1 takes a number; not \2"),
    (re.compile(r"argument (\S+): invalid float value: (.*)"), r"\1 takes US dollars, such as 0.50; not \2"),
    (re.compile(r"argument (\S+): expected one argument"), r"\1 needs a value"),
    (re.compile(r"the following arguments are required: (.*)"), r"\1 is missing"),
)
"""What argparse says, in plain words."""


_TYPES: Mapping[str, type] = {"N": int, "USD": float}
"""What the value of a flag is read as, by what stands for it in the help; else it is text."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as TAB sees it: a flag (`--until`) or a word (no dashes)."""

    name: str
    completes: frozenset[str]
    takes_value: bool

    @property
    def is_flag(self) -> bool:
        """Whether it is written with dashes."""
        return self.name.startswith("-")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=96)

    def add_usage(self, *args: object, **kwargs: object) -> None:
        kwargs["prefix"] = "usage: "
        super().add_usage(*args, **kwargs)  # type: ignore[arg-type]  # handed on as received


class CommandParser(argparse.ArgumentParser):
    """Parse the words of one command; errors are sentences, never an exit."""

    def __init__(
        self, name: str, summary: str, *, usage: str | None = None, examples: Sequence[str] = ()
    ) -> None:
        epilog = "\n".join(["examples:", *(f"  {line}" for line in examples)]) if examples else None
        super().__init__(
            prog=f"%agent {name}",
            usage=usage and f"%%agent {name} {usage}",
            description=summary,
            epilog=epilog,
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
        )
        self._positionals.title = "arguments"
        self.name = name
        self.summary = summary
        self.binds = False
        self.arguments: list[Argument] = []

    def word(
        self,
        name: str,
        completes: Completes | tuple[Completes, ...],
        *,
        help: str,  # noqa: A002 - argparse's own word
        nargs: Literal["?", "*", "+"] | None = None,
    ) -> None:
        """Declare a positional argument, shown as `name`."""
        default: list[str] | None = [] if nargs == "*" else None
        self.add_argument(
            re.sub(r"\W+", "_", name.lower()).strip("_"),
            metavar=name,
            nargs=nargs,
            default=default,
            help=help,
        )
        self.arguments.append(Argument(name, _kinds(completes), takes_value=True))

    def bindings(self, metavar: str, completes: Completes, *, help: str) -> None:  # noqa: A002 - argparse's own word
        """Declare that the command takes `key=text` and `key:=expr`; other words are left in `values`."""
        self.add_argument("values", metavar=metavar, nargs="*", default=[], help=help)
        self.arguments.append(Argument(metavar, _kinds(completes), takes_value=True))
        self.binds = True

    def flag(self, name: str, help: str) -> None:  # noqa: A002 - argparse's own word
        """Declare a switch."""
        self.add_argument(name, action="store_true", help=help)
        self.arguments.append(Argument(name, frozenset(), takes_value=False))

    def option(
        self,
        name: str,
        metavar: str,
        completes: Completes = "",
        *,
        help: str,  # noqa: A002 - argparse's own word
        several: bool = False,
    ) -> None:
        """Declare a flag with a value; `several` may be given more than once."""
        action: Literal["append", "store"] = "append" if several else "store"
        default: list[str] | None = [] if several else None
        kind = _TYPES.get(metavar, str)
        self.add_argument(name, metavar=metavar, action=action, default=default, type=kind, help=help)
        self.arguments.append(Argument(name, _kinds(completes), takes_value=True))

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse the words.

        Raises:
            CommandError: they do not fit the command.
        """
        args, rest = self.parse_known_intermixed_args(list(words))
        for word in rest:
            raise CommandError(f"{self.prog} has no {word!r}.{self._hint(word)}")
        return args

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong as a CommandError."""
        for said, plain in _PLAIN:
            message = said.sub(plain, message)
        raise CommandError(f"{message} (%agent help {self.name})")

    def _hint(self, word: str) -> str:
        flags = [argument.name for argument in self.arguments if argument.is_flag]
        return did_you_mean(word.partition("=")[0], flags) or f" (%agent help {self.name})"


def _kinds(completes: Completes | tuple[Completes, ...]) -> frozenset[str]:
    return frozenset([completes] if isinstance(completes, str) else completes)
