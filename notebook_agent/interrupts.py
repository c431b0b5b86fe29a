"""Ctrl-C and a notebook's Stop: held back while a run is written down, let through in users' functions.

Python raises a KeyboardInterrupt between any two instructions of the main thread. In the middle
of our own work it would leave a step claimed and never ended, or a run that is not where its store
says. So what is held waits for the next `exposed` call, or for the end.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # no stub; its enums make `signal` ten times as slow
import signal
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["check", "exposed", "held"]

V = TypeVar("V")
_SIGINT = int(signal.SIGINT)


class _Main:
    """What the main thread, which alone is interrupted, does at this moment."""

    held = False
    waits = False


def _came(signum: int, frame: object) -> None:
    if _Main.held:
        _Main.waits = True
    else:
        signal.default_int_handler(signum, frame)  # type: ignore[arg-type]  # it takes any frame


def _on_main() -> bool:
    return threading.get_ident() == threading.main_thread().ident


class held:  # noqa: N801  # used as a function, and a class because each step enters it
    """Hold an interrupt back to the end of this block, or to the next `exposed` call in it.

    Does nothing on other threads, and where somebody else handles the signal.
    """

    __slots__ = ("_first", "_mine")

    def __enter__(self) -> None:
        self._first = self._mine = False
        if _Main.held or not _on_main():
            return
        handler = _signal.getsignal(_SIGINT)
        self._first = handler is signal.default_int_handler
        self._mine = self._first or handler is _came
        try:
            _Main.held = self._mine
            if self._first:
                _signal.signal(_SIGINT, _came)
        except KeyboardInterrupt:
            _Main.held = False
            raise

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._mine:
            return
        try:
            if self._first and _signal.getsignal(_SIGINT) is _came:
                _signal.signal(_SIGINT, signal.default_int_handler)
        finally:
            _Main.held = False
        if _Main.waits:
            _Main.waits = False
            if kind is None or not issubclass(kind, KeyboardInterrupt):
                raise KeyboardInterrupt


def exposed(function: Callable[..., V], /, *arguments: object, **keywords: object) -> V:
    """Call a function of a user: an interrupt that waits is raised before it, one that comes in it."""
    __tracebackhide__ = True
    if not (_Main.held and _on_main()):
        return function(*arguments, **keywords)
    try:
        _Main.held = False
        if _Main.waits:
            _Main.waits = False
            raise KeyboardInterrupt
        return function(*arguments, **keywords)
    finally:
        _Main.held = True


def check() -> None:
    """Raise the interrupt that waits, if one does, where nothing is left half done."""
    if _Main.waits and _Main.held and _on_main():
        _Main.waits = False
        raise KeyboardInterrupt
