"""What a person may set for a whole session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from notebook_agent.calls import Budget
from notebook_agent.calls.protocol import LedgerMode
from notebook_agent.store.protocol import Durability

__all__ = ["Display", "Settings"]

Display = Literal["auto", "html", "text", "widget"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a session; `%config AgentMagics` shows and changes the same.

    Attributes:
        store: The file that runs are kept in; None for the user's own.
        display: How things are shown: `auto` is the live panel where one can live.
        ledger: Which LLM calls may leave, see `LedgerMode`.
        max_steps: After how many steps a run command halts.
        max_calls: How many LLM calls one command may send; None for no limit.
        max_cost: What the LLM calls of one command may cost, in US dollars; None for no limit.
        durability: Whether an ended step survives a power cut (`full`) or a killed kernel.
    """

    store: str | None = None
    display: Display = "auto"
    ledger: LedgerMode = "auto"
    max_steps: int = 100
    max_calls: int | None = None
    max_cost: float | None = None
    durability: Durability = "full"

    def budget(self, max_calls: int | None = None, max_cost: float | None = None) -> Budget | None:
        """Return what a command may spend: what it says itself, else what is set; None for no limit.

        Raises:
            RunError: a limit is no number, or below 0.
        """
        most = self.max_calls if max_calls is None else max_calls
        dollars = self.max_cost if max_cost is None else max_cost
        return None if most is None and dollars is None else Budget(max_calls=most, max_cost=dollars)
