"""LangGraph without a checkpointer."""

from typing import TypedDict

from langgraph.graph import START, StateGraph


class State(TypedDict):
    n: int


def run(steps):
    graph = StateGraph(State).add_node("count", lambda state: {"n": state["n"] + 1}).add_edge(START, "count")
    graph.add_conditional_edges("count", lambda state: "count" if state["n"] < steps else "__end__")
    app = graph.compile()
    yield
    yield app.invoke({"n": 0}, {"recursion_limit": steps + 10})["n"]
