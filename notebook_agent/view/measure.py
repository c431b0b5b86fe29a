"""How wide a text is drawn: an estimate that holds for the usual sans-serif fonts.

The widths are those of DejaVu Sans, in thousandths of the font's size: the widest of
the fonts that a page's `sans-serif` or `system-ui` commonly means, so a text may be
drawn narrower than measured, never much wider.
"""

from __future__ import annotations

import unicodedata

__all__ = ["FONT_SIZE", "text_width"]

FONT_SIZE = 13.0
"""Of a box's label, in the units of the drawing."""

_GROUPS = {
    "ijl'|I": 295,
    " ,./:;![]()f": 350,
    'tr"-': 415,
    "sz_*J^`": 530,
    "ckvxyTFLYE": 615,
    "abdeghnopqu$?0123456789": 640,
    "ABKPRSVXZC&": 700,
    "DGHNOQU=+<>~#": 790,
    "wmMW%@": 975,
}
_WIDTHS = {char: width for chars, width in _GROUPS.items() for char in chars}
_OTHER = 690
_WIDE = 1000


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """Estimate a line's width at a font size, in the same unit."""
    return sum(map(_advance, text)) * size / 1000


def _advance(char: str) -> int:
    known = _WIDTHS.get(char)
    if known is not None:
        return known
    if unicodedata.combining(char):
        return 0
    return _WIDE if unicodedata.east_asian_width(char) in "WF" else _OTHER
