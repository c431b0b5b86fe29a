"""Questions to the past of a run; none of them changes anything."""

from __future__ import annotations

from notebook_agent.history.blame import NEAREST, Blame, Origin
from notebook_agent.history.calls import Made, calls_below, made, runs_below, task_order
from notebook_agent.history.compare import Change, changes, last_key, path_of
from notebook_agent.history.family import family
from notebook_agent.history.flips import Flip, flip, flip_of
from notebook_agent.history.history import History
from notebook_agent.history.parting import first_difference
from notebook_agent.history.spans import Span, attributes_of, spans_of
from notebook_agent.history.standing import edits_after, fork_point
from notebook_agent.history.textdiff import DiffLine, text_diff
from notebook_agent.history.versions import (
    CallChange,
    CodeChange,
    call_changes,
    code_changes,
    same_call,
)
from notebook_agent.history.watch import Bisection, Point, Watched, WatchStopped, bisect

__all__ = [
    "NEAREST",
    "Bisection",
    "Blame",
    "CallChange",
    "Change",
    "CodeChange",
    "DiffLine",
    "Flip",
    "History",
    "Made",
    "Origin",
    "Point",
    "Span",
    "WatchStopped",
    "Watched",
    "attributes_of",
    "bisect",
    "call_changes",
    "calls_below",
    "changes",
    "code_changes",
    "edits_after",
    "family",
    "first_difference",
    "flip",
    "flip_of",
    "fork_point",
    "last_key",
    "made",
    "path_of",
    "runs_below",
    "same_call",
    "spans_of",
    "task_order",
    "text_diff",
]
