"""Checks of what a caller gives: it comes back in its type, or an error says what to give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from notebook_agent.errors import AgentError

__all__ = ["given_mapping", "given_names", "given_number", "given_whole"]


def given_names(
    where: str, given: object, error: type[AgentError], *, such: str = "prompt"
) -> tuple[str, ...]:
    """Return one name or several as a tuple; none for None."""
    if given is None:
        return ()
    if isinstance(given, str):
        return (given,)
    names = tuple(given) if isinstance(given, Iterable) else ()
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if wrong is not None or not isinstance(given, Iterable):
        shown = _shown(given if wrong is None else wrong)
        raise error(f"{where} takes names, such as [{such!r}]; not {shown}.")
    return names


def given_mapping(where: str, given: object, error: type[AgentError]) -> Mapping[str, object]:
    """Return values by name; none for None."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise error(f"{where} takes values by name, such as {{'prompt': 'hello'}}; not {_shown(given)}.")
    for name in given:
        if not isinstance(name, str):
            raise error(f"{where}: names are strings, and {name!r} is a {type(name).__name__}.")
    return given


def given_whole(where: str, given: object, error: type[AgentError], *, least: int, means: str) -> int:
    """Return a whole number of at least `least`; `means` says what it counts."""
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise error(f"{where}={_shown(given)}: {means}, {least} or more.")
    return given


def given_number(where: str, given: object, error: type[AgentError], *, above: bool, means: str) -> float:
    """Return a number from 0, or where `above` is set above it; `means` says what it counts."""
    number = given if isinstance(given, int | float) and not isinstance(given, bool) else math.nan
    if not (number > 0 if above else number >= 0):
        raise error(f"{where}={_shown(given)}: {means}, {'above 0' if above else '0 or more'}.")
    return number


def _shown(given: object) -> str:
    """A function by its name, since its address says nothing."""
    name = getattr(given, "__name__", None)
    return f"the {type(given).__name__} {name}" if isinstance(name, str) else repr(given)
