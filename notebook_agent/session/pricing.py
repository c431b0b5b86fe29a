"""What going on, or a fork, will take in LLM calls: said before anything is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notebook_agent.application import Application
from notebook_agent.calls import Forecast
from notebook_agent.session.opening import opened
from notebook_agent.session.references import Where
from notebook_agent.session.results import run_name
from notebook_agent.session.shown import Shown
from notebook_agent.session.workspace import Workspace

__all__ = ["Price", "price", "price_line"]


@dataclass(frozen=True, slots=True, repr=False)
class Price(Shown):
    """What running recorded steps again takes; `where` is what was priced."""

    where: str
    forecast: Forecast

    def __str__(self) -> str:
        if not self.forecast.steps:
            return f"{self.where}: no recorded step runs again; what new steps will take is unknown"
        return f"{self.where}: {self.forecast}; beyond the recorded steps unknown"


def price(
    ws: Workspace,
    where: Where,
    *,
    actions: Mapping[str, object] | None = None,
    state: Mapping[str, object] | None = None,
) -> Price:
    """Price a fork at a step, or going on where none is named."""
    if where is None and ws.past is None and not actions and not state:
        return Price(ws.label(), ws.in_use().price())
    history, seq = ws.resolve(where)
    app = opened(ws, history.run, ws.in_use().graph)
    name = f"a fork of {run_name(history.run)}@{'start' if seq is None else seq}"
    return Price(name, app.price(seq, state, actions))


def price_line(app: Application) -> str:
    """Say what going on takes; nothing where no LLM calls are recorded for it."""
    told = app.price()
    return f"{told}; beyond the recorded steps unknown" if told.served or told.live else ""
