"""How each kind of endpoint words its requests and answers: one module a kind.

Everything here reads what others wrote and takes any shape: what is not as expected
reads as nothing, and nothing raises.
"""

from __future__ import annotations

from notebook_agent.calls.providers import anthropic, chat, media, responses
from notebook_agent.calls.providers.base import Provider

__all__ = ["is_known", "provider"]

_BY_ENDPOINT: dict[str, Provider] = {
    "chat/completions": chat.Chat(),
    "responses": responses.Responses(),
    "messages": anthropic.Messages(),
    "embeddings": media.Embeddings(),
    "images/generations": media.Images(),
    "images/edits": media.Images(),
    "images/variations": media.Images(),
}
_ANY = Provider()


def is_known(endpoint: str) -> bool:
    """Tell whether an endpoint's answers can be read; those of registered hosts cannot."""
    return endpoint in _BY_ENDPOINT


def provider(endpoint: str) -> Provider:
    """Find who can read the calls of an endpoint; a plain one for endpoints of registered hosts."""
    return _BY_ENDPOINT.get(endpoint, _ANY)
