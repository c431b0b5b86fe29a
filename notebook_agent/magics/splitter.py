"""The words of a command line.

As in a shell, quotes keep a word together: `prompt="draw a pen"`. They are taken off
where they stand around a whole word, a whole value after `=`, or a run's name before
`@`. Unlike in a shell all others stay, for they belong to an expression or a value:
`mode!='unknown'`, `d["x"][1]`, `wanted={"a":1}`. A backslash is a backslash (Windows
paths) and `#` begins no comment. A `key:=expr` goes on over spaces for as long as it
is not complete: `tags:=["a", "b"]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from notebook_agent import syntax
from notebook_agent.errors import CommandError

__all__ = ["Word", "split"]

_WORD = re.compile(r"""(?:[^\s"']+|"[^"]*"|'[^']*')+""")
_SET = r"--[\w-]+=|[^\W\d]\w*=(?!=)"
_QUOTED = re.compile(rf"""({_SET})?(?:"([^"]*)"|'([^']*)')(?(1)|(@\S*)?)""")
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
        raise CommandError(_never_closed(line[end:]))
    return end


def _never_closed(rest: str) -> str:
    quote = rest[0]
    other = "'" if quote == '"' else '"'
    return f"the quote {quote} is never closed: {rest}; a text with one in it stands in {other}..{other}"


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
    match = _QUOTED.fullmatch(raw)
    if match is None:
        return raw
    name, double, single, rest = match.groups()
    return f"{name or ''}{single if double is None else double}{rest or ''}"
