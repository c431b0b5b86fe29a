"""Small plots of one value over the checkpoints of a run."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

__all__ = ["spark_html", "spark_text"]

_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDTH, _HEIGHT, _PAD = 600, 60, 3
_GAP: Final = "·"


def spark_text(values: Sequence[float | None], width: int = 60) -> str:
    """Draw numbers as bars of text, `·` where there is none; more than `width` are thinned out."""
    shown = [values[n * len(values) // width] for n in range(width)] if len(values) > width else values
    low, span = _scale(values)
    return "".join(_GAP if value is None else _BARS[round((value - low) / span * 7)] for value in shown)


def spark_html(values: Sequence[float | None]) -> str:
    """Draw numbers as a stepped line in the page, with a gap where there is none."""
    low, span = _scale(values)
    across = (_WIDTH - 2 * _PAD) / max(len(values), 1)
    parts = []
    for n, value in enumerate(values):
        if value is not None:
            x, y = _PAD + n * across, _HEIGHT - _PAD - (value - low) / span * (_HEIGHT - 2 * _PAD)
            begins = n == 0 or values[n - 1] is None
            parts.append(f"{'M' if begins else 'L'}{x:.1f} {y:.1f}H{x + across:.1f}")
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}"><path d="{"".join(parts)}" fill="none" stroke="#1976d2" stroke-width="2"/></svg>'
    )
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{_said(values)}" src="data:image/svg+xml;base64,{data}">'


def _scale(values: Sequence[float | None]) -> tuple[float, float]:
    numbers = [value for value in values if value is not None] or [0]
    return min(numbers), (max(numbers) - min(numbers)) or 1


def _said(values: Sequence[float | None]) -> str:
    numbers = [value for value in values if value is not None]
    turns = sum(a != b for a, b in pairwise(numbers))
    return f"from {min(numbers):g} to {max(numbers):g}, {turns} changes" if numbers else "no numbers"
