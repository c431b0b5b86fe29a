"""What is shown: core data becomes wire data, and that becomes pictures, HTML and text."""

from __future__ import annotations

from notebook_agent.view.call import call_wire
from notebook_agent.view.conversation import conversation_html, conversation_text
from notebook_agent.view.detail import decision_wire, detail, details
from notebook_agent.view.dot import graph_dot, graph_mermaid, graph_text
from notebook_agent.view.drawing import graph_mimebundle, graph_wire, visualize
from notebook_agent.view.going import progress
from notebook_agent.view.html import state_html, value_html
from notebook_agent.view.panel import overview, run_lines
from notebook_agent.view.report import failure_report
from notebook_agent.view.steps import joined_steps, steps_wire
from notebook_agent.view.svg import graph_svg
from notebook_agent.view.values import Limits, diff_wire, state_wire

__all__ = [
    "Limits",
    "call_wire",
    "conversation_html",
    "conversation_text",
    "decision_wire",
    "detail",
    "details",
    "diff_wire",
    "failure_report",
    "graph_dot",
    "graph_mermaid",
    "graph_mimebundle",
    "graph_svg",
    "graph_text",
    "graph_wire",
    "joined_steps",
    "overview",
    "progress",
    "run_lines",
    "state_html",
    "state_wire",
    "steps_wire",
    "value_html",
    "visualize",
]
