"""Which LLM calls of a session's applications may leave, decided anew whenever a run starts."""

from __future__ import annotations

import os
from pathlib import Path

from notebook_agent.application import Application
from notebook_agent.calls import STAND_IN_KEY, Recording
from notebook_agent.calls.protocol import CallSource, LedgerMode
from notebook_agent.errors import CommandError
from notebook_agent.ids import RunKey

__all__ = ["Replay"]

_KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
_SET_KEY = f"Set {_KEYS[0]} (or {_KEYS[1]})"
_Mode = tuple[LedgerMode, CallSource | None]


class Replay:
    """What is served to the applications of a session, and what each was built with.

    The session's setting comes before an application's own mode, unless it is `auto`. A file
    of recorded calls comes before both, while no key is set.
    """

    def __init__(self) -> None:
        self._recording: Recording | None = None
        self._name = ""
        self._own: dict[RunKey, _Mode] = {}
        self._given: dict[RunKey, _Mode] = {}

    def choose(self, path: str | Path | None, setting: LedgerMode) -> str:
        """Serve the calls of a file from now on, or of none; return what that means, as a sentence."""
        self._recording = None if path is None else _load(Path(path))
        self._name = "" if path is None else Path(path).name
        if self._recording is None:
            return ""
        if not _has_key():
            return f"no key is set: LLM calls are replayed from {self._name}"
        if setting == "strict":
            return f"AgentMagics.ledger is strict: LLM calls are replayed from {self._name}"
        return "LLM calls are live"

    def apply(self, app: Application, setting: LedgerMode, *, fresh: bool = False) -> None:
        """Say which calls of an application may leave; what it was told elsewhere is its own mode.

        Raises:
            CommandError: `fresh` is asked for, and no call may leave.
        """
        now = app.ledger, app.recording
        if self._given.get(app.key) != now:
            self._own[app.key] = now
        mode, recording = self._mode(self._own[app.key], setting)
        if fresh:
            self._check_fresh(setting)
            mode = "fresh"
        app.ledger, app.recording = self._given[app.key] = mode, recording

    def inherit(self, source: RunKey, fork: RunKey) -> None:
        """Let a fork have the modes of the application that it comes from."""
        for known in (self._own, self._given):
            if source in known:
                known[fork] = known[source]

    def _mode(self, own: _Mode, setting: LedgerMode) -> _Mode:
        if self._recording is not None:
            self._recording.advice = "" if _has_key() else f"{_SET_KEY}, then: %agent retry"
            if setting == "strict" or not _has_key():
                return "strict", self._recording
        return own if setting == "auto" else (setting, own[1])

    def _check_fresh(self, setting: LedgerMode) -> None:
        if setting == "strict":
            raise CommandError(
                "--fresh calls the model, and AgentMagics.ledger is strict: "
                "%config AgentMagics.ledger = 'auto' lets it"
            )
        if self._recording is not None and not _has_key():
            raise CommandError(
                f"--fresh calls the model, and no key is set (LLM calls are replayed from {self._name}): "
                f"{_SET_KEY[0].lower()}{_SET_KEY[1:]} first, or retry without --fresh"
            )


def _has_key() -> bool:
    return any(os.environ.get(name, STAND_IN_KEY) not in {"", STAND_IN_KEY} for name in _KEYS)


def _load(path: Path) -> Recording:
    if not path.is_file():
        raise CommandError(f"--recorded {path}: there is no such file", path=str(path))
    return Recording.load(path)
