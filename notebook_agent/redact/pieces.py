"""Secrets in a text that came in pieces, none of which need look like one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notebook_agent.redact.masking import secret_spans

__all__ = ["redact_pieces"]


def redact_pieces(pieces: Sequence[str]) -> list[str]:
    """Redact a text that came in pieces: a rule's name stands in the piece in which its secret began."""
    whole = "".join(pieces)
    spans, redacted, start = _apart(secret_spans(whole)), list[str](), 0
    for piece in pieces:
        redacted.append(_piece(whole, start, start + len(piece), spans))
        start += len(piece)
    return redacted


def _piece(whole: str, start: int, end: int, spans: Iterable[tuple[int, int, str]]) -> str:
    text, at = "", start
    for first, last, name in spans:
        if last > at and first < end:
            text += whole[at:first] + (f"[{name}]" if first >= start else "")
            at = min(last, end)
    return text + whole[at:end]


def _apart(found: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Make one of spans that overlap."""
    apart: list[tuple[int, int, str]] = []
    for start, end, name in sorted(found):
        if apart and start < apart[-1][1]:
            first, last, known = apart.pop()
            apart.append((first, max(last, end), known))
        else:
            apart.append((start, end, name))
    return apart
