"""The words of a command line.

As in a shell, quotes keep a word together: `prompt="draw a pen"`. Unlike in a
shell, a backslash is a backslash (Windows paths) and `#` begins no comment. In
`key:=expr` the quotes belong to the Python expression, which goes on over spaces
for as long as it is not complete: `tags:=["a", "b"]`. So they do in the path of
a value: `d["x"][1]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from notebook_agent import syntax
from notebook_agent.errors import CommandError

__all__ = ["Word", "split"]

_WORD = re.compile(r"""(?:[^\s"']+|"[^"]*"|'[^']*')+""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'""")
_INDEXED = re.compile(r"""(\[(?:"[^"]*"|'[^']*')\])""")
_EXPRESSION = re.compile(r"[^\W\d]\w*:=")
_BINDING = re.compile(r"([^\W\d]\w*)(:=|=(?!=))")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: what was typed, and what it means without its quotes."""

    raw: str
    text: str

    @property
    def key(self) -> str | None:
        """The name before `=` or `:=`, None for a word that sets nothing."""
        match = self._binding()
        return match[1] if match else None

    @property
    def is_expression(self) -> bool:
        """Whether it is of the form `key:=expr`."""
        match = self._binding()
        return match is not None and match[2] == ":="

    @property
    def value(self) -> str:
        """The text after `=` or `:=`."""
        match = self._binding()
        return self.text[match.end() :] if match else self.text

    def _binding(self) -> re.Match[str] | None:
        return _BINDING.match(self.text if self.raw[0] in "\"'" else self.raw)


def split(line: str) -> list[Word]:
    """Return the words of a line.

    Raises:
        CommandError: a quote is left open.
    """
    return list(_words(line))


def _words(line: str) -> Iterator[Word]:
    at = 0
    while (start := _skip_spaces(line, at)) < len(line):
        end = _word_end(line, start)
        if _EXPRESSION.match(line, start):
            end = _expression_end(line, start, end)
            yield Word(line[start:end], line[start:end])
        else:
            yield Word(line[start:end], _unquote(line[start:end]))
        at = end


def _skip_spaces(line: str, at: int) -> int:
    return len(line) - len(line[at:].lstrip())


def _word_end(line: str, start: int) -> int:
    match = _WORD.match(line, start)
    end = match.end() if match else start
    if end < len(line) and not line[end].isspace():
        raise CommandError(f"the quote {line[end]} is never closed: {line[end:]}")
    return end


def _expression_end(line: str, start: int, end: int) -> int:
    begin = line.index(":=", start) + 2
    reach = end
    while not _parses(line[begin:reach]):
        if (following := _skip_spaces(line, reach)) == len(line):
            return end
        reach = _word_end(line, following)
    return reach


def _parses(expression: str) -> bool:
    try:
        syntax.parse(expression.strip(), "eval")
    except SyntaxError:
        return False
    return True


def _unquote(raw: str) -> str:
    if raw[0] in "\"'" or _BINDING.match(raw):
        return _bare(raw)
    return "".join(each if _INDEXED.fullmatch(each) else _bare(each) for each in _INDEXED.split(raw))


def _bare(raw: str) -> str:
    return _QUOTED.sub(lambda match: match[1] if match[1] is not None else match[2], raw)
