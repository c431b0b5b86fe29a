"""The decorators that make a function an action."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast

from notebook_agent.action.node import Effect, Node, names, signature_of
from notebook_agent.action.typed import Decorate, as_action, as_streaming
from notebook_agent.errors import ActionError

__all__ = ["ActionFunction", "action", "streaming_action", "type_eraser"]

_EFFECTS = ("pure", "idempotent", "irreversible")
_P = ParamSpec("_P")
_R = TypeVar("_R", covariant=True)  # noqa: PLC0105  # the short name reads better in signatures


class ActionFunction(Protocol, Generic[_P, _R]):
    """A decorated function: called as before, and bound to parameters with `bind`."""

    action_function: Node
    __name__: str

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call the function itself."""
        ...

    def bind(self, **parameters: object) -> Node:
        """Return an action with these parameters fixed."""
        ...

    def with_name(self, name: str) -> Node:
        """Return the action under another name."""
        ...


@as_action
def action(
    reads: Sequence[str] | None = None,
    writes: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    *,
    effect: Effect | None = None,
) -> Decorate:
    """Make a function, sync or async, an action.

    The function takes the state first; its other parameters are inputs, but for
    `__context` and `__tracer`, which the engine gives. It returns a new State, or
    `(result, State)` with a dict of what it found.

    Args:
        reads: Keys that it needs. Others can be read; what is really read is recorded.
        writes: Keys that it sets, each time; setting another one is a WriteError.
        tags: Names to halt at (`"@tag:.."`) or to find actions by.
        effect: What running it twice does: `"pure"`, `"idempotent"` or `"irreversible"`.
    """
    return _decorator("@action", reads, writes, tags, effect, streaming=False)


@as_streaming
def streaming_action(
    reads: Sequence[str] | None = None,
    writes: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    *,
    effect: Effect | None = None,
) -> Decorate:
    """Make a generator function, sync or async, an action that gives its result piece by piece.

    It yields dicts, or `(dict, None)`, as they come, and last `(result, State)`. Whoever
    called `stream_result` sees each piece at once; the step is over with the last one.

    Args:
        reads: See `action`.
        writes: See `action`.
        tags: See `action`.
        effect: See `action`.
    """
    return _decorator("@streaming_action", reads, writes, tags, effect, streaming=True)


def type_eraser(method: Callable[..., object]) -> Callable[..., Any]:
    """Return a method as it is, with no types: for a class action whose `run` names its inputs.

    A type checker then does not complain that it narrows the method of the base class.
    """
    return method


def _decorator(  # what both decorators take
    called: str,
    reads: Sequence[str] | None,
    writes: Sequence[str] | None,
    tags: Sequence[str] | None,
    effect: Effect | None,
    *,
    streaming: bool,
) -> Decorate:
    if reads is None or writes is None:
        above = f" above {reads.__name__}" if isinstance(reads, FunctionType) else ""
        raise ActionError(
            f"{called}{above} needs the lists of keys, empty ones too: {called}(reads=[..], writes=[..])."
        )
    keys = names("reads", reads), names("writes", writes), names("tags", tags or ())
    if effect is not None and effect not in _EFFECTS:
        raise ActionError(f"{called}(effect={effect!r}): it is one of {', '.join(_EFFECTS)}.")

    def decorate(function: Callable[_P, _R]) -> ActionFunction[_P, _R]:
        made = _make(called, function, keys, effect, streaming=streaming)
        decorated = cast("ActionFunction[_P, _R]", function)
        decorated.action_function = made
        decorated.bind = made.bind  # type: ignore[method-assign]  # the protocol's method is this one
        decorated.with_name = made.with_name  # type: ignore[method-assign]  # likewise
        return decorated

    return decorate


def _make(
    called: str,
    function: Callable[..., object],
    keys: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    effect: Effect | None,
    *,
    streaming: bool,
) -> Node:
    if not callable(function) or isinstance(function, type):
        raise ActionError(f"{called} goes above a def; {function!r} is not a function.")
    name = getattr(function, "__name__", type(function).__name__)
    asynchronous = _kind(called, name, function, streaming=streaming)
    parameters = signature_of(name, function)
    return Node(
        name,
        function,
        *keys,
        effect,
        asynchronous=asynchronous,
        streaming=streaming,
        required=parameters.required,
        optional=parameters.optional,
        injected=parameters.injected,
        origin=function,
    )


def _kind(called: str, name: str, function: Callable[..., object], *, streaming: bool) -> bool:
    """Return whether the function is async; ActionError where it yields and should not, or the reverse."""
    yields = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
    if yields and not streaming:
        raise ActionError(
            f"{called} {name}() yields. Put @streaming_action(reads=[..], writes=[..]) above it.", action=name
        )
    if streaming and inspect.iscoroutinefunction(function):
        raise ActionError(
            f"{called} {name}() yields nothing. Yield each piece as a dict, and last (result, state).",
            action=name,
        )
    return inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function)
