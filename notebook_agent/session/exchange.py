"""The LLM calls of one step, told as conversations."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.session.shown import Table
from notebook_agent.view import conversation_html, conversation_text

__all__ = ["Exchange"]


@dataclass(frozen=True, slots=True, repr=False)
class Exchange(Table):
    """The table of a step's calls, and below it what was said in each.

    Attributes:
        calls: The calls.
        notes: How each compares with the same call elsewhere; None where there is none.
    """

    calls: tuple[CallRecord, ...] = ()
    notes: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        told = map(conversation_text, self.calls, self.notes)
        return "\n\n".join([Table.__str__(self), *told])

    def html(self) -> str:
        """Return the table and the conversations as HTML: code in colours, pictures shown."""
        return Table.html(self) + "".join(map(conversation_html, self.calls, self.notes))
