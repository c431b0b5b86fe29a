"""What is drawn of a graph: its boxes and arrows as plain, hashable data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from notebook_agent.graph import Graph
from notebook_agent.ids import Json
from notebook_agent.redact import redact_text

__all__ = ["Box", "Direction", "Edge", "Shape", "shape_of"]

Direction = Literal["TB", "BT", "LR", "RL"]


@dataclass(frozen=True, slots=True)
class Box:
    """An action, or an input that actions take. `name` is unique in its shape."""

    name: str
    kind: Literal["action", "input"]
    label: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two boxes; `label` is the condition, empty where there is none.

    One that an exception takes is `caught`, and always has a label.
    """

    source: str
    target: str
    label: str = ""
    conditional: bool = False
    caught: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A whole drawing, before it is laid out. Equal shapes have equal layouts.

    With `detailed` a box has room for what its action reads and writes.
    """

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    direction: Direction = "TB"
    detailed: bool = False


@dataclass(frozen=True, slots=True)
class _Action:
    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Transition:
    source: str
    target: str
    condition: str
    caught: bool


def shape_of(
    graph: Graph | Json,
    *,
    with_conditions: bool = True,
    direction: Direction = "TB",
    detailed: bool = False,
) -> Shape:
    """Read the boxes and arrows of a graph, or of its description as kept with a run.

    Actions come in their order, then one box for each input.
    """
    actions, transitions = _of_graph(graph) if isinstance(graph, Graph) else _of_json(graph)
    inputs = _input_boxes(actions)
    boxes = [Box(each.name, "action", each.name, each.reads, each.writes) for each in actions]
    boxes += [Box(name, "input", f"input: {key}") for key, name in inputs.items()]
    edges = [Edge(inputs[key], each.name) for each in actions for key in each.inputs]
    edges += [_edge(each, with_conditions=with_conditions) for each in transitions]
    return Shape(tuple(boxes), tuple(edges), direction, detailed)


def _of_graph(graph: Graph) -> tuple[list[_Action], list[_Transition]]:
    actions = [_Action(each.name, each.reads, each.writes, sum(each.inputs, ())) for each in graph.actions]
    edges = [
        _Transition(each.source, each.target, each.condition.name, each.handles) for each in graph.transitions
    ]
    return actions, edges


def _of_json(described: Json) -> tuple[list[_Action], list[_Transition]]:
    actions = [
        _Action(
            str(each.get("name")),
            _texts(each, "reads"),
            _texts(each, "writes"),
            (*_texts(each, "required"), *_texts(each, "optional")),
        )
        for each in _entries(described, "actions")
    ]
    known = {each.name for each in actions}
    edges = [
        _Transition(
            str(each.get("source")), str(each.get("target")), str(each.get("condition")), _is_caught(each)
        )
        for each in _entries(described, "transitions")
    ]
    return actions, [each for each in edges if {each.source, each.target} <= known]


def _is_caught(transition: Mapping[str, Json]) -> bool:
    data = transition.get("data")
    return isinstance(data, Mapping) and "on_error" in data


def _entries(described: Json, key: str) -> Iterator[Mapping[str, Json]]:
    found = described.get(key) if isinstance(described, Mapping) else None
    for each in found if isinstance(found, list | tuple) else ():
        if isinstance(each, Mapping):
            yield each


def _texts(entry: Mapping[str, Json], key: str) -> tuple[str, ...]:
    found = entry.get(key)
    return tuple(map(str, cast("Sequence[Json]", found))) if isinstance(found, list | tuple) else ()


def _input_boxes(actions: Iterable[_Action]) -> Mapping[str, str]:
    taken = {action.name for action in actions}
    names: dict[str, str] = {}
    for key in (key for action in actions for key in action.inputs):
        names.setdefault(key, _unused(f"input: {key}", taken))
    return names


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    return name


def _edge(transition: _Transition, *, with_conditions: bool) -> Edge:
    conditional = transition.condition != "default"
    shown = conditional and (with_conditions or transition.caught)
    label = redact_text(transition.condition) if shown else ""
    return Edge(transition.source, transition.target, label, conditional, transition.caught)
