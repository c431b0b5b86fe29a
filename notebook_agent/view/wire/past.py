"""Answers about the past, on the wire: who wrote a value, and what running again takes."""

from __future__ import annotations

from typing import Literal, TypedDict

from notebook_agent.view.wire.step import CallWire

__all__ = ["BlameWire", "OriginWire", "PriceWire"]


class OriginWire(TypedDict):
    """Where a value came from."""

    path: str
    kind: Literal["step", "edit", "start"]
    """A step wrote it; it was edited by hand before the step began; or it was there at the start."""
    seq: int | None
    action: str | None


class BlameWire(TypedDict):
    """Who wrote a value."""

    origin: OriginWire
    source: str | None
    """Of the action, as it was then."""
    calls: list[CallWire]
    causes: list[OriginWire]
    """What the step had read, what the writers of that had read, and so on: the latest ones."""
    left: str | None
    """Says that earlier ones are left out."""


class PriceWire(TypedDict):
    """What a retry, or running a step again, takes."""

    said: str
    live: int
    """LLM calls that may go live."""
    fresh: str | None
    """What it takes if the model is asked anew; None where it had not been asked."""
