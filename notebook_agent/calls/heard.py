"""What a stream says, each of its events parsed once, as it comes."""

from __future__ import annotations

from notebook_agent.calls.bodies import Decoder
from notebook_agent.calls.events import EventReader, parsed
from notebook_agent.calls.providers.base import Provider

__all__ = ["Heard"]

_DONE = "[DONE]"


class Heard:
    """The events of one answer.

    Attributes:
        events: Those that are JSON, in order.
        broken: Whether one was none.
        ended: Whether the last one has come.
        finishing: Whether the answer may be whole with the last piece, though more may follow.
    """

    def __init__(self, provider: Provider, undo: Decoder) -> None:
        self.events: list[object] = []
        self.broken = False
        self.ended = False
        self.finishing = False
        self._provider, self._reader = provider, EventReader(undo)

    def feed(self, data: bytes) -> list[str]:
        """Take a piece; give the text that the answer grows by."""
        self.finishing = False
        return [text for said in self._reader.feed(data) if (text := self._hear(said))]

    def flush(self) -> list[str]:
        """Take what is left as one event, for a server that forgets the last blank line."""
        return [text for said in self._reader.flush() if (text := self._hear(said, cut=True))]

    @property
    def whole(self) -> bool:
        """Whether nothing of the answer is missing, if no more comes."""
        return self.ended or self._provider.is_whole(self.events)

    def answers(self, request: object) -> bool:
        """Tell whether all of the answer to a request is here, though the stream may go on."""
        return self.ended or (self.whole and not self._provider.lacks(self.events, request))

    def _hear(self, said: str, *, cut: bool = False) -> str:
        if said.startswith(_DONE):
            self.ended = True
            return ""
        event = parsed(said)
        if event is None:
            self.broken = self.broken or bool(said and not cut)
            return ""
        self.events.append(event)
        self.ended = self.ended or self._provider.is_last(event)
        self.finishing = self.finishing or self._provider.is_finish(event)
        return self._provider.delta(event)
