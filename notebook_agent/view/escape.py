"""Texts of models and users made harmless for a page, and short."""

from __future__ import annotations

import html
import re

__all__ = ["as_output", "clip", "escape", "in_one_block", "one_line", "plural", "writable"]

_EMPTY_LINES = re.compile(r"\A[ \t]*\n|\n(?=[ \t]*(?:\n|\Z))")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def escape(text: str) -> str:
    """Make a text safe between tags and inside quoted attributes, of HTML and of XML, also within Markdown.

    Characters that XML cannot hold become U+FFFD. In Markdown, where notebooks are converted to it, HTML
    ends at an empty line, and brackets after it would be links and pictures: both are written as references.
    """
    return in_one_block(html.escape(writable(text), quote=True)).replace("[", "&#91;")


def in_one_block(markup: str) -> str:
    """Write newlines that would make an empty line as references: at a text's ends, or beside another."""
    return _EMPTY_LINES.sub(lambda found: found.group().replace("\n", "&#10;"), markup.replace("\r", "&#13;"))


def as_output(markup: str) -> str:
    """Make markup a cell's output: one block of HTML in Markdown, in which MathJax looks for no formula."""
    return f'<div class="mathjax_ignore tex2jax_ignore">{in_one_block(markup)}</div>'


def one_line(text: str, limit: int) -> str:
    """Put a text on one line of at most `limit` characters, its end as an ellipsis."""
    return clip(" ".join(text[: 4 * limit].split()), limit)


def clip(text: str, limit: int) -> str:
    """Cut a text to at most `limit` characters, its end as an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def plural(count: int, noun: str) -> str:
    """Count things in words: `1 call`, `2 calls`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def writable(text: str) -> str:
    """Put U+FFFD for what no page, file or terminal can show: control characters, lone surrogates."""
    return _UNWRITABLE.sub("\ufffd", text)
