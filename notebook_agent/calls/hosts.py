"""A host as a user names it: what a URL has between `//` and the next `/`."""

from __future__ import annotations

import re
from typing import Final

from notebook_agent.errors import RegisterError

__all__ = ["read_host"]

_HOST: Final = re.compile(r"(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.ASCII)
_DEFAULTS: Final = ("80", "443")
_LAST_PORT: Final = 65535


def read_host(function: str, host: object) -> str:
    """Return a host as requests name it: in lower case, without the port that its scheme has anyway.

    Raises:
        RegisterError: it is a URL, or no host; the message says what to write.
    """
    given = host.strip().lower() if isinstance(host, str) else ""
    found = _HOST.fullmatch(given)
    if found is None or int(found[1] or 0) > _LAST_PORT:
        inner = re.search(r"//([^/?#@]+@)?([^/?#@]+)", given)
        instead = inner[2] if inner and _HOST.fullmatch(inner[2]) else "localhost:8080"
        raise RegisterError(
            f"{function}: {host!r:.80} is no host. Name it as in a URL, without scheme and path, "
            f"such as {instead!r}.",
            key="host",
        )
    return given.removesuffix(f":{found[1]}") if found[1] in _DEFAULTS else given
