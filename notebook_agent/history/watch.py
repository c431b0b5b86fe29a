"""Watch and bisect: an expression over all checkpoints of a run, read from the store; nothing runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Final

from notebook_agent.errors import AgentError, ConditionError, EndsAtUser
from notebook_agent.history.compare import same
from notebook_agent.history.counting import counted_keys
from notebook_agent.history.frame import frame
from notebook_agent.redact import mask_field, masked_repr, redact_text, tells
from notebook_agent.state import State
from notebook_agent.store.protocol import Edit, StepRecord

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Bisection", "Point", "Seen", "Tell", "WatchStopped", "Watched", "bisect", "watch"]

Question = Callable[[State], object]
Seen = tuple[StepRecord | None, Edit | None, State]
"""A step, what was edited after it, and the state after both."""
Tell = Callable[[int, int], None]
"""Is told at how many checkpoints was asked, and of how many."""
_WHOLE: Final = re.compile(r"\bstate\b(?!\s*\[\s*['\"])")
"""The state itself, and not one key of it."""
_WORD: Final = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Point:
    """An expression at one checkpoint, or at one as it was edited by hand.

    Attributes:
        seq: The step; None for the initial state.
        action: The step's action.
        value: What the expression gave after the step.
        error: Why it gave nothing.
        changed: Whether that is something else than at the point before.
        edit: The edit of the state after the step, or where a fork was made, that led here.
        named: Words of what was asked that say that the value is a secret.
    """

    seq: int | None
    action: str | None
    value: object
    error: str | None
    changed: bool
    edit: Edit | None = None
    named: tuple[str, ...] = field(default=(), repr=False)

    @property
    def shown(self) -> object:
        """The value with secrets masked, also where it was asked for by a key such as `password`."""
        value = self.value
        for word in self.named:
            value = mask_field(word, value)
        return value

    def __repr__(self) -> str:
        """Mask secrets."""
        return masked_repr(replace(self, value=self.shown))


@dataclass(frozen=True, slots=True)
class Watched:
    """An expression over a run, from the initial state to the head.

    Attributes:
        text: The expression as it was written.
        points: One for each checkpoint that was looked at, and after it one for what was edited there.
        left: How many were not, as a Stop came.
    """

    text: str
    points: tuple[Point, ...]
    left: int = 0

    @property
    def changes(self) -> tuple[Point, ...]:
        """The points at which it came to be something else, the first one included."""
        return tuple(point for point in self.points if point.changed)

    @property
    def errors(self) -> tuple[Point, ...]:
        """The points at which it raised."""
        return tuple(point for point in self.points if point.error is not None)

    def df(self) -> pd.DataFrame:
        """Return the points as they are: a table with the columns `seq action value changed error edited`."""
        columns = ["seq", "action", "value", "changed", "error", "edited"]
        rows = [(p.seq, p.action, p.value, p.changed, p.error, p.edit is not None) for p in self.points]
        return frame(rows, columns)


@dataclass(frozen=True, slots=True)
class Bisection:
    """Where a predicate stops to hold.

    Attributes:
        text: The predicate as it was written.
        first_bad: The first checkpoint where it is false; None where it never is. Where it has an `edit`,
            that is what made it fail, and no step.
        last_good: The checkpoint before; None where it fails from the start.
        flips: All points at which it turned, in order.
        errors: The points at which it raised; they count as neither.
        held: At how many points it is true.
        left: How many checkpoints were not looked at, as a Stop came.
    """

    text: str
    first_bad: Point | None
    last_good: Point | None
    flips: tuple[Point, ...]
    errors: tuple[Point, ...]
    held: int
    left: int = 0

    @property
    def monotone(self) -> bool:
        """Whether it fails for good from the first bad checkpoint on."""
        return len(self.flips) <= 1


class WatchStopped(EndsAtUser, KeyboardInterrupt):
    """Leaves a watch that was stopped.

    Attributes:
        watched: What it had come to.
    """

    def __init__(self, watched: Watched) -> None:
        looked = len(watched.points)
        super().__init__(f"Stopped: {looked} of {looked + watched.left} checkpoints were looked at.")
        self.watched = watched


def watch(
    text: str,
    question: Question,
    past: Iterable[Seen],
    total: int,
    tell: Tell | None = None,
) -> Watched:
    """Ask a question of each of `total` checkpoints.

    Raises:
        ConditionError: It raised at every one of them.
        WatchStopped: A Stop came; it brings what was found.
    """
    points: list[Point] = []
    try:
        for _ in _asked_each(question, past, points, tuple(filter(tells, _words(text, question)))):
            if tell is not None:
                tell(len(points), total)
    except KeyboardInterrupt:
        raise WatchStopped(Watched(text, tuple(points), total - len(points))) from None
    if points and all(point.error for point in points):
        raise ConditionError(f"{text!r} cannot be decided at any checkpoint of the run: {points[-1].error}")
    return Watched(text, tuple(points))


def _asked_each(
    question: Question, past: Iterable[Seen], points: list[Point], named: tuple[str, ...]
) -> Iterator[None]:
    """Add the point of each checkpoint."""
    before: State | None = None
    for step, edit, state in past:
        last = points[-1] if points else None
        if last is not None and state is before:
            value, error, changed = last.value, last.error, False
        else:
            value, error = _asked(question, state)
            changed = last is None or _turned(last, value, error)
        before = state
        seq, action = (None, None) if step is None else (step.seq, step.action)
        points.append(Point(seq, action, value, error, changed, edit, named))
        yield


def bisect(watched: Watched) -> Bisection:
    """Return where a watched predicate first fails."""
    decided = [point for point in watched.points if point.error is None]
    bad = next((place for place, point in enumerate(decided) if not point.value), None)
    pairs = pairwise(decided)
    flips = tuple(now for before, now in pairs if bool(before.value) is not bool(now.value))
    return Bisection(
        watched.text,
        None if bad is None else decided[bad],
        decided[bad - 1] if bad else None,
        flips,
        watched.errors,
        sum(bool(point.value) for point in decided),
        watched.left,
    )


def _words(text: str, question: Question) -> Iterator[str]:
    """The words of an expression, or the texts in a function's own code."""
    if not isinstance(question, FunctionType):
        yield from dict.fromkeys(_WORD.findall(text))
        return
    codes = [question.__code__]
    while codes:
        consts = codes.pop().co_consts
        yield from (each for each in consts if isinstance(each, str))
        codes += [each for each in consts if isinstance(each, CodeType)]


