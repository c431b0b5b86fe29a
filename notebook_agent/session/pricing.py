"""What going on, or a fork, will take in LLM calls: said before anything is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notebook_agent.application import Application
from notebook_agent.calls import Forecast
from notebook_agent.session.noticing import CodeNotice
from notebook_agent.session.opening import opened
from notebook_agent.session.references import Where
from notebook_agent.session.shown import Shown
from notebook_agent.session.starting import check_edits
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace

__all__ = ["Price", "changed", "changed_line", "price", "price_line"]

_NEWEST = 1000
"""Steps, from the last one, whose code is compared with the present one."""


@dataclass(frozen=True, slots=True, repr=False)
class Price(Shown):
    """What running recorded steps again takes; `where` is what was priced."""

    where: str
    forecast: Forecast

    def __str__(self) -> str:
        if not self.forecast.steps:
            return f"{self.where}: no recorded step runs again; what new steps will take is unknown"
        return f"{self.where}: {self.forecast}; {self.forecast.beyond}"


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
    place = ws.place(where)
    app = opened(ws, place.history.run, ws.in_use().graph)
    graph = app.graph
    for action, function in (actions or {}).items():
        graph = graph.replace(action, function)
    check_edits(graph, place.state(), state or {})
    edited = {**dict.fromkeys(place.edited()), **(state or {})}
    return Price(f"a fork of {place.name}", app.price(place.seq, edited, actions))


def price_line(app: Application) -> str:
    """Say what going on takes; nothing where no LLM calls are recorded for it."""
    told = app.price()
    return f"{told}; {told.beyond}" if told.served or told.live else ""


def changed_line(ws: Workspace) -> str:
    """Say which actions run other code than when they ran last; nothing where none does."""
    found = changed(ws)
    return f"code changed since: {listing(each.full for each in found)}" if found else ""


def changed(ws: Workspace) -> list[CodeNotice]:
    """Return the actions that run other code than when they ran last."""
    app = ws.in_use()
    head = app.history.run.head
    first = 0 if head is None else max(0, head - _NEWEST)
    last = {step.action: step.code for step in app.history.store.steps(app.key, first=first) if step.code}
    return [
        notice
        for node in app.graph.actions
        if (code := last.get(node.name)) is not None and (notice := ws.codes.since(node, code)) is not None
    ]
