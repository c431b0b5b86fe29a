"""pydantic-graph 2, which keeps no checkpoints."""

import asyncio
from dataclasses import dataclass

from pydantic_graph import GraphBuilder, StepContext


@dataclass
class State:
    n: int = 0


def run(steps):
    builder = GraphBuilder(state_type=State, output_type=int)

    @builder.step
    async def count(context: StepContext[State, None, None]) -> int:
        context.state.n += 1
        return context.state.n

    again = builder.match(int, matches=lambda n: n < steps).to(count)
    over = builder.match(int).to(builder.end_node)
    builder.add(
        builder.edge_from(builder.start_node).to(count),
        builder.edge_from(count).to(builder.decision().branch(again).branch(over)),
    )
    graph = builder.build()
    yield
    yield asyncio.run(graph.run(state=State()))