def _turned(last: Point, value: object, error: str | None) -> bool:
    return (error is None) is not (last.error is None) or not same(last.value, value)


def _asked(question: Question, state: State) -> tuple[object, str | None]:
    try:
        return question(state), None
    except AgentError as error:
        return None, _why(error.__cause__) if error.__cause__ is not None else redact_text(str(error))
    except Exception as error:  # noqa: BLE001  # a user's own function may raise anything
        return None, _why(error)


def _why(error: BaseException) -> str:
    return redact_text(f"{type(error).__name__}: {error}")


def keys_of(question: Question) -> tuple[tuple[str, ...] | None, frozenset[str]]:
    """Return the keys of the state that an expression looks at, and those of them it only counts.

    None stands for all keys, which a function may look at too.
    """
    from notebook_agent.condition import Expression

    expression = getattr(question, "__self__", None)
    if not isinstance(expression, Expression) or _WHOLE.search(expression.text):
        return None, frozenset()
    return expression.keys, counted_keys(expression.text, expression.keys)


def question_of(asked: str | Question) -> tuple[str, Question]:
    """Return an expression, or a function of the state, as a text to show and a question.

    Secrets in the text are masked.

    Raises:
        ConditionError: The expression cannot be read.
    """
    if callable(asked):
        return getattr(asked, "__name__", "function"), asked
    from notebook_agent.condition import Expression

    expression = Expression(asked)
    return redact_text(expression.text), expression.evaluate
