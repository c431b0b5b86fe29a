"""Hooks that record all that they are told, plain and awaited, in values that can be compared."""

from __future__ import annotations

from notebook_agent import lifecycle
from notebook_agent.action import Node
from notebook_agent.graph import Graph
from notebook_agent.state import State
from notebook_agent.tracing import ActionSpan

EVENTS = {
    "pre_run_step": "PreRunStepHook",
    "post_run_step": "PostRunStepHook",
    "post_application_create": "PostApplicationCreateHook",
    "pre_run_execute_call": "PreApplicationExecuteCallHook",
    "post_run_execute_call": "PostApplicationExecuteCallHook",
    "pre_start_span": "PreStartSpanHook",
    "post_end_span": "PostEndSpanHook",
    "do_log_attributes": "DoLogAttributeHook",
    "pre_start_stream": "PreStartStreamHook",
    "post_stream_item": "PostStreamItemHook",
    "post_end_stream": "PostEndStreamHook",
}
"""Each event, and the class that is derived from to be told of it."""


def recorder(seen, *events, awaited=False, raises=None):
    """Make a hook that adds (event, what it was told) to `seen`, then raises what it is to."""
    names = [EVENTS[event] + ("Async" if awaited else "") for event in events]
    bases = tuple(getattr(lifecycle, name) for name in names)
    make = _awaited if awaited else _plain
    return type("Recorder", bases, {event: make(event, seen, raises) for event in events})()


def _plain(event, seen, raises):
    def method(self, **told):
        seen.append((event, plain(told)))
        if raises is not None:
            raise raises

    return method


def _awaited(event, seen, raises):
    async def method(self, **told):
        seen.append((event, plain(told)))
        if raises is not None:
            raise raises

    return method


def plain(value):
    """Return a value so that it can be compared between two runs: times are told by their types only."""
    if isinstance(value, dict):
        return {key: type(item) if key.endswith("_time") else plain(item) for key, item in value.items()}
    return next((read(value) for kind, read in _READERS.items() if isinstance(value, kind)), value)


_READERS = {
    Node: lambda node: node.name,
    Graph: lambda graph: graph.names,
    State: lambda state: state.get_all(),
    ActionSpan: lambda span: (span.uid, span.name, dict(span.attributes), span.error),
    BaseException: lambda error: (type(error), str(error)),
    lifecycle.ExecuteMethod: lambda method: method.removeprefix("a"),
}
