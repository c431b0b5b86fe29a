"""Which Graphviz draws: the one in pygraphviz's wheels, or the `dot` program.

The one in the wheels answers in a millisecond, the program needs a process. What may take
long is drawn in a process of its own either way: it can be given up there, and a Graphviz
that fails on a hard drawing ends its own process and no one's notebook.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from shutil import which
from typing import TypedDict, cast

__all__ = ["Laid", "Line", "coordinates", "drawn_apart"]

_TIMEOUT = 60.0
_PATIENCE = 20.0
"""A layout that takes so many seconds is given up; what is asked for takes two."""
_lock = threading.Lock()
_DRAW = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))
"""


class _Object(TypedDict):
    name: str
    pos: str


class Line(TypedDict, total=False):
    """One arrow: `pos` is its curve, `lp` the middle of its label."""

    id: str
    pos: str
    lp: str


class Laid(TypedDict):
    """What is read of Graphviz's answer, in points, y upwards."""

    bb: str
    objects: list[_Object]
    edges: list[Line]


def coordinates(dot: str, *, apart: bool = False) -> Laid | None:
    """Lay a DOT graph out, `apart` in a process of its own; None where no Graphviz can."""
    for engine in (_apart,) if apart else (_in_process, _by_program):
        laid = _try(engine, dot)
        if laid is not None:
            return laid
    return None


def drawn_apart(source: str, kind: str, *, patience: float = _TIMEOUT) -> bytes:
    """Draw a DOT graph in a process of its own, in a format such as `png`.

    Raises:
        OSError: No process can be had.
        subprocess.SubprocessError: There is no Graphviz, it failed, or it took `patience` seconds.
    """
    program = which("dot")
    command = [program, f"-T{kind}"] if program else [sys.executable, "-c", _DRAW, kind]
    return _run(command, source, patience)


def _try(engine: Callable[[str], bytes | None], dot: str) -> Laid | None:
    try:
        answer = engine(dot)
        return None if answer is None else cast("Laid", json.loads(answer))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _in_process(dot: str) -> bytes | None:
    try:
        import pygraphviz
    except ImportError:
        return None
    with _lock, pygraphviz.AGraph(string=dot) as graph:
        return cast("bytes", graph.draw(format="json0", prog="dot"))


def _by_program(dot: str) -> bytes | None:
    program = which("dot")
    return None if program is None else _run([program, "-Tjson0"], dot, _PATIENCE)


def _apart(dot: str) -> bytes:
    return drawn_apart(dot, "json0", patience=_PATIENCE)


def _run(command: Sequence[str], source: str, patience: float) -> bytes:
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=True, timeout=patience)  # noqa: S603  # a fixed program; a format is one argument
    return done.stdout
