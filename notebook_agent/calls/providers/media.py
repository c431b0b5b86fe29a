"""`images/*` and `embeddings`."""

from __future__ import annotations

from notebook_agent.calls.providers.base import Message, Output, Provider, image, image_from_url
from notebook_agent.calls.providers.loose import at, items, text

__all__ = ["Embeddings", "Images"]


class Images(Provider):
    """Reads image generations and edits."""

    def merged(self, events: list[object]) -> object:
        """Take the finished images of a stream."""
        done = [event for event in events if text(at(event, "type")).endswith(".completed")]
        error = next((told for event in events if (told := at(event, "error"))), None)
        usage = at(done[-1], "usage") if done else None
        return {"data": done, "usage": usage, "error": error}

    def output(self, answer: object) -> Output:
        """The images, and links to those that the provider keeps."""
        made = items(at(answer, "data"))
        links = [image_from_url(at(item, "url"))[1] for item in made]
        told = text(at(made[0], "revised_prompt")) if made else ""
        drawn = (image(at(item, "b64_json")) for item in made)
        return Output(told or None, tuple(filter(None, drawn)), tuple(filter(None, links)))


class Embeddings(Provider):
    """Reads embeddings."""

    def messages(self, request: object) -> tuple[Message, ...]:
        """The texts."""
        given = at(request, "input")
        texts = [given] if isinstance(given, str) else [one for one in items(given) if isinstance(one, str)]
        return tuple(Message("user", one) for one in texts)

    def output(self, answer: object) -> Output:
        """How many vectors there are; nobody reads their numbers."""
        count = len(items(at(answer, "data")))
        return Output(f"{count} vector{'s' * (count != 1)}" if count else None)
