"""Runs, and their steps as columns, on the wire."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

__all__ = ["RunLine", "RunWire", "StatusWire", "StepsWire", "Totals"]


StatusWire = Literal["new", "running", "completed", "failed", "interrupted"]


class StepsWire(TypedDict):
    """Steps in a row, as columns of equal length; the i-th has the number `first + i`.

    So ten thousand steps take 120 kB, where one object for each would take 2 MB.
    """

    first: int
    names: list[str]
    """The actions that `action` and `source` point into."""
    action: list[int]
    source: list[int]
    """The action before it, whose edge was taken; -1 for none."""
    status: str
    """A letter for each: `c`ompleted, `f`ailed, `i`nterrupted, `r`unning."""
    ms: list[float]
    """Durations, to about three digits; -1 while not known."""
    stale: list[int]
    """Which of them, by i, ran older code than the graph holds now."""
    edited: NotRequired[list[int]]
    """After which of them the state was edited by hand; told of the run in view and its past."""
    served: NotRequired[list[int]]
    """Which of them gave their record again, as their effect cannot be taken back; missing for none."""


class RunWire(TypedDict):
    """One lane. `steps` are its own; those before the fork point belong to `parent`."""

    id: str
    label: str
    status: StatusWire
    head: int | None
    next: str | None
    parent: str | None
    forkedAt: int | None
    """Step of the parent that the run starts after; None: its initial state."""
    createdAt: float
    steps: StepsWire


class RunLine(TypedDict):
    """A run of the project as the list of runs has it."""

    id: str
    label: str
    status: StatusWire
    steps: int
    """Its own."""
    action: str | None
    """Of its last step."""
    parent: str | None
    """Label of the run that it was forked from."""
    updatedAt: float
    pinned: bool


class Totals(TypedDict):
    """What the run and its past took. `cost` is None where a price is unknown."""

    calls: int
    replayed: int
    tokens: int
    cost: float | None
