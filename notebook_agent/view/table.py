"""Tables that read well as plain text, as static HTML and in Markdown exports."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from notebook_agent.view.escape import escape, one_line, writable

__all__ = ["Table"]

_WIDEST = 72


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under column names. Columns named in `right` hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[str] = frozenset()
    empty: str = "nothing"
    """What is said where there is no row."""

    @property
    def text(self) -> str:
        """The table as lines of text, columns aligned."""
        if not self.rows:
            return self.empty
        rows = [
            self.columns,
            *(tuple(one_line(writable(cell), _WIDEST) for cell in row) for row in self.rows),
        ]
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        return "\n".join(self._line(row, widths) for row in rows)

    @property
    def html(self) -> str:
        """The table as HTML that carries no script and takes the page's colours."""
        if not self.rows:
            return f"<p>{escape(self.empty)}</p>"
        head = "".join(f'<th style="{self._style(name)}">{escape(name)}</th>' for name in self.columns)
        body = "".join(f"<tr>{self._cells(row)}</tr>" for row in self.rows)
        content = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        return f'<table style="border-collapse:collapse">{content}</table>'

    def _line(self, row: Sequence[str], widths: Sequence[int]) -> str:
        cells = zip(self.columns, row, widths, strict=True)
        return "  ".join(_pad(cell, width, right=name in self.right) for name, cell, width in cells).rstrip()

    def _cells(self, row: Sequence[str]) -> str:
        named = zip(self.columns, row, strict=True)
        return "".join(f'<td style="{self._style(name)}">{escape(cell)}</td>' for name, cell in named)

    def _style(self, column: str) -> str:
        side = "right" if column in self.right else "left"
        return f"text-align:{side};vertical-align:top;padding:2px 10px;white-space:pre-wrap"


def _pad(text: str, width: int, *, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap


def _width(text: str) -> int:
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
