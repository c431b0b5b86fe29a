"""What a message and an answer have in common, as far as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Picture", "Spoken", "Tool"]


class Spoken(Protocol):
    """A message or an answer."""

    @property
    def images(self) -> Sequence[Picture]:
        """The pictures in it."""
        ...

    @property
    def links(self) -> Sequence[str]:
        """Addresses of pictures, which are never fetched."""
        ...

    @property
    def tools(self) -> Sequence[Tool]:
        """The calls of tools in it."""
        ...


class Picture(Protocol):
    """A picture's bytes."""

    @property
    def data(self) -> bytes:
        """As received."""
        ...


class Tool(Protocol):
    """A call of a tool."""

    @property
    def name(self) -> str:
        """Which tool."""
        ...

    @property
    def arguments(self) -> str:
        """What it is given, as the model wrote it."""
        ...
