"""The chat with an agent: which input a message is, and which key of the state holds what was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard, cast

from notebook_agent.errors import CommandError, did_you_mean
from notebook_agent.graph import Graph
from notebook_agent.session.shown import Shown
from notebook_agent.session.standing import upcoming
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State
from notebook_agent.view.wire import ChatWire

__all__ = ["Chat", "Chatting", "chat_of"]


def chat_of(graph: Graph, following: str | None, entrypoint: str | None) -> ChatWire | None:
    """Return what a message is given as: what the next action needs, else the first, else any.

    None where no action takes an input.
    """
    named = [graph.get_action(name) for name in (following, entrypoint) if name in graph.names]
    needed = [name for action in named for name in action.required]
    names = [*needed, *graph.input_names]
    return ChatWire(input=names[0], output=None) if names else None


@dataclass(frozen=True, slots=True, repr=False)
class Chat(Shown):
    """The chat on the run in use: a box for messages in a notebook, what was said as text.

    Attributes:
        input: What a message is given as.
        output: The key that holds what was said; None for the first that looks like it.
    """

    workspace: Workspace
    input: str
    output: str | None

    @property
    def wire(self) -> ChatWire:
        """What the page is told."""
        return ChatWire(input=self.input, output=self.output)

    def __str__(self) -> str:
        said = "\n".join(_lines(self.workspace.in_use().state, self.output))
        return said or f"nothing was said yet: %agent run {self.input}=.. says something"


class Chatting:
    """The chat of an `Agent`."""

    workspace: Workspace

    def chat(self, input: str | None = None, output: str | None = None) -> Chat:  # noqa: A002  # as it is typed
        """Return a chat on the run in use, which a notebook shows as a box for messages.

        Args:
            input: What a message is given as; else what the next action needs.
            output: The key of the state that holds what was said; else the first that looks like it.

        Raises:
            CommandError: No action takes the input, or none has the key.
        """
        app = self.workspace.in_use()
        graph = app.graph
        found = chat_of(graph, upcoming(app).action, app.entrypoint)
        if found is None:
            raise CommandError("no action takes an input, so there is nothing to say to this agent")
        if input is not None:
            _check("--in", input, graph.input_names, "no action takes the input")
        if output is not None:
            _check("--out", output, _keys(graph, app.state), "no action reads or writes the key")
        return Chat(self.workspace, input or found["input"], output)


def _keys(graph: Graph, state: State) -> list[str]:
    declared = [key for action in graph.actions for key in (*action.reads, *action.writes)]
    return list(dict.fromkeys([*state, *declared]))


def _check(option: str, name: str, known: Sequence[str], trouble: str) -> None:
    if name not in known:
        near = did_you_mean(name, known) or f" There are: {listing(known)}."
        raise CommandError(f"{option} {name}: {trouble} {name!r}.{near}", key=name)


def _lines(state: State, output: str | None) -> Iterator[str]:
    key = output or next((key for key, value in state.items() if _is_chat(value)), None)
    said = state.get(key) if key is not None else None
    messages = said if isinstance(said, Sequence) and not isinstance(said, str) else [said]
    for message in messages:
        if _is_message(message):
            yield f"{message['role']}: {message['content']}"
        elif message is not None:
            yield str(message)


def _is_message(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping) and {"role", "content"} <= value.keys()


def _is_chat(value: object) -> bool:
    listed = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return listed and bool(value) and all(_is_message(each) for each in cast("Sequence[object]", value))
