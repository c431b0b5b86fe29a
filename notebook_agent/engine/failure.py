"""An exception as it is kept with its step, and as it leaves the run: the user's own frame on top."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from notebook_agent import redact
from notebook_agent.action import Node
from notebook_agent.errors import AgentError, RunError, end_at_user
from notebook_agent.ids import RunKey
from notebook_agent.store.protocol import Failure, Status

if TYPE_CHECKING:
    from traceback import FrameSummary

__all__ = [
    "describe",
    "leaving",
    "name_files",
    "note_report",
    "note_second",
    "own_frames",
    "reported_by",
    "status_of",
]

_FILE = re.compile(r'File "([^"\n]+)"(?=, line \d)')
_names: list[Callable[[str], str | None]] = []
_REPORT = "__notebook_agent_report__"
_HERE = __name__.partition(".")[0]


def status_of(error: BaseException) -> Status:
    """Return `failed`, or `interrupted` for what stops a program: Stop, a cancelled task, an exit."""
    return "failed" if isinstance(error, Exception) else "interrupted"


def note_second(error: BaseException, second: Exception) -> None:
    """Note on an error that is on its way what a hook raised after it."""
    note = f"After this a hook raised {type(second).__name__}: {_message(second)}"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def leaving(error: Exception) -> Exception:
    """Return what a hook raised as it can leave the run loop: a StopIteration would end it without a word."""
    if not isinstance(error, StopIteration):
        return error
    told = RunError("A hook raised StopIteration. Where it calls next(..), give a default.")
    told.__cause__ = error
    return told


def reported_by(error: BaseException) -> RunKey | None:
    """Return the run that has put its report on an error: the inner one, where runs lie in each other."""
    found: tuple[RunKey, str] | None = vars(error).get(_REPORT)
    return None if found is None else found[0]


def note_report(error: BaseException, run: RunKey, report: str) -> None:
    """Put a run's report on an error, in the place of the one of an earlier step."""
    notes = vars(error).setdefault("__notes__", [])  # `add_note` fails where an exception is frozen
    notes[:] = [note for note in notes if (run, note) != vars(error).get(_REPORT)] + [report]
    vars(error)[_REPORT] = run, report


def own_frames(error: BaseException) -> BaseException:
    """Drop our frames from a traceback: the engine's, and those under an error of ours or an interrupt."""
    if isinstance(error, AgentError | KeyboardInterrupt):
        end_at_user(error)
    frame = error.__traceback__
    while frame is not None and _is_ours(frame):
        frame = frame.tb_next
    return error if frame is None else error.with_traceback(frame)


def name_files(name: Callable[[str], str | None]) -> Callable[[], None]:
    """Ask from now on what a file in a kept traceback is called, such as `Cell In[3]`; None for its path.

    Returns:
        What ends that.
    """
    _names.append(name)
    return lambda: _names.remove(name)


def describe(error: BaseException, action: Node | None = None) -> Failure:
    """Return an exception as text: class, message and whole traceback, secrets masked.

    An error of ours about what an action did, which no line of the user's raised, points to the action.
    """
    import traceback

    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    told = traceback.TracebackException.from_exception(error, compact=True)
    if action is not None and isinstance(error, AgentError) and _all_ours(error.__traceback__):
        told.stack = traceback.StackSummary.from_list(_first_line(action))
    lines = "".join(told.format())
    return Failure(name, redact.redact_text(_message(error)), redact.redact_text(_FILE.sub(_named, lines)))


def _all_ours(frame: TracebackType | None) -> bool:
    while frame is not None and _is_ours(frame):
        frame = frame.tb_next
    return frame is None


def _first_line(action: Node) -> list[FrameSummary]:
    """Return where an action is defined, its decorator first, as a traceback has it; nothing if unknown."""
    from traceback import FrameSummary

    places = (action.origin, *(getattr(action.origin, name, None) for name in ("run_and_update", "run")))
    code = next((found for each in places if (found := getattr(each, "__code__", None)) is not None), None)
    return [] if code is None else [FrameSummary(code.co_filename, code.co_firstlineno, code.co_name)]


def _named(file: re.Match[str]) -> str:
    return next((told for each in _names if (told := each(file[1])) is not None), file[0])


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # any exception of a user must leave its step failed, not open
        return f"(the message of this {type(error).__name__} cannot be shown: its __str__ raises)"


def _is_ours(frame: TracebackType) -> bool:
    module = str(frame.tb_frame.f_globals.get("__name__", ""))
    return module == _HERE or module.startswith(f"{_HERE}.")
