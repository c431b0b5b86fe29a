"""LLM calls: seen while a step runs, kept with it, and served again."""

from typing import TYPE_CHECKING

from notebook_agent.calls.budget import Budget
from notebook_agent.calls.keys import register_host
from notebook_agent.calls.memory import MemoryLog
from notebook_agent.calls.pairing import Branch, Pairing, RecordedStep, pair, repeated
from notebook_agent.calls.prices import register_price
from notebook_agent.calls.scopes import Scope, in_span, scope
from notebook_agent.calls.standin import STAND_IN_KEY
from notebook_agent.calls.transport import install, installed, uninstall
from notebook_agent.lazy import lazily

if TYPE_CHECKING:
    from notebook_agent.calls.forecast import Again, Forecast
    from notebook_agent.calls.recording import Recording
    from notebook_agent.calls.summary import CallSummary, summarise

__all__ = [
    "STAND_IN_KEY",
    "Again",
    "Branch",
    "Budget",
    "CallSummary",
    "Forecast",
    "MemoryLog",
    "Pairing",
    "RecordedStep",
    "Recording",
    "Scope",
    "in_span",
    "install",
    "installed",
    "pair",
    "register_host",
    "register_price",
    "repeated",
    "scope",
    "summarise",
    "uninstall",
]

_LATER = {
    "Again": "forecast",
    "CallSummary": "summary",
    "Forecast": "forecast",
    "Recording": "recording",
    "summarise": "summary",
}
__getattr__ = lazily(__name__, _LATER)
