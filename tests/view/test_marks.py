"""A graph as text of other languages marks the next and the failed action."""

from notebook_agent import graph
from notebook_agent.action import action
from notebook_agent.view import graph_dot, graph_mermaid


@action(reads=[], writes=[])
def one(state):
    """Do nothing."""
    return state


GRAPH = graph.GraphBuilder().with_actions(one=one, two=one).with_transitions(("one", "two")).build()


def test_marks_are_colours_of_their_nodes():
    """The failed action wins where both are the same."""
    assert '\t"two" [fillcolor="#d3e5ff" color="#1d63d8" penwidth=2]' in graph_dot(GRAPH, current="two")
    assert "    style n1 fill:#d3e5ff,stroke:#1d63d8,stroke-width:2px" in graph_mermaid(GRAPH, current="two")
    both = graph_dot(GRAPH, current="one", failed="one")
    assert both.count("penwidth") == 1
    assert 'fillcolor="#fde5e2"' in both


def test_names_that_the_graph_does_not_have_mark_nothing():
    """Without a next action the text is the plain one."""
    assert graph_mermaid(GRAPH, current="gone", failed=None) == graph_mermaid(GRAPH)
    assert graph_dot(GRAPH, current=None) == graph_dot(GRAPH)
