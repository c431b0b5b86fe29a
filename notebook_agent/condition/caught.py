"""Edges that an exception takes."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent.condition.condition import Condition
from notebook_agent.errors import REFUSED, ConditionError

__all__ = ["OnError", "on_error"]


class OnError(Condition):
    """Whether an action raised one of some exceptions; `on_error` makes one.

    Attributes:
        kinds: The exception classes.
    """

    __slots__ = ("kinds",)

    def __init__(self, *kinds: type[Exception]) -> None:
        named = " | ".join(each.__name__ for each in kinds)
        super().__init__((), _never, f"on {named}", data={"on_error": [_full(k) for k in kinds]})
        self.kinds = kinds

    def catches(self, error: BaseException) -> bool:
        """Return whether it is one of these exceptions.

        An LLM call that was not sent (strict replay, a spent budget) is caught by its own class only.
        """
        if isinstance(error, REFUSED):
            return isinstance(error, tuple(kind for kind in self.kinds if issubclass(kind, REFUSED)))
        return isinstance(error, self.kinds)

    def _check_combines(self) -> None:
        raise ConditionError(
            f"{self.name}: an edge that an exception takes has no other condition. Give several classes, "
            "on_error(A, B), or give the action that follows edges of its own."
        )


def on_error(*kinds: type[Exception]) -> OnError:
    """Follow an edge when the action that it leaves raises one of these exceptions.

    As in `with_transitions(("fetch", "apologise", on_error(TimeoutError)))`.

    Without a class any `Exception` takes it. The failed step keeps its error, the state
    stays as before it, and the action that follows finds the error in `__context.failure`.
    A Stop or a cancelled task is never caught.

    Raises:
        ConditionError: What was given is no exception class.
    """
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise ConditionError(f"on_error({kind!r}): it takes exception classes, such as TimeoutError.")
    return OnError(*(kinds or (Exception,)))


def _never(_: Mapping[str, object]) -> bool:
    return False


def _full(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
