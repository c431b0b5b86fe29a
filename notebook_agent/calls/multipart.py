"""A multipart body as plain JSON: without its boundary, with files by their hash."""

from __future__ import annotations

import hashlib
import re

from notebook_agent.ids import Json

__all__ = ["fields"]

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_PARAMETER = re.compile(rb'[;\s](name|filename)="([^"]*)"', re.IGNORECASE)
_TYPE = re.compile(rb"^content-type:\s*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)


def fields(content_type: str, body: bytes) -> dict[str, Json]:
    """Read the fields of a multipart body; one that comes several times becomes a list."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return _file("", b"", body)
    found: dict[str, list[Json]] = {}
    for part in body.split(b"--" + boundary.group(1).encode())[1:]:
        head, gap, content = part.partition(b"\r\n\r\n")
        if gap:
            name, value = _field(head, content.removesuffix(b"\r\n"))
            found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _field(head: bytes, content: bytes) -> tuple[str, Json]:
    told = {name.lower(): value.decode(errors="replace") for name, value in _PARAMETER.findall(head)}
    name, filename = told.get(b"name", ""), told.get(b"filename")
    if filename is None:
        try:
            return name, content.decode()
        except UnicodeDecodeError:
            pass
    kind = _TYPE.search(head)
    return name, _file(filename or "", kind.group(1) if kind else b"", content)


def _file(filename: str, kind: bytes, content: bytes) -> dict[str, Json]:
    return {
        "filename": filename,
        "type": kind.decode(errors="replace").strip(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
