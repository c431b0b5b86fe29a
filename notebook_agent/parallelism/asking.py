"""Methods that users override: called with what they ask for, and what they give made a list."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import TypeGuard, cast

from notebook_agent.errors import ActionError

__all__ = ["agather", "ask", "gather"]

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def ask(method: Callable[..., object], **given: object) -> object:
    """Call a method with those of the given values that it names, in whatever order it names them.

    One that names its parameters otherwise gets the values by position.
    """
    parameters = inspect.signature(method).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return method(**given)
    if all(each.name in given and each.kind in _NAMED for each in parameters):
        return method(**{each.name: given[each.name] for each in parameters})
    return method(*list(given.values())[: len(parameters)])


def gather(who: str, what: str, given: object) -> list[object]:
    """Return what a generator, a list or a single item gives as a list.

    Raises:
        ActionError: It is async, and `who` is not.
    """
    if hasattr(given, "__aiter__") or hasattr(given, "__await__"):
        if inspect.iscoroutine(given):
            given.close()
        raise ActionError(
            f"{who}.{what} is async. Let {who}.is_async() return True, and await the run: arun, astep.",
            action=who,
        )
    return list(given) if _has_items(given) else [given]


async def agather(given: object) -> list[object]:
    """Return as a list what `gather` takes, and what async generators and coroutines give."""
    if hasattr(given, "__aiter__"):
        return [each async for each in cast("AsyncIterable[object]", given)]
    if inspect.isawaitable(given):
        return await agather(await given)
    return list(given) if _has_items(given) else [given]


def _has_items(given: object) -> TypeGuard[Iterable[object]]:
    return isinstance(given, Iterable) and not isinstance(given, Mapping)
