"""What a reference comes to: a run, a step of it, and whether edits by hand since then count."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from notebook_agent.history import History, edits_after
from notebook_agent.session.results import run_name
from notebook_agent.session.words import listing
from notebook_agent.state import State

__all__ = ["Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A checkpoint of a run.

    Attributes:
        history: The run.
        seq: Number of the step; None for the initial state.
        latest: Whether it is the run as it stands now, with what was edited by hand since its last step;
            else it is the step as it ended.
    """

    history: History
    seq: int | None
    latest: bool = False

    @property
    def name(self) -> str:
        """What it is called: the run, and the step's number."""
        return f"{run_name(self.history.run)}@{'start' if self.seq is None else self.seq}"

    def state(self) -> State:
        """Return the state there."""
        return self.history.store.head_state(self.history.key) if self.latest else self.history.at(self.seq)

    def edited(self) -> list[str]:
        """Return the keys that it has by hand, and not by its step."""
        if not self.latest:
            return []
        return list(dict.fromkeys(key for edit in edits_after(self.history, self.seq) for key in edit.keys))

    def left_out(self, command: str, given: Collection[str] = ()) -> str:
        """Say which edits by hand after the step it does not have, and the command that takes them.

        Keys that are `given` beside it are not left out.
        """
        if self.latest or self.seq is None:
            return ""
        made = list(edits_after(self.history, self.seq))
        keys = list(dict.fromkeys(key for edit in made for key in edit.keys if key not in given))
        if not keys:
            return ""
        run = run_name(self.history.run)
        told = f"as @{self.seq} ended: {listing(keys)}, edited by hand since, {_is(keys)} left out"
        if self.seq == self.history.run.head:
            return f"{told}; {command} {run}@head takes {_them(keys)}"
        begun = any(edit.forked is not None and edit.after.run == self.history.key for edit in made)
        return f"{told}; {command} {run}@start takes {_them(keys)}" if begun else told


def _is(keys: list[str]) -> str:
    return "are" if keys[1:] else "is"


def _them(keys: list[str]) -> str:
    return "them" if keys[1:] else "it"
