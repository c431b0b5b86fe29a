"""From a command line to the one call that it makes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from typing import Self

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands import Call, Command, find_command
from notebook_agent.magics.expansion import Scope, expand
from notebook_agent.magics.splitter import Word, split
from notebook_agent.magics.strays import check_blanks, check_files, refuse_strays

__all__ = ["Line", "read_line", "value_of"]


class Line(str):
    """A line without the `;` at its end; `silent` tells that there was one."""

    __slots__ = ("silent",)
    silent: bool

    def __new__(cls, typed: str) -> Self:
        """Take the `;` off."""
        stripped = typed.rstrip()
        line = super().__new__(cls, stripped.removesuffix(";"))
        line.silent = stripped.endswith(";")
        return line


def read_line(line: str, scope: Scope, cell: str | None = None) -> Call:
    """Read a command line; `cell` is the text below it, taken literally.

    Raises:
        CommandError: the line is not understood; the message says what to type.
    """
    __tracebackhide__ = True
    words = split(line)
    if not words:
        return Call("status")
    command = find_command(words[0].text)
    if any(word.raw in {"--help", "-h"} for word in words):
        return Call("help", (command.name,))
    return _read(command, words[1:], scope, cell)


def _read(command: Command, words: Sequence[Word], scope: Scope, cell: str | None) -> Call:
    __tracebackhide__ = True
    if command.parser.binds:
        check_blanks(command.name, words, named=cell is not None)
    setting, others = _parted(command, words)
    values: dict[str, object] = {}
    for word in setting:
        if word.key in values:
            raise CommandError(f"{word.key} is set twice on this line: leave one out")
        values[word.key or ""] = value_of(word, scope)
    args = command.parser.read(list(map(partial(_text, scope), others)))
    check_files(command.parser, args)
    _take_cell(command, args, values, cell)
    _take_functions(args, scope)
    call = command.call(args, values)
    if command.parser.binds:
        refuse_strays(command.name, args.values)
    return call


def _text(scope: Scope, word: Word) -> str:
    __tracebackhide__ = True
    return word.text if word.text.startswith("-") else expand(word.text, scope)


def _parted(command: Command, words: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """Part what sets a key from the other words; the value of a flag sets none."""
    valued = {item.name for item in command.parser.arguments if item.is_flag and item.takes_value}
    setting: list[Word] = []
    others: list[Word] = []
    previous = ""
    for word in words:
        sets = command.parser.binds and word.key and previous not in valued
        (setting if sets else others).append(word)
        previous = word.text
    return setting, others


def _take_cell(command: Command, args: Namespace, values: dict[str, object], cell: str | None) -> None:
    if cell is None:
        return
    if command.name not in {"run", "step"}:
        raise CommandError(f"{command.name} takes no text below it: write %agent {command.name}")
    if len(args.values) != 1:
        raise CommandError(f"name the input that the text is for: %%agent {command.name} prompt")
    values[args.values[0]] = cell.removesuffix("\n")
    args.values = []


def _take_functions(args: Namespace, scope: Scope) -> None:
    __tracebackhide__ = True
    replaced: dict[str, object] = {}
    for text in getattr(args, "with", None) or ():
        action, equals, function = text.partition("=")
        if not (action and equals and function):
            raise CommandError(f"--with {text}: write --with ACTION=FUNCTION")
        replaced[action] = scope.value(function, f"--with {text}")
    if replaced:
        setattr(args, "with", replaced)


def value_of(word: Word, scope: Scope) -> object:
    """Return what a `key=text` or `key:=expr` sets.

    Raises:
        CommandError: the expression cannot be evaluated.
    """
    __tracebackhide__ = True
    return scope.value(word.value, word.raw) if word.is_expression else expand(word.value, scope)
