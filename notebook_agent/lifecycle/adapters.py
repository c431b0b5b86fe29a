"""The hooks of a run, sorted by what they are called at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from notebook_agent.errors import RunError
from notebook_agent.lifecycle import base as kinds
from notebook_agent.lifecycle.base import Hook

__all__ = ["NO_HOOKS", "Hooked", "Hooks"]


class Hooked(NamedTuple):
    """One hook's method, and whether it is awaited."""

    method: Callable[..., object]
    awaited: bool


class Hooks:
    """A run's hooks; each attribute lists the methods to be called at that point, in order.

    Attributes:
        adapters: The hooks as given.
        listeners: The methods that are told every event.
        in_steps: Whether any is called within a step or after it.

    Raises:
        RunError: What was given is an object of no hook class.
    """

    __slots__ = (
        "adapters",
        "do_log_attributes",
        "in_steps",
        "listeners",
        "post_application_create",
        "post_end_span",
        "post_end_stream",
        "post_run_execute_call",
        "post_run_step",
        "post_stream_item",
        "pre_run_execute_call",
        "pre_run_step",
        "pre_start_span",
        "pre_start_stream",
    )

    def __init__(self, adapters: Iterable[Hook] = ()) -> None:
        self.adapters = tuple(adapters)
        for each in self.adapters:
            _check(each)
        self.listeners = tuple(each.on_event for each in self.adapters if isinstance(each, kinds.EventHook))
        self.pre_run_step = self._at(kinds.PreRunStepHook, kinds.PreRunStepHookAsync)
        self.post_run_step = self._at(kinds.PostRunStepHook, kinds.PostRunStepHookAsync)
        self.post_application_create = self._at(
            kinds.PostApplicationCreateHook, kinds.PostApplicationCreateHookAsync
        )
        self.pre_run_execute_call = self._at(
            kinds.PreApplicationExecuteCallHook, kinds.PreApplicationExecuteCallHookAsync
        )
        self.post_run_execute_call = self._at(
            kinds.PostApplicationExecuteCallHook, kinds.PostApplicationExecuteCallHookAsync
        )
        self.pre_start_span = self._at(kinds.PreStartSpanHook, kinds.PreStartSpanHookAsync)
        self.post_end_span = self._at(kinds.PostEndSpanHook, kinds.PostEndSpanHookAsync)
        self.do_log_attributes = self._at(kinds.DoLogAttributeHook, kinds.DoLogAttributeHookAsync)
        self.pre_start_stream = self._at(kinds.PreStartStreamHook, kinds.PreStartStreamHookAsync)
        self.post_stream_item = self._at(kinds.PostStreamItemHook, kinds.PostStreamItemHookAsync)
        self.post_end_stream = self._at(kinds.PostEndStreamHook, kinds.PostEndStreamHookAsync)

        self.in_steps = any((
            self.post_run_step,
            self.pre_start_span,
            self.post_end_span,
            self.do_log_attributes,
            self.pre_start_stream,
            self.post_stream_item,
            self.post_end_stream,
        ))

    def _at(self, plain: type, awaited: type) -> tuple[Hooked, ...]:
        method = next(iter(plain.__abstractmethods__))  # type: ignore[attr-defined]  # an ABC with one
        return tuple(
            Hooked(getattr(each, method), awaited=isinstance(each, awaited))
            for each in self.adapters
            if isinstance(each, plain | awaited)
        )


def _check(given: object) -> None:
    if isinstance(given, type) or not isinstance(given, Hook):
        what = f"the class {given.__name__}" if isinstance(given, type) else f"a {type(given).__name__}"
        raise RunError(
            f"with_hooks takes objects of hook classes, such as PostRunStepHook; not {what}. "
            "Derive from one, and give an object of it."
        )


NO_HOOKS = Hooks()
