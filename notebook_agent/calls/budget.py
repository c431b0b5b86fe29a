"""What live calls may spend."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Never

from notebook_agent.calls.prices import has_price
from notebook_agent.calls.protocol import CallRecord, Purse, StepScope
from notebook_agent.errors import RunError

__all__ = ["Budget", "pays", "refusals"]

_OK = range(200, 300)


class Budget:
    """A limit for live calls; applications that are given the same one share it.

    No call starts once what is spent has reached the limit. Calls that are served from the
    record cost nothing. With `max_cost` a call whose price cannot be known is not sent either:
    `calls.register_price` makes the price of a model known.

    Args:
        max_calls: How many calls may be sent, repeated attempts of a client counted.
        max_cost: In US dollars.

    Attributes:
        calls: How many calls were sent so far.
        cost: What they cost so far, as far as known, in US dollars.
    """

    def __init__(self, *, max_calls: int | None = None, max_cost: float | None = None) -> None:
        self.max_calls = max_calls if max_calls is None else _whole(max_calls)
        self.max_cost = max_cost if max_cost is None else _dollars(max_cost)
        self.calls = 0
        self.cost = 0.0
        self._unpriced: str | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> Never:
        raise TypeError(
            "what one process spends another cannot see: run them in threads, or without a budget"
        )

    def refuse(self, host: str, model: Callable[[], str | None], /) -> str | None:
        """Say why a call must not start; where it may, it has started.

        `model` is asked only where it matters: to tell it a long request must be read.
        """
        with self._lock:
            reason = self._reason(host, model)
            if reason is None:
                self.calls += 1
            return reason

    def unsent(self) -> None:
        """Take back that a call has started: another budget refused it."""
        with self._lock:
            self.calls -= 1

    def took(self, call: CallRecord, /) -> None:
        """Note what a live call cost; one that the provider refused costs nothing."""
        with self._lock:
            if call.cost is not None:
                self.cost += call.cost
            elif call.status in _OK and self._unpriced is None:
                self._unpriced = f"{call.model or 'a model'} at {call.host}"

    def _reason(self, host: str, asked: Callable[[], str | None]) -> str | None:
        if self.max_calls is not None and self.calls >= self.max_calls:
            return f"The budget of {_calls(self.max_calls)} is spent{self._so_far()}."
        if self.max_cost is None:
            return None
        if self.cost >= self.max_cost:
            return f"The budget of ${self.max_cost:g} is spent ({_calls(self.calls)}, ${self.cost:.4g})."
        model = None if self._unpriced else asked()
        unpriced = self._unpriced or (None if has_price(host, model) else f"{model or 'a model'} at {host}")
        return unpriced and self._cannot_hold(unpriced)

    def _so_far(self) -> str:
        return f" (${self.cost:.4g})" if self.cost and self._unpriced is None else ""

    def _cannot_hold(self, unpriced: str) -> str:
        return (
            f"The budget of ${self.max_cost:g} cannot be kept: what {unpriced} costs is not known "
            f"({_calls(self.calls)} so far). Use max_calls, or say the price: calls.register_price(..)."
        )

    def __repr__(self) -> str:
        limits = (
            (f"max_calls={self.max_calls}", self.max_calls),
            (f"max_cost={self.max_cost}", self.max_cost),
        )
        told = ", ".join(text for text, limit in limits if limit is not None)
        return f"Budget({told}), spent: {_calls(self.calls)}, ${self.cost:.4g}"


def _calls(count: int) -> str:
    return f"{count} call{'s' * (count != 1)}"


def _whole(limit: int) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise RunError(f"max_calls must be a whole number, 0 or more; not {limit!r}.")
    return limit


def _dollars(limit: float) -> float:
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 0:
        raise RunError(f"max_cost must be US dollars, 0 or more; not {limit!r}.")
    return float(limit)


def refusals(purses: Sequence[Purse], host: str, model: Callable[[], str | None]) -> list[tuple[Purse, str]]:
    """Ask all purses for a call: which refuse it, and why; where one does it starts for none."""
    told = [(purse, purse.refuse(host, model)) for purse in purses]
    refused = [(purse, reason) for purse, reason in told if reason is not None]
    for purse, reason in told if refused else ():
        if reason is None:
            purse.unsent()
    return refused


def pays(purse: Purse, scope: StepScope) -> bool:
    """Tell whether a step's calls are paid from a purse."""
    return any(each is purse for each in scope.purses)
