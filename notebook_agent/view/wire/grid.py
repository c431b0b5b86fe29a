"""A grid of forks as the page gets it."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["GridFork", "GridRow", "GridWire"]


class GridFork(TypedDict):
    """One fork of a variant."""

    n: int
    """Its number, counted from 1."""
    run: str | None
    """Id of its run; None before it has one."""
    outcome: str
    """`not begun`, `completed`, `limited`, `failed`, `refused`, `interrupted`."""
    passed: bool | None
    why: str
    """Why it failed, or could not be judged; one line."""


class GridRow(TypedDict):
    """One variant."""

    tried: list[str]
    forks: list[GridFork]
    told: list[str]
    """What its forks came to, by column."""


class GridWire(TypedDict):
    """Variants of a checkpoint side by side; all cells are texts."""

    title: str
    line: str
    """How far it has come, in one line."""
    done: int
    total: int
    going: bool
    """Whether forks are still to come; then the rows are in the order in which they are tried."""
    tried: list[str]
    columns: list[str]
    rows: list[GridRow]
