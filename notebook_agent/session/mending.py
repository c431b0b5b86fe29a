"""The counterfactual of a bisection: the last good values put in where it first fails, and run on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from notebook_agent.errors import CommandError
from notebook_agent.history import History
from notebook_agent.history.compare import same
from notebook_agent.history.watch import question_of
from notebook_agent.session.gridview import GridView
from notebook_agent.session.mapping import Trial, map_forks
from notebook_agent.session.references import Where
from notebook_agent.session.results import run_name
from notebook_agent.session.shown import Shown, values_line
from notebook_agent.session.watching import BisectView, Question, up_to
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.escape import escape
from notebook_agent.view.pre import pre

__all__ = ["Mended", "mend"]

_ABSENT = object()


@dataclass(frozen=True, slots=True, repr=False)
class Mended(Shown):
    """What a run had come to, had a predicate held where it first failed.

    Attributes:
        found: The bisection.
        put: The last good values of the keys that the predicate reads, as they were put in.
        view: The forks that went on with them.
    """

    found: BisectView
    put: Mapping[str, object]
    view: GridView

    def __str__(self) -> str:
        return f"{self._head()}\n{self.view}"

    def html(self) -> str:
        """Return the same, with the tables of the forks."""
        return f"{pre(escape(self._head()))}{self.view.html()}"

    def _head(self) -> str:
        good = self.found.found.last_good
        seq = "start" if good is None or good.seq is None else good.seq
        bad = self.found.found.first_bad
        if bad is not None and bad.edit is not None:
            at = "start" if bad.seq is None else bad.seq
            return f"{self.found}\nrun on from @{at} without that edit: {values_line(self.put)}"
        return f"{self.found}\nput in at @{self.found.first_bad}, as after @{seq}: {values_line(self.put)}"


def mend(
    ws: Workspace, predicate: Question, where: Where, trial: Trial, keep: Callable[[GridView], None]
) -> Mended:
    """Bisect, put the last good values in where the predicate first fails, and run on from there."""
    __tracebackhide__ = True
    history, last = up_to(ws, where)
    found = BisectView(run_name(history.run), history.bisect(predicate, last))
    put = _good_values(history, found, predicate)
    asked = trial if trial.passes is not None else replace(trial, passes=predicate)
    at = "start" if found.first_bad is None else found.first_bad
    view = map_forks(ws, f"{history.key.app_id}@{at}", replace(asked, state=put), keep)
    return Mended(found, put, view)


def _good_values(history: History, found: BisectView, predicate: Question) -> dict[str, object]:
    """Return what the keys that the predicate reads had held when it last did.

    Raises:
        CommandError: There is nothing to mend, or nothing to mend it with.
    """
    bad, good = found.found.first_bad, found.found.last_good
    name = f"{found.found.text} of {run_name(history.run)}"
    if bad is None:
        raise CommandError(f"{name} holds at every checkpoint: there is nothing to fix")
    if good is None:
        raise CommandError(f"{name} fails from the start: there is no good value to put in")
    if bad.seq == history.run.head:
        raise CommandError(f"{name} first fails after the last step, @{bad.seq}: nothing came of it yet")
    before, after = history.seen(good), history.seen(bad)
    view, watch = after.watched()
    question_of(predicate)[1](view)
    differing = [key for key in watch.reads if not same(before.get(key, _ABSENT), after.get(key, _ABSENT))]
    if not differing or any(key not in before for key in differing):
        read = listing(watch.reads)
        raise CommandError(f"{name}: what it reads ({read}) has no other value where it last held")
    edited = [] if bad.edit is None else bad.edit.keys
    kept = {key: after[key] for key in edited if key in after and key not in differing}
    return {**kept, **{key: before[key] for key in differing}}
