"""LangGraph with its SqliteSaver, synced at each step."""

import operator
import sqlite3
from typing import Annotated, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph

ENVIRONMENT = "langgraph"


class Engine:
    chat = Annotated[list, operator.add]

    def __init__(self, folder):
        self.folder = folder
        connection = sqlite3.connect(folder / "langgraph.db", check_same_thread=False)
        self.saver = SqliteSaver(connection)
        self.saver.setup()
        self.config = {"configurable": {"thread_id": "chat"}, "recursion_limit": 1_000_000}
        self.ids = []

    def _graph(self, messages, last):
        class State(TypedDict):
            chat: self.chat
            n: int
            blob: object

        def say(state):
            message = messages[state["n"]]
            return {"chat": [message] if message else [], "n": state["n"] + 1}

        graph = StateGraph(State).add_node("say", say).add_edge(START, "say")
        graph.add_conditional_edges("say", lambda state: "say" if state["n"] < last else "__end__")
        return graph.compile(checkpointer=self.saver)

    def run(self, messages, extra):
        graph = self._graph(messages, len(messages))
        start = {"chat": [], "n": 0, **extra}
        for _ in graph.stream(start, self.config, durability="sync"):
            yield

    def listed(self):
        graph = self._graph([], 0)
        found = list(graph.get_state_history(self.config))
        self.ids = [each.config for each in reversed(found) if each.metadata["step"] > 0]
        return len(self.ids)

    def state(self, n):
        if not self.ids:
            self.listed()
        return self._graph([], 0).get_state(self.ids[n]).values["chat"]

    def fork(self, n, message):
        graph = self._graph({n + 1: message}, n + 2)
        config = graph.update_state(self.ids[n], {"n": n + 1}, as_node="say")
        for _ in graph.stream(None, config, durability="sync"):
            pass
        return len(graph.get_state(self.config).values["chat"])
