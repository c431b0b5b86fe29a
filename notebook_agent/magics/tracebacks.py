"""Tracebacks: secrets out of those that a shell shows, and cells by their number in those that are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from traceback import walk_tb
from typing import Any, Final

from notebook_agent.engine.failure import name_files
from notebook_agent.errors import end_at_user
from notebook_agent.redact import redact_text

__all__ = ["Tracebacks"]

_HOOK: Final = "_showtraceback"
"""What IPython calls with the lines that it has made of an exception; kernels put their own in its place."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OURS = __name__.partition(".")[0]


class Tracebacks:
    """Masks what is shown of an exception that came through our code; the exception stays as it is.

    Of an interrupt, which is nobody's mistake, our frames at the end are not shown. A provider's message
    may quote a key, and so may a line of code. In what is kept of an exception, a cell is told as the shell
    tells it: `Cell In[3]`.
    """

    def __init__(self, shell: object) -> None:
        self._shell: Any = shell
        self._show: Callable[..., object] = getattr(shell, _HOOK)
        self._had = vars(shell).get(_HOOK)
        self._forget: Callable[[], None] = lambda: None

    def install(self) -> None:
        """Mask and name from now on."""
        setattr(self._shell, _HOOK, self._show_masked)
        self._forget = name_files(self._cell)

    def uninstall(self) -> None:
        """Mask and name no more; what has been put around this since stays."""
        self._forget()
        self._forget = lambda: None
        if vars(self._shell).get(_HOOK) != self._show_masked:
            return
        if self._had is None:
            delattr(self._shell, _HOOK)
        else:
            setattr(self._shell, _HOOK, self._had)

    def _cell(self, file: str) -> str | None:
        """Return what the shell calls the cell of a file; None where it is no cell, and before IPython 8."""
        name = getattr(self._shell.compile, "format_code_name", lambda _: None)(file)
        return None if name is None else " ".join(name)

    def _show_masked(self, kind: type[BaseException], error: BaseException, lines: list[str]) -> object:
        if not _is_through_us(error):
            return self._show(kind, error, lines)
        if isinstance(error, KeyboardInterrupt):
            end_at_user(error)
            lines = self._shell.InteractiveTB.structured_traceback(kind, error, error.__traceback__)
        message = _message(error)
        clean = redact_text(message)
        shown = error if clean == message else Exception(clean)
        return self._show(kind, shown, [_masked(line) for line in lines])


def _is_through_us(error: BaseException) -> bool:
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    return any(str(frame.f_globals.get("__name__")).partition(".")[0] == _OURS for frame in frames)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # what a user's __str__ raises is for the shell to show
        return ""


def _masked(text: str) -> str:
    """Mask a text; one that holds a secret loses its colours, which may stand within."""
    plain = _COLOUR.sub("", text)
    clean = redact_text(plain)
    return text if clean == plain else clean
