"""What hooks are told: the keyword arguments of each point of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypedDict

from notebook_agent.action import Node
from notebook_agent.state import State

__all__ = [
    "AfterCall",
    "AfterStep",
    "BeforeCall",
    "BeforeStep",
    "Created",
    "ExecuteMethod",
    "Logged",
    "OfRun",
    "OfSpan",
    "OfStream",
    "StreamItem",
]


class ExecuteMethod(StrEnum):
    """The method of an application that a run call came by."""

    step = "step"
    astep = "astep"
    iterate = "iterate"
    aiterate = "aiterate"
    run = "run"
    arun = "arun"
    stream_result = "stream_result"
    astream_result = "astream_result"
    stream_iterate = "stream_iterate"
    astream_iterate = "astream_iterate"


class OfRun(TypedDict):
    """What every hook is told: the run."""

    app_id: str
    partition_key: str | None


class BeforeStep(OfRun):
    """A step is about to begin; `inputs` are those that the action takes."""

    sequence_id: int
    state: State
    action: Node
    inputs: Mapping[str, Any]


class AfterStep(OfRun):
    """A step is over and kept; `exception` is what the action raised, and leaves the run after this."""

    sequence_id: int
    state: State
    action: Node
    result: Mapping[str, Any] | None
    exception: BaseException | None


class Created(OfRun):
    """An application was built. The pointers are `ParentPointer`s or None."""

    state: State
    application_graph: Any
    parent_pointer: Any
    spawning_parent_pointer: Any


class BeforeCall(OfRun):
    """`run`, `step` or another method was called from outside of the run."""

    state: State
    method: ExecuteMethod


class AfterCall(BeforeCall):
    """That call is over; `exception` is what leaves it."""

    exception: BaseException | None


class OfSpan(OfRun):
    """A span in an action: `span` has `name uid parent attributes`."""

    action: str
    action_sequence_id: int
    span: Any
    span_dependencies: Sequence[str]


class Logged(OfRun):
    """Attributes were logged, on a span or, where it is None, on the step."""

    attributes: Mapping[str, Any]
    action: str
    action_sequence_id: int
    span: Any
    tags: Mapping[str, Any]


class OfStream(OfRun):
    """The stream of a streaming action."""

    action: str
    sequence_id: int


class StreamItem(OfStream):
    """A piece of a stream. `item_index` counts from 0; times are Unix seconds, UTC."""

    item: Mapping[str, Any]
    item_index: int
    stream_initialize_time: float
    first_stream_item_start_time: float
