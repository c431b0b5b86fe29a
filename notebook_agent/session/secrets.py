"""Secrets that a command finds in the state: each named once, with what to do."""

from __future__ import annotations

from collections.abc import Iterable

from notebook_agent.redact import find_secrets
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State

__all__ = ["name_secrets"]

_NEWEST = 50
"""Items of a list that are looked at, from its end."""


def name_secrets(ws: Workspace, state: State, keys: Iterable[str]) -> None:
    """Say of the first secret under each of these keys where it is, once in a session."""
    values = state.plain()
    for key in dict.fromkeys(keys):
        value = values.get(key)
        newest = value[-_NEWEST:] if isinstance(value, list) else value
        for found in find_secrets({key: newest}, most=1):
            note = f"secret {ws.in_use().uid} {key} {found.rule}"
            if note not in ws.offered:
                ws.offered.add(note)
                ws.screen.say(_told(key, found.rule))


def _told(key: str, rule: str) -> str:
    return (
        f"state[{key!r}] holds a secret ({rule}): it is kept as it is in the store, and shown masked. Better"
        " keep it out of the state, and read it in the action: os.environ[..]. If it is none:"
        f" notebook_agent.redact.trust({key!r})"
    )
