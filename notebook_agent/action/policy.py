"""What is done when an action fails or takes too long: tried again, after a pause, or cut off."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.errors import REFUSED, ActionError
from notebook_agent.given import given_number, given_whole

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How often a failed action is tried again, and how long one attempt may take.

    Each attempt is a step of its own. Only exceptions are tried again: a Stop or a
    cancelled task never is, nor a step whose LLM call was not sent (strict replay, a spent budget).

    Attributes:
        retries: Attempts after the first one.
        backoff: Seconds before the second attempt; each later pause is twice as long.
        on: Exceptions that are tried again; others end the run at once.
        timeout: Seconds for one attempt. An async action is cancelled and a model call is cut
            off; of another sync action it is only said afterwards that it took longer.
    """

    retries: int = 0
    backoff: float = 1.0
    on: tuple[type[Exception], ...] = (Exception,)
    timeout: float | None = None

    def __post_init__(self) -> None:
        given_whole("retries", self.retries, ActionError, least=0, means="it is a number of further attempts")
        given_number("backoff", self.backoff, ActionError, above=False, means="it is in seconds")
        if self.timeout is not None:
            limit = "None for no limit; else it is in seconds"
            given_number("timeout", self.timeout, ActionError, above=True, means=limit)
        if not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in self.on):
            raise ActionError(f"on={self.on!r}: it names exception classes, such as on=(TimeoutError,).")

    def pause(self, attempt: int, error: BaseException) -> float | None:
        """Return the seconds to wait before the next attempt; None where there is none.

        `attempt` counts from 0, the one that failed.
        """
        if attempt >= self.retries or not isinstance(error, self.on) or isinstance(error, REFUSED):
            return None
        return float(self.backoff * 2**attempt)
