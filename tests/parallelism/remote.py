"""What branches in other processes run: functions that can be imported there."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import openai

from notebook_agent.action import action
from notebook_agent.condition import default, expr, when
from notebook_agent.graph import GraphBuilder
from notebook_agent.parallelism import MapStates, RunnableGraph


@action(reads=["x"], writes=["y", "process"])
def double(state):
    return state.update(y=2 * state["x"], process=os.getpid())


@action(reads=["y"], writes=["y"])
def plus(state, n=1):
    return state.increment(y=n)


def graph():
    builder = GraphBuilder().with_actions(double, plus=plus.bind(n=10), end=plus)
    builder.with_transitions(
        ("double", "plus", when(x__lt=2)), ("double", "end", default), ("plus", "end", expr("y > 0"))
    )
    return RunnableGraph(builder.build(), "double", ["end"])


@action(reads=["x"], writes=["y"])
def fail(state):
    if state["x"] == 2:
        raise PickyError(state["x"], "two")
    return state.update(y=1)


class PickyError(ValueError):
    """An exception that cannot be pickled: it takes two arguments and keeps one."""

    def __init__(self, number, name):
        super().__init__(f"no {number} ({name})")


class Noted:
    """Numbers that actions note."""

    def __init__(self):
        self._numbers = []

    def __contains__(self, number):
        return number in self._numbers

    def append(self, number):
        self._numbers.append(number)

    def clear(self):
        self._numbers.clear()

    def all(self):
        return self._numbers


DIES, RAN = Noted(), Noted()


def one_thread():
    return ThreadPoolExecutor(1)


def dying():
    @action(reads=["x"], writes=["y"])
    def work(state):
        if state["x"] in DIES:
            os._exit(9)
        RAN.append(state["x"])
        return state.update(y=10 * state["x"])

    return work


@action(reads=["x"], writes=["y"])
def ask(state):
    with openai.OpenAI(base_url=os.environ["FANS_SERVER"], api_key="test", max_retries=0) as client:
        said = client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": f"about {state['x']}"}]
        )
    return state.update(y=said.choices[0].message.content)


class Inner(MapStates):
    """Double several numbers, within a branch."""

    reads = ["x"]
    writes = ["y"]

    def action(self, state, inputs):
        return graph()

    def states(self, state, context, inputs):
        for n in range(state["x"]):
            yield state.update(x=n)

    def reduce(self, state, states):
        return state.update(y=sum(each["y"] for each in states))
