"""What a grid of forks came to: a row for each fork, and what the repeats of each variant have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING, Literal

from notebook_agent.history.frame import frame
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.redact import masked_repr

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ForkGrid", "Forked", "ForkedOutcome", "Group", "wilson"]

ForkedOutcome = Literal["completed", "limited", "failed", "refused", "interrupted", "not begun"]
_ORDER: Sequence[ForkedOutcome] = ("completed", "limited", "failed", "refused", "interrupted", "not begun")
_Z = 1.959963984540054
"""Of a normal distribution, where 95 % lie between minus and plus this."""


@dataclass(frozen=True, slots=True)
class Forked:
    """One fork of a grid.

    Attributes:
        number: From 1, in the order in which the forks were begun.
        variant: What it differs in from forks of other variants.
        repeat: From 1, among those of its variant.
        outcome: How it ended; `limited` is at its `max_steps`, `refused` before a step that cannot be taken
            back.
        run: Its run; None where none was made.
        label: What its run is called.
        error: What it raised, which limit it reached, or why it has no run.
        passed: What the predicate said of its last state, False where the fork failed or was refused; None
            where it was not asked or raised.
        undecided: What the predicate raised.
        steps: How many steps it made.
        calls: How many LLM calls it sent.
        replayed: How many were served.
        cost: Of those sent, in US dollars; None where a price is not known.
        seconds: From the beginning of its first step to the end of its last.
        differs: Number of the first step that differs from that of the source; None where none does.
        action: The action of its last step.
    """

    number: int
    variant: Mapping[str, object]
    repeat: int
    outcome: ForkedOutcome = "not begun"
    run: RunKey | None = None
    label: str | None = None
    error: str | None = None
    passed: bool | None = None
    undecided: str | None = None
    steps: int = 0
    calls: int = 0
    replayed: int = 0
    cost: float | None = 0.0
    seconds: float | None = None
    differs: int | None = None
    action: str | None = None

    def __repr__(self) -> str:
        """Mask secrets."""
        return masked_repr(self)


@dataclass(frozen=True, slots=True)
class Group:
    """The forks of one variant."""

    variant: Mapping[str, object]
    forks: tuple[Forked, ...]

    def __repr__(self) -> str:
        """Mask secrets."""
        return masked_repr(self)

    @property
    def decided(self) -> list[Forked]:
        """Those of which it is known whether they passed."""
        return [each for each in self.forks if each.passed is not None]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(each.passed is True for each in self.forks)

    @property
    def rate(self) -> float | None:
        """Which part of the decided ones passed."""
        return self.passed / len(self.decided) if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true rate lies with 95 %; None for one fork, or where calls were served."""
        if len(self.decided) < 2 or any(each.replayed for each in self.decided):  # noqa: PLR2004
            return None
        return wilson(self.passed, len(self.decided))

    @property
    def failed(self) -> int:
        """How many raised."""
        return sum(each.outcome == "failed" for each in self.forks)

    @property
    def calls(self) -> int:
        """LLM calls that all of them sent."""
        return sum(each.calls for each in self.forks)

    @property
    def cost(self) -> float | None:
        """What all of them cost, in US dollars; None where a price is not known."""
        return _sum(each.cost for each in self.forks)

    @property
    def seconds(self) -> float | None:
        """The median of how long they took."""
        took = [each.seconds for each in self.forks if each.seconds is not None]
        return median(took) if took else None

    @property
    def differs(self) -> int | None:
        """The first step at which one of them differs from the source."""
        return min((each.differs for each in self.forks if each.differs is not None), default=None)


@dataclass(frozen=True, slots=True)
class ForkGrid(Sequence[Forked]):
    """All forks of one checkpoint, in the order in which they were begun.

    Attributes:
        source: The checkpoint.
        names: What was tried: keys, inputs and actions that take more than one value.
        forks: A row for each.
        predicate: What passes; empty where nothing was asked.
    """

    source: StepRef
    names: tuple[str, ...]
    forks: tuple[Forked, ...]
    predicate: str = ""

    def __len__(self) -> int:
        return len(self.forks)

    def __iter__(self) -> Iterator[Forked]:
        return iter(self.forks)

    def __getitem__(self, place: int | slice) -> Forked | tuple[Forked, ...]:  # type: ignore[override]
        return self.forks[place]

    @property
    def groups(self) -> tuple[Group, ...]:
        """The variants, best first: by pass rate, then by failures, cost and time."""
        found: list[list[Forked]] = []
        for each in self.forks:
            if each.repeat == 1:
                found.append([])
            found[-1].append(each)
        return tuple(sorted((Group(each[0].variant, tuple(each)) for each in found), key=_group_rank))

    @property
    def ranked(self) -> tuple[Forked, ...]:
        """The forks, best first: those that passed, then by outcome and cost."""
        return tuple(sorted(self.forks, key=_fork_rank))

    def df(self) -> pd.DataFrame:
        """Return a row for each fork, best first, with what was tried as it is; pandas must be installed."""
        rows = [_row(each, self.names) for each in self.ranked]
        return frame(rows, ("fork", *self.names, *_COLUMNS)).set_index("fork")

    def summary(self) -> pd.DataFrame:
        """Return a row for each variant, best first; pandas must be installed."""
        rows = [_group_row(each, self.names) for each in self.groups]
        return frame(rows, (*self.names, *_GROUP_COLUMNS))


_COLUMNS = (
    *("repeat", "outcome", "passed", "steps", "calls", "replayed", "cost", "seconds", "differs"),
    *("run", "error"),
)
_GROUP_COLUMNS = (
    *("forks", "passed", "decided", "rate", "low", "high", "failed", "calls", "cost", "seconds", "differs"),
)


def _row(each: Forked, names: Iterable[str]) -> tuple[object, ...]:
    tried = (each.variant.get(name) for name in names)
    told = tuple(getattr(each, "label" if name == "run" else name) for name in _COLUMNS)
    return (each.number, *tried, *told)


def _group_row(group: Group, names: Iterable[str]) -> tuple[object, ...]:
    low, high = group.interval or (None, None)
    rate = (group.passed, len(group.decided), group.rate, low, high)
    spent = (group.failed, group.calls, group.cost, group.seconds, group.differs)
    return (*(group.variant.get(name) for name in names), len(group.forks), *rate, *spent)


def _group_rank(group: Group) -> tuple[object, ...]:
    rate = -1.0 if group.rate is None else group.rate
    return -rate, group.failed, _or_last(group.cost), _or_last(group.seconds)


def _fork_rank(each: Forked) -> tuple[object, ...]:
    passed = {True: 0, None: 1, False: 2}[each.passed]
    return passed, _ORDER.index(each.outcome), _or_last(each.cost), each.number


def _or_last(number: float | None) -> float:
    return float("inf") if number is None else number


def _sum(costs: Iterable[float | None]) -> float | None:
    known = list(costs)
    return None if None in known else sum(cost for cost in known if cost is not None)


def wilson(passed: int, count: int) -> tuple[float, float]:
    """Return the interval in which a rate lies with 95 %, after so many of `count` trials passed.

    The score interval of E. B. Wilson, Journal of the American Statistical Association 22 (1927).
    """
    rate, square = passed / count, _Z * _Z
    middle = (rate + square / (2 * count)) / (1 + square / count)
    half = _Z * sqrt(rate * (1 - rate) / count + square / (4 * count * count)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)
