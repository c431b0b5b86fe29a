"""Pictures among values: recognised by their first bytes alone, never by what a text claims."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

__all__ = ["Image", "image_in"]

_LARGEST = 8_000_000
_SHORTEST = 48
_HEAD = 64

_BASE64_STARTS = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its type as its bytes show it, and the bytes."""

    mime: str
    data: bytes

    @property
    def base64(self) -> str:
        """The bytes as base64 text."""
        return base64.b64encode(self.data).decode()


def image_in(value: object) -> Image | None:
    """Find a PNG, JPEG, GIF or WebP in bytes, in base64 or in a `data:` address; else None."""
    if isinstance(value, bytes | bytearray):
        return _from_bytes(bytes(value)) if len(value) <= _LARGEST else None
    if isinstance(value, str) and _SHORTEST <= len(value) <= _LARGEST * 4 // 3:
        return _from_text(value)
    return None


def _from_bytes(data: bytes) -> Image | None:
    mime = _mime(data)
    return Image(mime, data) if mime else None


def _from_text(text: str) -> Image | None:
    if text.startswith("data:image/"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            return None
    if not text.startswith(_BASE64_STARTS) or not _mime(_decode(text[:_HEAD])):
        return None
    return _from_bytes(_decode(text))


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _mime(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None
