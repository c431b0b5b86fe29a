"""Texts with code between fences, as models write them: the code in colours, all else as it is.

A fence is a line that begins with three backticks, as in CommonMark. Every character passes
through `escape`; nothing of a text becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from notebook_agent.view.escape import escape

__all__ = ["Part", "fenced_html", "parts"]

_FENCE = re.compile(r"^ {0,3}```([\w+#.-]*)[^\n`]*\n(.*?)(?:^ {0,3}```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere"
_CODE = "margin:4px 0;padding:6px 8px;overflow-x:auto;border-left:3px solid rgba(128,128,128,.4)"
_LONGEST = 20_000
_COLOURS = (
    ("Comment", "comment", "#8a8a8a"),
    ("Keyword", "keyword", "#a05bb8"),
    ("Operator.Word", "keyword", "#a05bb8"),
    ("Literal.String", "string", "#6b8e23"),
    ("Literal.Number", "number", "#c0703a"),
    ("Name.Function", "def", "#4a80bd"),
    ("Name.Class", "def", "#4a80bd"),
    ("Name.Builtin", "builtin", "#4a80bd"),
)
"""Kinds of tokens, the notebook's own colour for each, and one that can be read on white and on black."""


class Part(NamedTuple):
    """A piece of a text; `language` is None for prose."""

    text: str
    language: str | None


def parts(text: str) -> Iterator[Part]:
    """Cut a text at its fences; a fence that is never closed goes to the end."""
    start = 0
    for found in _FENCE.finditer(text):
        if found.start() > start:
            yield Part(text[start : found.start()], None)
        yield Part(found.group(2), found.group(1))
        start = found.end()
    if start < len(text):
        yield Part(text[start:], None)


def fenced_html(text: str) -> str:
    """Draw a text as HTML without script, in the page's colours."""
    return "".join(_prose(part.text) if part.language is None else _code(part) for part in parts(text))


def _prose(text: str) -> str:
    shown = text.strip("\n")
    return f'<div style="{_TEXT}">{escape(shown)}</div>' if shown else ""


def _code(part: Part) -> str:
    return f'<pre style="{_CODE}"><code>{_coloured(part)}</code></pre>'


def _coloured(part: Part) -> str:
    if not part.language or len(part.text) > _LONGEST:
        return escape(part.text)
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(part.language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(part.text)
    return "".join(_span(str(kind), text) for kind, text in lexer.get_tokens(part.text))


def _span(kind: str, text: str) -> str:
    plain = escape(text)
    for name, own, colour in _COLOURS:
        if kind.startswith(f"Token.{name}"):
            return f'<span style="color:var(--jp-mirror-editor-{own}-color,{colour})">{plain}</span>'
    return plain
