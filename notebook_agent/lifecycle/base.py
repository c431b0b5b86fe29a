"""Hooks: what a user's own code is told at each point of a run.

Each point has a class to derive from, and one whose method is awaited. Derive from as
many as you like and give the object to `with_hooks`. Methods are called with keywords
only; take `**future_kwargs` for those that you do not need. A run that is not awaited
leaves the async hooks out.

A hook that raises stops the run once what was done is kept: before a step the step does
not begin; while an action runs (spans, attributes, streams) and after it the step is
completed first. All hooks of that point are told; what the action itself raised is never
hidden, the hook's error is noted on it.

A hook is told of its own application's runs; one that has `cascades = True` also of the branches
of parallel actions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Unpack

from notebook_agent.lifecycle.events import Event
from notebook_agent.lifecycle.told import (
    AfterCall,
    AfterStep,
    BeforeCall,
    BeforeStep,
    Created,
    ExecuteMethod,
    Logged,
    OfSpan,
    OfStream,
    StreamItem,
)

__all__ = [
    "DoLogAttributeHook",
    "DoLogAttributeHookAsync",
    "EventHook",
    "ExecuteMethod",
    "Hook",
    "PostApplicationCreateHook",
    "PostApplicationCreateHookAsync",
    "PostApplicationExecuteCallHook",
    "PostApplicationExecuteCallHookAsync",
    "PostEndSpanHook",
    "PostEndSpanHookAsync",
    "PostEndStreamHook",
    "PostEndStreamHookAsync",
    "PostRunStepHook",
    "PostRunStepHookAsync",
    "PostStreamItemHook",
    "PostStreamItemHookAsync",
    "PreApplicationExecuteCallHook",
    "PreApplicationExecuteCallHookAsync",
    "PreRunStepHook",
    "PreRunStepHookAsync",
    "PreStartSpanHook",
    "PreStartSpanHookAsync",
    "PreStartStreamHook",
    "PreStartStreamHookAsync",
]


class PreRunStepHook(ABC):
    """Called before each step; if it raises, the step does not begin."""

    @abstractmethod
    def pre_run_step(self, **event: Unpack[BeforeStep]) -> None:
        """Take part before a step."""


class PreRunStepHookAsync(ABC):
    """As PreRunStepHook, awaited."""

    @abstractmethod
    async def pre_run_step(self, **event: Unpack[BeforeStep]) -> None:
        """Take part before a step."""


class PostRunStepHook(ABC):
    """Called after each step, when it is kept; if it raises, the run stops after that step."""

    @abstractmethod
    def post_run_step(self, **event: Unpack[AfterStep]) -> None:
        """Take part after a step."""


class PostRunStepHookAsync(ABC):
    """As PostRunStepHook, awaited."""

    @abstractmethod
    async def post_run_step(self, **event: Unpack[AfterStep]) -> None:
        """Take part after a step."""


class PostApplicationCreateHook(ABC):
    """Called when an application has been built."""

    @abstractmethod
    def post_application_create(self, **event: Unpack[Created]) -> None:
        """Take part after a build."""


class PostApplicationCreateHookAsync(ABC):
    """As PostApplicationCreateHook, awaited by `abuild`."""

    @abstractmethod
    async def post_application_create(self, **event: Unpack[Created]) -> None:
        """Take part after a build."""


class PreApplicationExecuteCallHook(ABC):
    """Called when `run`, `step` .. is called from outside, before anything happens."""

    @abstractmethod
    def pre_run_execute_call(self, **event: Unpack[BeforeCall]) -> None:
        """Take part before a run call."""


class PreApplicationExecuteCallHookAsync(ABC):
    """As PreApplicationExecuteCallHook, awaited."""

    @abstractmethod
    async def pre_run_execute_call(self, **event: Unpack[BeforeCall]) -> None:
        """Take part before a run call."""


class PostApplicationExecuteCallHook(ABC):
    """Called when `run`, `step` .. is over, however it ended."""

    @abstractmethod
    def post_run_execute_call(self, **event: Unpack[AfterCall]) -> None:
        """Take part after a run call."""


class PostApplicationExecuteCallHookAsync(ABC):
    """As PostApplicationExecuteCallHook, awaited."""

    @abstractmethod
    async def post_run_execute_call(self, **event: Unpack[AfterCall]) -> None:
        """Take part after a run call."""


class PreStartSpanHook(ABC):
    """Called when a span opens, in the thread that opens it."""

    @abstractmethod
    def pre_start_span(self, **event: Unpack[OfSpan]) -> None:
        """Take part before a span."""


class PreStartSpanHookAsync(ABC):
    """As PreStartSpanHook, awaited where the span is opened with `async with`.

    For a plain `with` it is awaited at the next `async with`, the next piece of a stream or
    the end of the action, still in the order of what happened.
    """

    @abstractmethod
    async def pre_start_span(self, **event: Unpack[OfSpan]) -> None:
        """Take part before a span."""


class PostEndSpanHook(ABC):
    """Called when a span closes."""

    @abstractmethod
    def post_end_span(self, **event: Unpack[OfSpan]) -> None:
        """Take part after a span."""


class PostEndSpanHookAsync(ABC):
    """As PostEndSpanHook, awaited as PreStartSpanHookAsync is."""

    @abstractmethod
    async def post_end_span(self, **event: Unpack[OfSpan]) -> None:
        """Take part after a span."""


class DoLogAttributeHook(ABC):
    """Called when attributes are logged."""

    @abstractmethod
    def do_log_attributes(self, **event: Unpack[Logged]) -> None:
        """Take the attributes."""


class DoLogAttributeHookAsync(ABC):
    """As DoLogAttributeHook, awaited when something can await it next, see PreStartSpanHookAsync."""

    @abstractmethod
    async def do_log_attributes(self, **event: Unpack[Logged]) -> None:
        """Take the attributes."""


class PreStartStreamHook(ABC):
    """Called before a streaming action gives its first piece."""

    @abstractmethod
    def pre_start_stream(self, **event: Unpack[OfStream]) -> None:
        """Take part before a stream."""


class PreStartStreamHookAsync(ABC):
    """As PreStartStreamHook, awaited."""

    @abstractmethod
    async def pre_start_stream(self, **event: Unpack[OfStream]) -> None:
        """Take part before a stream."""


class PostStreamItemHook(ABC):
    """Called after each piece of a stream."""

    @abstractmethod
    def post_stream_item(self, **event: Unpack[StreamItem]) -> None:
        """Take a piece."""


class PostStreamItemHookAsync(ABC):
    """As PostStreamItemHook, awaited."""

    @abstractmethod
    async def post_stream_item(self, **event: Unpack[StreamItem]) -> None:
        """Take a piece."""


class PostEndStreamHook(ABC):
    """Called when a stream is over, however it ended."""

    @abstractmethod
    def post_end_stream(self, **event: Unpack[OfStream]) -> None:
        """Take part after a stream."""


class PostEndStreamHookAsync(ABC):
    """As PostEndStreamHook, awaited."""

    @abstractmethod
    async def post_end_stream(self, **event: Unpack[OfStream]) -> None:
        """Take part after a stream."""


class EventHook(ABC):
    """Called with every event that `Application.subscribe` tells, from the application's first on.

    It is told in the thread that runs. One that raises is logged and told no more.
    """

    @abstractmethod
    def on_event(self, event: Event, /) -> None:
        """Take an event."""


Hook = (
    PreRunStepHook
    | PreRunStepHookAsync
    | PostRunStepHook
    | PostRunStepHookAsync
    | PostApplicationCreateHook
    | PostApplicationCreateHookAsync
    | PreApplicationExecuteCallHook
    | PreApplicationExecuteCallHookAsync
    | PostApplicationExecuteCallHook
    | PostApplicationExecuteCallHookAsync
    | PreStartSpanHook
    | PreStartSpanHookAsync
    | PostEndSpanHook
    | PostEndSpanHookAsync
    | DoLogAttributeHook
    | DoLogAttributeHookAsync
    | PreStartStreamHook
    | PreStartStreamHookAsync
    | PostStreamItemHook
    | PostStreamItemHookAsync
    | PostEndStreamHook
    | PostEndStreamHookAsync
    | EventHook
)
