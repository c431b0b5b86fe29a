"""What a person may set for a whole session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
        max_steps: After how many steps a run command gives up.
        durability: Whether an ended step survives a power cut (`full`) or a killed kernel.
    """

    store: str | None = None
    display: Display = "auto"
    ledger: LedgerMode = "auto"
    max_steps: int = 100
    durability: Durability = "full"
