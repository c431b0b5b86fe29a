"""What stands in, while nothing is sent, for the settings without which SDKs refuse to be used."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

__all__ = ["STAND_IN_KEY", "stand_ins"]

STAND_IN_KEY = "no-key"
"""What a key is that is not set while a step runs that sends nothing; too short to be taken for a secret."""

_VALUES: Mapping[str, str] = {
    "OPENAI_API_KEY": STAND_IN_KEY,
    "ANTHROPIC_API_KEY": STAND_IN_KEY,
    "AZURE_OPENAI_API_KEY": STAND_IN_KEY,
    "AZURE_OPENAI_ENDPOINT": "http://nothing-is-sent.invalid",
    "OPENAI_API_VERSION": "none",
}
"""The names that `openai` 2 and 3 (with its Azure clients) and `anthropic` read."""


class _StandIns:
    """Lends the environment what it lacks, once for all who need it at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._borrowers = 0
        self._lent: dict[str, str | None] = {}

    def lend(self) -> None:
        """Set what is missing or empty."""
        with self._lock:
            self._borrowers += 1
            for name, value in _VALUES.items():
                found = os.environ.get(name)
                if not found and name not in self._lent:
                    self._lent[name] = found
                    os.environ[name] = value

    def take_back(self) -> None:
        """Put back what was there, when nobody needs it any more; what others have set since stays."""
        with self._lock:
            self._borrowers -= 1
            if self._borrowers:
                return
            for name, before in self._lent.items():
                if os.environ.get(name) == _VALUES[name]:
                    _put(name, before)
            self._lent.clear()


def _put(name: str, value: str | None) -> None:
    if value is None:
        del os.environ[name]
    else:
        os.environ[name] = value


stand_ins = _StandIns()
