"""What a grid of forks came to, as a person sees it: variants side by side, and each fork with its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_agent.errors import CommandError
from notebook_agent.history import made
from notebook_agent.parallelism import Forked, ForkGrid, Group
from notebook_agent.redact import mask_field, redact_text
from notebook_agent.session.results import step_line
from notebook_agent.session.shown import Shown, Table
from notebook_agent.store.protocol import Store
from notebook_agent.view.brief import brief, cost, duration
from notebook_agent.view.escape import escape, one_line, plural
from notebook_agent.view.pre import pre
from notebook_agent.view.wire import GridFork, GridRow, GridWire

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GridView"]

_MOST = 40
_CELL = 40
_WHY = 160


@dataclass(frozen=True, slots=True, repr=False)
class GridView(Shown):
    """Forks of one checkpoint side by side; `.df()` has a row for each, `.summary()` for each variant.

    Attributes:
        where: The checkpoint.
        label: What the labels of the forks' runs begin with.
        grid: What they came to.
        store: Where their runs are.
        elapsed: How long all of it took, in seconds.
    """

    where: str
    label: str
    grid: ForkGrid
    store: Store
    elapsed: float

    def df(self) -> pd.DataFrame:
        """Return a row for each fork, best first."""
        return self.grid.df()

    def summary(self) -> pd.DataFrame:
        """Return a row for each variant, best first."""
        return self.grid.summary()

    def __len__(self) -> int:
        return len(self.grid)

    def run(self, number: int) -> str:
        """Return the label of a fork's run, for `agent.use`.

        Raises:
            CommandError: There is no such fork, or it has no run.
        """
        found = next((each for each in self.grid if each.number == number), None)
        if found is None:
            raise CommandError(f"{self.label} has no fork {number}: there are 1 to {len(self.grid)}")
        if found.label is None:
            raise CommandError(f"fork {number} of {self.label} was not begun")
        return found.label

    def __str__(self) -> str:
        tables = [str(self._groups()), ""] if self._has_groups() else []
        left = len(self.grid) - _MOST
        more = [f".. and {plural(left, 'more fork')}: .df() has all"] if left > 0 else []
        return "\n".join([self._head(), *tables, str(self._forks()), *more, self._foot()])

    def html(self) -> str:
        """Return the tables; a fork's name opens its steps."""
        groups = self._groups().html() if self._has_groups() else ""
        shown, table = self.grid.ranked[:_MOST], self._forks().drawn()
        head = "".join(f'<th style="{_STYLE}">{escape(name)}</th>' for name in table.columns)
        rows = "".join(
            f"<tr>{self._cells(fork, table.columns, row)}</tr>"
            for fork, row in zip(shown, table.rows, strict=True)
        )
        content = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        forks = f'<table style="border-collapse:collapse">{content}</table>'
        left = len(self.grid) - len(shown)
        more = f"<p>{escape(plural(left, 'more fork'))}: .df() has all</p>" if left else ""
        told = f"<p>{escape(self._head())}</p>{groups}{forks}{more}<p>{escape(self._foot())}</p>"
        return f'<div class="na-grid-page">{told}</div>'

    def _cells(self, fork: Forked, columns: Sequence[str], row: Sequence[str]) -> str:
        steps = pre(escape(self._steps(fork)))
        opened = f"<details><summary>{escape(row[0])}</summary>{steps}</details>"
        wide = {"why", *self.grid.names}
        cells = "".join(
            f'<td style="{_WRAPS if name in wide and cell else _STYLE}">{escape(cell)}</td>'
            for name, cell in zip(columns[1:], row[1:], strict=True)
        )
        return f'<td style="{_STYLE}">{opened}</td>{cells}'

    def _steps(self, fork: Forked) -> str:
        """Tell the steps of a fork, and the values that its last one wrote."""
        if fork.run is None:
            return fork.error or "not begun"
        own = [step for step in self.store.steps(fork.run) if step.ref.run == fork.run]
        found = made(self.store, fork.run)
        calls = {step.seq: [each.call for each in found if each.seq == step.seq] for step in own}
        lines = [step_line(step, calls[step.seq]) for step in own] or ["no steps"]
        if own:
            state = self.store.state(own[-1].ref)
            lines += [f"     {key} = {brief(state[key], 120, key)}" for key in own[-1].writes if key in state]
        return "\n".join(lines)

    def wire(self, line: str, *, going: bool) -> GridWire:
        """Return it for the page, in the order of the forks, with a line that says how far it has come."""
        groups = sorted(self.grid.groups, key=lambda group: group.forks[0].number)
        table, tried = self._groups(groups).drawn(), len(self.grid.names)
        return GridWire(
            title=f"{self.label}: {plural(len(self.grid), 'fork')} of {self.where}",
            line=line,
            done=sum(each.outcome != "not begun" for each in self.grid),
            total=len(self.grid),
            going=going,
            tried=list(table.columns[:tried]),
            columns=list(table.columns[tried:]),
            rows=[
                GridRow(tried=list(row[:tried]), forks=list(map(_told, group.forks)), told=list(row[tried:]))
                for group, row in zip(groups, table.rows, strict=True)
            ],
        )

    def _has_groups(self) -> bool:
        return any(each.repeat > 1 for each in self.grid)

    def _head(self) -> str:
        outcomes = [each.outcome for each in self.grid]
        counts = [f"{outcomes.count(each)} {each}" for each in dict.fromkeys(outcomes)]
        if self.grid.predicate:
            counts.append(f"{sum(each.passed is True for each in self.grid)} passed ({self.grid.predicate})")
            undecided = sum(each.undecided is not None for each in self.grid)
            counts += [f"{undecided} undecided"] if undecided else []
        calls = sum(each.calls for each in self.grid)
        served = sum(each.replayed for each in self.grid)
        spent = f"{plural(calls, 'LLM call')}, {cost(_total(self.grid))}" if calls else "no live LLM calls"
        replayed = [f"{served} replayed"] if served else []
        told = [*counts, spent, *replayed, duration(self.elapsed * 1000)]
        return f"{plural(len(self.grid), 'fork')} of {self.where}: {', '.join(told)}"

    def _foot(self) -> str:
        begun = next((each.label for each in self.grid.ranked if each.label), None)
        return f"%agent use {begun} opens that run" if begun else "no fork was begun"

    def _groups(self, groups: Sequence[Group] | None = None) -> Table:
        judged = bool(self.grid.predicate)
        columns = [*self.grid.names, *(["passed", "95 %"] if judged else ["forks"])]
        columns += ["failed", *self._spending(), "ms", "differs"]
        rows = [self._group(group, judged=judged) for group in groups or self.grid.groups]
        return Table(tuple(columns), tuple(rows))

    def _group(self, group: Group, *, judged: bool) -> tuple[object, ...]:
        tried = (_short(group.variant[name], name) for name in self.grid.names)
        counted = _rate(group) if judged else (len(group.forks),)
        took = None if group.seconds is None else group.seconds * 1000
        differs = "" if group.differs is None else f"@{group.differs}"
        began = any(each.outcome != "not begun" for each in group.forks)
        spent = (group.calls, group.cost if began else "") if self._spending() else ()
        return (*tried, *counted, group.failed, *spent, took, differs)

    def _forks(self) -> Table:
        judged = ("passed",) if self.grid.predicate else ()
        counted = ("steps", *self._spending(), "ms", "differs", "why")
        columns = ("run", *self.grid.names, "outcome", *judged, *counted)
        return Table(columns, tuple(self._fork(each) for each in self.grid.ranked[:_MOST]))

    def _fork(self, each: Forked) -> tuple[object, ...]:
        tried = (_short(each.variant[name], name) for name in self.grid.names)
        judged = ({True: "yes", False: "no", None: "?"}[each.passed],) if self.grid.predicate else ()
        took = None if each.seconds is None else each.seconds * 1000
        differs = "" if each.differs is None else f"@{each.differs}"
        calls = f"{each.calls}" + (f" +{each.replayed} replayed" if each.replayed else "")
        name = each.label or f"{self.label}.{each.number}"
        why = one_line(each.error or each.undecided or "", 72)
        spent = (calls, "" if each.outcome == "not begun" else each.cost) if self._spending() else ()
        return (name, *tried, each.outcome, *judged, each.steps, *spent, took, differs, why)

    def _spending(self) -> tuple[str, ...]:
        """The columns of what was spent, where there is any."""
        return ("calls", "cost") if any(each.calls or each.replayed for each in self.grid) else ()


_STYLE = "text-align:left;vertical-align:top;padding:2px 10px;white-space:nowrap"
_WRAPS = "text-align:left;vertical-align:top;padding:2px 10px;white-space:pre-wrap;min-width:12em"


def _rate(group: Group) -> tuple[str, str]:
    counted = f"{group.passed} of {len(group.decided)}" if group.decided else "undecided"
    if group.interval is None:
        return counted, "replayed" if any(each.replayed for each in group.decided) else ""
    low, high = group.interval
    return counted, f"{low:.0%} to {high:.0%}"


def _told(fork: Forked) -> GridFork:
    run = None if fork.run is None else fork.run.app_id
    why = one_line(fork.error or fork.undecided or "", _WHY)
    return GridFork(n=fork.number, run=run, outcome=fork.outcome, passed=fork.passed, why=why)


def _total(forks: ForkGrid) -> float | None:
    costs = [each.cost for each in forks]
    return None if None in costs else sum(each for each in costs if each is not None)


def _short(value: object, name: str) -> str:
    shown = mask_field(name, value)
    return one_line(redact_text(shown), _CELL) if isinstance(shown, str) and shown else brief(shown, _CELL)
