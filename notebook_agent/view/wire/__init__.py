"""What travels from Python to the page: one contract, mirrored in `widgets/src/wire.ts`.

Everything is plain JSON. Keys are camelCase, as the page reads them. Times are
Unix seconds, durations milliseconds, costs US dollars, sizes of the drawing
points (1/72 inch). All texts are data: the page shows them as text nodes only.

The page asks with `Request` and gets a `Reply` of the same `id`; while a run is
going Python sends `Progress` unasked, at most 20 a second, numbered by `n`. A
page that finds a number missing asks for `overview`.
"""

from __future__ import annotations

from notebook_agent.view.wire.graph import EdgeWire, GraphWire, NodeWire
from notebook_agent.view.wire.grid import GridFork, GridRow, GridWire
from notebook_agent.view.wire.messages import (
    ChatWire,
    Comparison,
    Control,
    Overview,
    Page,
    Place,
    Progress,
    Reply,
    Request,
)
from notebook_agent.view.wire.past import BlameWire, OriginWire, PriceWire
from notebook_agent.view.wire.runs import RunLine, RunWire, StatusWire, StepsWire, Totals
from notebook_agent.view.wire.step import (
    CallWire,
    CheckWire,
    CodeWire,
    DecisionWire,
    Detail,
    DiffWire,
    FailureWire,
    InputKind,
    InputWire,
    MessageWire,
    ValueWire,
)

__all__ = [
    "BlameWire",
    "CallWire",
    "ChatWire",
    "CheckWire",
    "CodeWire",
    "Comparison",
    "Control",
    "DecisionWire",
    "Detail",
    "DiffWire",
    "EdgeWire",
    "FailureWire",
    "GraphWire",
    "GridFork",
    "GridRow",
    "GridWire",
    "InputKind",
    "InputWire",
    "MessageWire",
    "NodeWire",
    "OriginWire",
    "Overview",
    "Page",
    "Place",
    "PriceWire",
    "Progress",
    "Reply",
    "Request",
    "RunLine",
    "RunWire",
    "StatusWire",
    "StepsWire",
    "Totals",
    "ValueWire",
]
