"""Graphs of actions: built, checked, and asked what is next."""

from __future__ import annotations

from notebook_agent.graph.builder import GraphBuilder
from notebook_agent.graph.edges import Transition
from notebook_agent.graph.graph import Graph

__all__ = ["Graph", "GraphBuilder", "Transition"]
