"""Commands that keep, weigh and remove runs; what removes says first what that would take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notebook_agent.errors import CommandError, RunError
from notebook_agent.session.forks import check_label
from notebook_agent.session.references import find_only, typed_name
from notebook_agent.session.results import run_name
from notebook_agent.session.shown import Table
from notebook_agent.session.words import as_word, listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import Reclaimed, RunRecord, RunSize
from notebook_agent.view.brief import short_id, size
from notebook_agent.view.escape import escape, plural

__all__ = ["Sizes", "delete", "file_size", "gc", "pin", "relabel", "restore", "size_line", "sizes"]

_SHOWN = 3
_QUICK = 50_000_000
"""A larger store is not weighed where nobody asked for it."""


@dataclass(frozen=True, slots=True, repr=False)
class Sizes(Table):
    """What runs take; `note` says how shared content is counted."""

    note: str = ""

    def __str__(self) -> str:
        return f"{Table.__str__(self)}\n{self.note}"

    def html(self) -> str:
        """Return the table as HTML."""
        return f"{Table.html(self)}<div>{escape(self.note)}</div>"


def relabel(ws: Workspace, label: str | None, run: str | None) -> str:
    """Give a run another label; the sentence says where another run of the project has it too."""
    record = ws.record(run)
    if label is not None and label == record.label:
        return f"{label} is called so already"
    check_label(ws, label)
    ws.store().label_run(record.key, label)
    if label is None:
        return f"{run_name(record)} has no label any more: it goes by its id, {short_id(record.key.app_id)}"
    others = [each for each in ws.runs() if each.label == label and each.key != record.key]
    told = f"{run_name(record)} is now called {label}"
    if not others:
        return told
    ids = listing(short_id(each.key.app_id) for each in others)
    return (
        f"{told}; {ids} of another family {'are' if others[1:] else 'is'} called so too: each goes by its id"
    )


def pin(ws: Workspace, run: str | None, *, off: bool) -> str:
    """Keep a run from being removed, or no longer."""
    record = ws.record(run)
    ws.store().pin_run(record.key, not off)
    name = run_name(record)
    return f"{name} can be removed again" if off else f"{name} is pinned: %agent delete refuses it"


def delete(ws: Workspace, run: str, *, now: bool) -> str:
    """Remove a run, or say what that would take."""
    record = find_only(run, ws.runs())
    name, number = run_name(record), short_id(record.key.app_id)
    named = name if name == number else f"{name} ({number})"
    if ws.app is not None and ws.app.key == record.key:
        raise CommandError(f"{name} is in use: take another run into use first, %agent use RUN")
    if record.pinned:
        raise RunError(
            f"{name} is pinned: %agent pin {as_word(run)} --off lets it be removed", run=record.key.app_id
        )
    found = ws.store().delete_run(record.key, dry_run=not now)
    ws.apps.pop(record.key, None) if now else None
    all_steps = plural(record.steps, "step")
    own = f"{found.steps:,} of its {all_steps}" if found.hidden else f"{all_steps} of its own"
    what = f"{own}{_branches(found)}"
    kept = "; its forks keep what they have of it" if found.hidden else ""
    if now:
        back = f"%agent restore {as_word(run)} brings it back until %agent gc --now"
        return f"{named} is gone, {what}{kept}; {back}"
    freed = f", {size(found.bytes)} that no other run holds" if found.bytes else ""
    return f"{named} would go: {what}{freed}{kept}. %agent delete {as_word(run)} --now removes it"


def restore(ws: Workspace, run: str) -> str:
    """Bring a removed run back."""
    removed = ws.store().removed(ws.project())
    if not removed:
        raise CommandError("no run of this project was deleted since the last %agent gc --now")
    record = ws.store().restore_run(find_only(run, removed).key)
    name = typed_name(record, ws.runs())
    steps = plural(record.steps, "step")
    return f"{name} is back, {steps} of its own: %agent use {as_word(name)} goes on with it"


def _branches(found: Reclaimed) -> str:
    """What becomes of the runs that its steps had started."""
    gone = f" and {_branch(found.branches)} of them" if found.branches else ""
    one = found.spared == 1
    why = f"{'is' if one else 'are'} pinned, labelled, forked or running, and {'stays' if one else 'stay'}"
    return gone + (f" ({_branch(found.spared)} {why})" if found.spared else "")


def _branch(count: int) -> str:
    return f"{count:,} {'branch' if count == 1 else 'branches'}"


def gc(ws: Workspace, *, now: bool) -> str:
    """Give back the space of what no run holds, or say how much that is and what cannot be undone then."""
    removed = ws.store().removed(ws.project())
    found = ws.store().gc(dry_run=not now)
    lost = _lost(removed, found.removed)
    if now:
        return _collected(found, lost)
    if not found.nodes and not lost:
        return f"nothing to give back: every value belongs to a run{_file(ws)}"
    then = f", and %agent restore cannot bring back {lost} then" if lost else ""
    if not found.nodes:
        return f"every value belongs to a run{_file(ws)}: %agent gc --now takes away what was removed{then}"
    return f"{_values(found)} belong to no run any more{_file(ws)}: %agent gc --now gives them back{then}"


def _collected(found: Reclaimed, lost: str) -> str:
    values = f"{_values(found)} are gone" if found.nodes else "every value belongs to a run"
    then = f"; %agent restore cannot bring back {lost} any more" if lost else ""
    return f"{values}; the file is {size(found.file)} smaller{then}"


def _values(found: Reclaimed) -> str:
    return f"{size(found.bytes)} in {plural(found.nodes, 'value')}"


def _file(ws: Workspace) -> str:
    found = file_size(ws.store().location)
    return f" (the file has {found})" if found else ""


def file_size(location: str) -> str:
    """Say what a store's file takes, with its log; nothing of a store in memory."""
    files = [each for each in (Path(location), Path(f"{location}-wal")) if each.is_file()]
    return size(sum(each.stat().st_size for each in files)) if files else ""


