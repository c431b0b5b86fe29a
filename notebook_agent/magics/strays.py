"""Words that a command has no use for: most often a text with blanks that was not quoted, or half."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence

from notebook_agent.errors import CommandError
from notebook_agent.magics.parser import CommandParser
from notebook_agent.magics.splitter import Word
from notebook_agent.session.references import is_reference

__all__ = ["check_blanks", "check_files", "refuse_strays"]

_NAMELESS = {"run", "step", "fork"}
"""Commands whose only words are steps and numbers: any other one belongs to the text before it."""


def check_blanks(command: str, words: Sequence[Word], *, named: bool) -> None:
    """Refuse a value that stands apart from its `key=`, or whose blanks are not in quotes.

    `named` tells that a word may be the input's name for the text below.

    Raises:
        CommandError: the message shows the value in quotes.
    """
    for n, word in enumerate(words):
        following = words[n + 1] if n + 1 < len(words) else None
        if word.raw in {"=", ":="} and n and following:
            raise CommandError(_together(f"{words[n - 1].raw}{word.raw}", following))
        if not word.key or following is None or not _is_plain(following):
            continue
        if not word.value:
            raise CommandError(_together(word.raw, following))
        if command in _NAMELESS and not named and not word.is_expression:
            text = " ".join([word.value, *_plain_from(words[n + 1 :])])
            raise CommandError(f"put a text with blanks in quotes: {word.key}={_quoted(text)}")


def check_files(parser: CommandParser, args: Namespace) -> None:
    """Refuse the name of a file with quotes in its middle, as a shell would take them.

    Raises:
        CommandError: the message shows the whole name in quotes.
    """
    named = [item.name for item in parser.arguments if "file" in item.completes]
    for name in named:
        text = getattr(args, name.lstrip("-").lower(), None) or ""
        bare = re.sub("[\"']", "", text)
        if bare != text:
            raise CommandError(f'{text} has quotes in it: put the whole name in quotes, "{bare}"')


def refuse_strays(command: str, strays: Sequence[str]) -> None:
    """Refuse words that are left over.

    Raises:
        CommandError: there are some.
    """
    if strays:
        text = " ".join(strays)
        raise CommandError(f"{text!r} sets nothing: write KEY={_quoted(text)} (%agent help {command})")


def _together(key: str, value: Word) -> str:
    text = value.raw if key.endswith(":=") else _quoted(value.text)
    return f"write {key}{text} without a blank around the ="


def _plain_from(words: Sequence[Word]) -> list[str]:
    plain = []
    for word in words:
        if not _is_plain(word):
            break
        plain.append(word.text)
    return plain


def _is_plain(word: Word) -> bool:
    return not (word.key or word.raw.startswith("-") or word.raw.isdecimal() or is_reference(word.raw))


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'
