"""How a person names a run and a step: `@5 @-1 @head @start @choose_mode chat-7f3a@5`.

A step is named by its number, by its distance from the end, or by its action
(the last step that ran it). A run is named by its label or by any beginning of
its id that no other run shares.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from notebook_agent.errors import CommandError, UnknownRunError, UnknownStepError
from notebook_agent.redact import redact_text
from notebook_agent.session.words import hint, listing
from notebook_agent.store.protocol import RunRecord, StepRecord
from notebook_agent.view.brief import short_id
from notebook_agent.view.escape import plural

__all__ = [
    "Reference",
    "Where",
    "begins_several",
    "check_name",
    "find_only",
    "find_run",
    "find_step",
    "is_reference",
    "read_reference",
    "typed_name",
]

Where = int | str | None
"""A step as given to a command: its number, a reference such as `"@-1"`, or None for the default."""

_NUMBER = re.compile(r"-?\d+")
_LABEL = re.compile(r"\w[\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as written: a run (None: the one in use) and a step (None: its head)."""

    run: str | None = None
    step: str | None = None


def is_reference(text: str) -> bool:
    """Tell a reference to a step from any other word."""
    run, at, step = text.rpartition("@")
    return bool(at and step) and " " not in run


def read_reference(where: Where) -> Reference:
    """Read what names a step.

    Raises:
        CommandError: the text is no reference.
    """
    if where is None:
        return Reference()
    if isinstance(where, int):
        return Reference(step=str(where))
    run, at, step = where.rpartition("@") if isinstance(where, str) else ("", "", "")
    if not at or not step:
        number = where if isinstance(where, str) and where.isdecimal() else 5
        raise CommandError(
            f"{where!r} names no step: write @{number}, @-1, @head, @start, @ACTION or RUN@{number}"
        )
    return Reference(run=run or None, step=step)


def check_name(label: str) -> None:
    """Refuse a label that could not be typed as a run's name.

    Raises:
        CommandError: it is empty, has other characters, means a step, or holds a secret.
    """
    if isinstance(label, str) and (masked := redact_text(label)) != label:
        raise CommandError(
            f"a label is shown wherever its run is, and this one holds a secret ({masked}): take another name"
        )
    if (
        not isinstance(label, str)
        or not _LABEL.fullmatch(label)
        or label in {"head", "start"}
        or label.isdecimal()
    ):
        raise CommandError(
            f"{label!r} is no label: take up to 64 letters, digits and . _ - such as first-try; a number, "
            "head or start would mean a step",
            key=label,
        )


def find_run(name: str, runs: Sequence[RunRecord], *, family: Sequence[RunRecord] = ()) -> RunRecord:
    """Return the run of this label or id, or the one whose label or id alone begins so.

    Runs of the `family` come first, so that a name means the branch at hand; of several
    runs with one label the newest is meant (`runs` are newest first).

    Raises:
        UnknownRunError: no run is called so, or several are.
    """
    if not isinstance(name, str):
        raise UnknownRunError(f"{name!r} names no run: its label or the beginning of its id does")
    for group in (family, runs):
        for run in group:
            if name in {run.label, run.key.app_id}:
                return run
        started = [run for run in group if name and _begins(run, name)]
        if len(started) == 1:
            return started[0]
        if started and group is runs:
            names = listing(map(_name, started))
            raise UnknownRunError(
                f"{name!r} begins several runs' names ({names}): write more of it", run=name
            )
    labels = [_name(run) for run in runs]
    raise UnknownRunError(f"no run is called {name!r}.{hint(name, labels, 'runs')}", run=name)


def begins_several(name: str, runs: Sequence[RunRecord]) -> bool:
    """Return whether a word begins the names of more than one run."""
    return len([run for run in runs if name and _begins(run, name)]) > 1


def find_only(name: str, runs: Sequence[RunRecord]) -> RunRecord:
    """Return the run of this label, or whose id begins so, where it cannot mean another one.

    Raises:
        UnknownRunError: no run is called so, or several are; the message has their ids.
    """
    found = [run for run in runs if name in {run.label, run.key.app_id}]
    found = found or [run for run in runs if name and run.key.app_id.startswith(name)]
    if not found:
        raise UnknownRunError(f"no run is called {name!r}.{hint(name, map(_name, runs), 'runs')}", run=name)
    if len(found) == 1:
        return found[0]
    ids = listing(f"{short_id(run.key.app_id)} with {plural(run.steps, 'step')}" for run in found)
    raise UnknownRunError(f"{name!r} names several runs: say which by its id ({ids})", run=name)


def typed_name(run: RunRecord, runs: Sequence[RunRecord]) -> str:
    """Return what to type for a run: its label where no other of the runs has it, else its short id."""
    others = {each.label for each in runs if each.key != run.key}
    return run.label if run.label and run.label not in others else short_id(run.key.app_id)


def _name(run: RunRecord) -> str:
    return run.label or run.key.short


def _begins(run: RunRecord, name: str) -> bool:
    return run.key.app_id.startswith(name) or (run.label or "").startswith(name)


def find_step(step: str | None, steps: Sequence[StepRecord], run: str) -> int | None:
    """Return the number of the step that `step` names, None for the initial state.

    `steps` are the run's, its ancestors' first. Without a name it is the last one.

    Raises:
        UnknownStepError: the run has no such step.
    """
    if step in {None, "head"}:
        return steps[-1].seq if steps else None
    if step == "start":
        return None
    if _NUMBER.fullmatch(str(step)):
        return _by_number(int(str(step)), steps, run)
    return _by_action(str(step), steps, run)


def _by_number(number: int, steps: Sequence[StepRecord], run: str) -> int:
    known = [step.seq for step in steps]
    if number < 0 and -number <= len(known):
        return known[number]
    if number in known:
        return number
    raise UnknownStepError(f"@{number}: {run} has {_extent(known)}", run=run, seq=number)


def _extent(known: Sequence[int]) -> str:
    if not known:
        return "no step yet (only @start)"
    return f"{plural(len(known), 'step')} ({known[0]}{f'-{known[-1]}' if known[1:] else ''})"


def _by_action(action: str, steps: Sequence[StepRecord], run: str) -> int:
    for step in reversed(steps):
        if step.action == action:
            return step.seq
    names = dict.fromkeys(step.action for step in steps)
    near = hint(action, names, "actions so far")
    raise UnknownStepError(f"no step of {run} ran {action!r}.{near}", run=run, action=action)