def _lost(removed: Sequence[RunRecord], count: int) -> str:
    """Count removed runs of all projects, and name those of this one."""
    if not count:
        return ""
    names = [typed_name(each, removed) for each in removed[:_SHOWN]]
    named = ", ".join([*names, *([".."] if count > len(names) else [])])
    return f"{plural(count, 'removed run')} ({named})"


def sizes(ws: Workspace) -> Sizes:
    """Return what each run of the project takes, by key of the state."""
    found = ws.store().sizes(ws.project())
    names = {record.key: run_name(record) for record in ws.runs()}
    used = None if ws.app is None else ws.app.key
    rows = tuple(
        (
            "→" if each.key == used else "",
            names.get(each.key, f"{short_id(each.key.app_id)} (removed, kept for its forks)"),
            size(each.bytes),
            size(each.own),
            _listed(each),
        )
        for each in found
    )
    total = size(sum(each.bytes for each in found))
    return Sizes(("", "run", "size", "its own", "of which"), rows, "no runs yet", _note(total, len(found)))


def size_line(ws: Workspace) -> str:
    """Say what takes most of the run in use, where that is found quickly."""
    location = Path(ws.store().location)
    if ws.app is None or (location.is_file() and location.stat().st_size > _QUICK):
        return "%agent runs --size lists them"
    key = ws.app.key
    found = next((each for each in ws.store().sizes(key.project) if each.key == key), None)
    return "" if found is None else f"{ws.label()} {size(found.bytes)}: {_listed(found)}"


def _listed(found: RunSize) -> str:
    """The largest keys and other parts of a run."""
    every = sorted(_marked(found.keys, found.parts), key=lambda item: -item[1])
    return ", ".join(f"{name} {size(taken)}" for name, taken in every[:_SHOWN] if taken)


def _marked(keys: Mapping[str, int], parts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    yield from keys.items()
    yield from ((f"({name})", taken) for name, taken in parts.items())


def _note(total: str, count: int) -> str:
    shared = "what several of them hold is kept once, and counts for each with an equal part"
    return (
        f"{plural(count, 'run')}, {total}, compressed as it is kept; {shared}. (..) is no key of the state."
    )
