"""Text of fixed pitch in a page, set as a notebook sets what a cell prints."""

from __future__ import annotations

__all__ = ["pre"]

_STYLE = (
    "margin:.35em 0;line-height:1.4;font-size:var(--jp-code-font-size,1em);"
    "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
)


def pre(content: str) -> str:
    """Set a piece of HTML in fixed pitch, its lines as they are; only what is too long is broken."""
    return f'<pre style="{_STYLE}">{content}</pre>'
