"""What a store tells of what it keeps: sizes, what a removal frees, and whole runs to be carried away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State

if TYPE_CHECKING:
    from notebook_agent.store.protocol import StepRecord, StepValues

__all__ = ["PastEdit", "PastRun", "PastStep", "Reclaimed", "RunSize"]


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """What a removal took away, or would: values that no run holds, their bytes, a run's own steps."""

    nodes: int = 0
    """Values and parts of values."""
    bytes: int = 0
    """What they take in the file, compressed as they are; for a removal, what `gc` frees after it."""
    file: int = 0
    """By how many bytes the file is smaller now; it may keep its size where others use it."""
    steps: int = 0
    hidden: bool = False
    """The run is listed no more, but its forks keep what they have of it."""
    branches: int = 0
    """Runs that its steps had started, which go with it .."""
    spared: int = 0
    """.. and those that stay: pinned, running, forked or labelled by a person."""
    removed: int = 0
    """For a collection: removed runs, of all projects, that cannot be restored after it."""


@dataclass(frozen=True, slots=True)
class RunSize:
    """What a run's own steps take in the file, compressed as it is.

    What several runs hold is kept once and counts for each of them with an equal part, and so does
    within a run what several keys hold: the sizes of all runs add up to what all values take.
    """

    key: RunKey
    bytes: int
    own: int
    """Of these, what no other run holds: a removal frees that."""
    keys: Mapping[str, int]
    """By key of the state, largest first, over all the run's checkpoints."""
    parts: Mapping[str, int]
    """The rest, largest first: `inputs`, `results`, `calls`, `code`, `steps`."""
    hidden: bool = False
    """The run was removed, and is kept for its forks."""


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step with all that is kept of it."""

    record: StepRecord
    values: StepValues
    state: State
    """The state after it."""
    calls: tuple[CallRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class PastEdit:
    """A change of the state by hand, with the state that came of it; `after` is the step before it."""

    after: int | None
    at: float
    keys: tuple[str, ...]
    state: State


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run with its own steps; those before its fork point belong to its parent."""

    key: RunKey
    label: str | None
    created_at: float
    entrypoint: str
    graph: Json
    state: State
    """What it began with."""
    parent: StepRef | None = None
    notebook: str | None = None
    steps: tuple[PastStep, ...] = ()
    edits: tuple[PastEdit, ...] = ()
    """In order; those after the last step are what the next one starts from."""
    spawned_by: StepRef | None = None
    """The step that started it, if that is carried along."""
    hidden: bool = False
    """It is carried for its forks alone, as far as they need it."""
