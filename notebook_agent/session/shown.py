"""Objects that read well as text and as HTML, and tables that become DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from notebook_agent.history.frame import frame
from notebook_agent.view.brief import brief, cost, duration
from notebook_agent.view.escape import as_output, escape
from notebook_agent.view.pre import pre
from notebook_agent.view.table import Table as Drawn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Said", "Shown", "StepsTable", "Table", "values_line"]

_NUMBERS = (int, float)
_WRITTEN = {"ms": duration, "first": duration, "cost": cost}
"""Columns of numbers that a text shows with their unit; the DataFrame keeps the numbers."""


class Shown:
    """Something that a command returns: `str()` is what a terminal shows of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def html(self) -> str:
        """Return a static picture of it; by default its text."""
        return pre(escape(str(self)))

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": as_output(self.html())}


@dataclass(frozen=True, slots=True, repr=False)
class Said(Shown):
    """A few sentences."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, repr=False)
class Table(Shown):
    """Rows of values under named columns. `empty` is said where there are none.

    Shown, times have their unit: the column `ms` reads `time`; `.df()` keeps the milliseconds.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    empty: str = "nothing"

    def df(self) -> pd.DataFrame:
        """Return the table as a DataFrame; pandas must be installed."""
        return frame(self.rows, self.columns)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return self.drawn().text

    def html(self) -> str:
        """Return the table as HTML."""
        return self.drawn().html

    def drawn(self) -> Drawn:
        """Return it with its cells as texts."""
        columns = tuple("time" if name == "ms" else name for name in self.columns)
        cells = tuple(tuple(map(_cell, self.columns, row)) for row in self.rows)
        numbers = frozenset(name for n, name in enumerate(columns) if self._is_number(n))
        return Drawn(columns, cells, numbers, self.empty)

    def _is_number(self, n: int) -> bool:
        values = [row[n] for row in self.rows if row[n] is not None]
        return bool(values) and all(isinstance(value, _NUMBERS) for value in values)


@dataclass(frozen=True, slots=True, repr=False)
class StepsTable(Table):
    """A table of steps, or of what was done in them, where the view stands in the past.

    Attributes:
        at: The step in view, whose rows are marked; None for the initial state.
        note: Says where that is.
    """

    at: int | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{Table.__str__(self)}\n{self.note}"

    def html(self) -> str:
        """Return the table as HTML."""
        return f"{Table.html(self)}<div>{escape(self.note)}</div>"

    def drawn(self) -> Drawn:
        """Return it with its cells as texts; the DataFrame has no mark."""
        drawn = Table.drawn(self)
        marks = ["→ " if self.at is not None and row[0] == self.at else "" for row in self.rows]
        cells = [(mark + row[0], *row[1:]) for mark, row in zip(marks, drawn.rows, strict=True)]
        return replace(drawn, rows=tuple(cells))


def values_line(values: Mapping[str, object], limit: int = 60) -> str:
    """Write `key=value` pairs on one line."""
    return ", ".join(f"{key}={brief(value, limit, key)}" for key, value in values.items())


def _cell(column: str, value: object) -> str:
    if value is None:
        return "unknown" if column == "cost" else ""
    if isinstance(value, _NUMBERS) and column in _WRITTEN:
        return _WRITTEN[column](value)
    if isinstance(value, float):
        return f"{value:,.4g}"
    return value if isinstance(value, str) else brief(value, 80)
