"""What is shown: core data becomes wire data, and that becomes pictures, HTML and text."""

from __future__ import annotations

from notebook_agent.view.call import call_wire
from notebook_agent.view.conversation import conversation_html, conversation_text
from notebook_agent.view.detail import decision_wire, detail
from notebook_agent.view.dot import graph_dot, graph_mermaid, graph_text
from notebook_agent.view.drawing import graph_mimebundle, graph_wire, visualize
from notebook_agent.view.html import state_html, value_html
from notebook_agent.view.panel import overview, progress, step_wire, totals
from notebook_agent.view.report import failure_report
from notebook_agent.view.svg import graph_svg
from notebook_agent.view.values import Limits, diff_wire, state_wire

__all__ = [
    "Limits",
    "call_wire",
    "conversation_html",
    "conversation_text",
    "decision_wire",
    "detail",
    "diff_wire",
    "failure_report",
    "graph_dot",
    "graph_mermaid",
    "graph_mimebundle",
    "graph_svg",
    "graph_text",
    "graph_wire",
    "overview",
    "progress",
    "state_html",
    "state_wire",
    "step_wire",
    "totals",
    "value_html",
    "visualize",
]
