"""What is done when an action fails or takes too long: tried again, after a pause, or cut off."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.errors import REFUSED, ActionError

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
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ActionError(f"retries={self.retries!r}: it is a number of further attempts, 0 or more.")
        if self.backoff < 0:
            raise ActionError(f"backoff={self.backoff!r}: it is in seconds, 0 or more.")
        if self.timeout is not None and self.timeout <= 0:
            raise ActionError(f"timeout={self.timeout!r}: it is in seconds, above 0; None for no limit.")
        if not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in self.on):
            raise ActionError(f"on={self.on!r}: it names exception classes, such as on=(TimeoutError,).")

    def pause(self, attempt: int, error: BaseException) -> float | None:
        """Return the seconds to wait before the next attempt; None where there is none.

        `attempt` counts from 0, the one that failed.
        """
        if attempt >= self.retries or not isinstance(error, self.on) or isinstance(error, REFUSED):
            return None
        return float(self.backoff * 2**attempt)
