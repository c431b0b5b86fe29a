"""64 branches of 10 steps that do nothing, no store on any side: a parallel step beside other engines.

Run it as `python benchmarks/parallel.py [repeats]`. Each sample is a process of its own in the engine's own
environment (see `peers.py`), in turns; it warms up once and tells the median of ten runs, in milliseconds.
"""

import itertools
import json
import random
import statistics
import sys
import tempfile
from pathlib import Path

BRANCHES, STEPS, RUNS = 64, 10, 10
ENGINES = {"by hand": "here", "threads": "here", "awaited": "here", "burr": "burr", "langgraph": "langgraph"}
NAMES = {"threads": "notebook_agent, threads", "awaited": "notebook_agent, awaited"}


def ours():
    from notebook_agent import ApplicationBuilder, GraphBuilder, action
    from notebook_agent.parallelism import MapStates, RunnableGraph

    @action(reads=["n"], writes=["n"])
    def count(state):
        return state.update(n=state["n"] + 1)

    @action(reads=["n"], writes=["n"])
    async def acount(state):
        return state.update(n=state["n"] + 1)

    def application(step, waits):
        class Fan(MapStates):
            reads = []
            writes = ["total"]

            def action(self, state, inputs):
                return RunnableGraph(chain(GraphBuilder(), step), "s0", [f"s{STEPS - 1}"])

            def states(self, state, context, inputs):
                return (state.update(n=n) for n in range(BRANCHES))

            def is_async(self):
                return waits

            def reduce(self, state, states):
                return state.update(total=sum(each["n"] for each in states))

        builder = ApplicationBuilder().with_actions(fan=Fan()).with_entrypoint("fan")
        return builder.with_store(None).build()

    return lambda: application(count, False).step()[2]["total"], lambda: awaited(application(acount, True))


def awaited(app):
    import asyncio

    return asyncio.run(app.astep())[2]["total"]


def chain(builder, step):
    """A graph of the same step again and again."""
    names = [f"s{n}" for n in range(STEPS)]
    builder = builder.with_actions(**dict.fromkeys(names, step))
    return builder.with_transitions(*itertools.pairwise(names)).build()


def burr():
    from burr.core import ApplicationBuilder, action
    from burr.core.graph import GraphBuilder
    from burr.core.parallelism import MapStates, RunnableGraph

    @action(reads=["n"], writes=["n"])
    def count(state):
        return state.update(n=state["n"] + 1)

    @action(reads=["total"], writes=["total"])
    def end(state):
        return state

    class Fan(MapStates):
        reads = []
        writes = ["total"]

        def action(self, state, inputs):
            return RunnableGraph(chain(GraphBuilder(), count), "s0", [f"s{STEPS - 1}"])

        def states(self, state, context, inputs):
            for n in range(BRANCHES):
                yield state.update(n=n)

        def reduce(self, state, states):
            return state.update(total=sum(each["n"] for each in states))

    def run():
        builder = ApplicationBuilder().with_actions(fan=Fan(), end=end).with_transitions(("fan", "end"))
        return builder.with_entrypoint("fan").with_state(total=0).build().step()[2]["total"]

    return run


def langgraph():
    import operator
    from typing import Annotated, TypedDict

    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Send

    class Branch(TypedDict):
        n: int

    class Whole(TypedDict):
        found: Annotated[list, operator.add]

    def count(state):
        return {"n": state["n"] + 1}

    branch = StateGraph(Branch)
    for n in range(STEPS):
        branch.add_node(f"s{n}", count)
        branch.add_edge(START if n == 0 else f"s{n - 1}", f"s{n}")
    branch.add_edge(f"s{STEPS - 1}", END)
    inner = branch.compile()

    whole = StateGraph(Whole)
    whole.add_node("branch", lambda state: {"found": [inner.invoke(state)["n"]]})
    whole.add_conditional_edges(
        START, lambda _: [Send("branch", {"n": n}) for n in range(BRANCHES)], ["branch"]
    )
    whole.add_edge("branch", END)
    outer = whole.compile()
    return lambda: sum(outer.invoke({"found": []})["found"])


def by_hand():
    def count(state):
        return {**state, "n": state["n"] + 1}

    def run():
        total = 0
        for n in range(BRANCHES):
            state = {"n": n}
            for _ in range(STEPS):
                state = count(state)
            total += state["n"]
        return total

    return run


def measure(engine):
    """Print the median of several runs, once one has shown that the result is right."""
    from time import perf_counter

    made = {"by hand": by_hand, "burr": burr, "langgraph": langgraph}
    run = made[engine]() if engine in made else dict(zip(("threads", "awaited"), ours(), strict=True))[engine]
    expected = sum(range(BRANCHES)) + BRANCHES * STEPS
    if run() != expected:
        raise SystemExit(f"{engine} counted {run()}, not {expected}")
    times = []
    for _ in range(RUNS):
        before = perf_counter()
        run()
        times.append((perf_counter() - before) * 1e3)
    print(json.dumps({"ms": statistics.median(times)}))


def main():
    import peers

    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found = {name: [] for name in ENGINES}
    for _ in range(repeats):
        for name in random.sample(list(ENGINES), len(ENGINES)):
            with tempfile.TemporaryDirectory() as folder:
                sample = peers.run(
                    ENGINES[name], Path(__file__).resolve(), "measure", name, folder=Path(folder)
                )
            found[name].append(sample["ms"])
    print(f"{peers.versions('burr')}, {peers.versions('langgraph')}")
    table({name: statistics.median(times) for name, times in found.items()})


def table(found):
    print(f"{'':26}{'ms':>8}{'of burr':>9}{'of langgraph':>14}")
    for name, ms in found.items():
        shares = f"{ms / found['burr']:9.2f}{ms / found['langgraph']:14.2f}"
        print(f"{NAMES.get(name, name):26}{ms:8.1f}{shares}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2])
    else:
        main()
