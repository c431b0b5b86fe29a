"""The LLM calls of one step, told as conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from notebook_agent.session.shown import Table
from notebook_agent.view import value_html
from notebook_agent.view.brief import size
from notebook_agent.view.escape import clip, escape, writable
from notebook_agent.view.wire import CallWire, ValueWire

__all__ = ["Exchange"]

_LONGEST = 600
_INDENT = " " * 4


@dataclass(frozen=True, slots=True, repr=False)
class Exchange(Table):
    """The table of a step's calls, and below it what was said in each."""

    told: tuple[CallWire, ...] = ()

    def __str__(self) -> str:
        return "\n\n".join([Table.__str__(self), *map(_call_text, self.told)])

    def html(self) -> str:
        """Return the table and the conversations as HTML; pictures are shown."""
        return Table.html(self) + "".join(map(_call_html, self.told))


def _turns(call: CallWire) -> list[tuple[str, ValueWire]]:
    asked = [(message["role"], message["content"]) for message in call["messages"]]
    answer = [("error", call["error"])] if call["error"] else [("answer", call["output"])]
    return [*asked, *answer]


def _title(call: CallWire) -> str:
    how = "replayed" if call["replayed"] else "live"
    return f"{call['endpoint']} · {call['model'] or 'unknown model'} · {how}"


def _call_text(call: CallWire) -> str:
    lines = [f"  {role}: {_said(content)}" for role, content in _turns(call)]
    return "\n".join([_title(call), *lines])


def _said(content: ValueWire) -> str:
    text = clip(writable(_plain(content)), _LONGEST)
    return text.replace("\n", f"\n{_INDENT}")


def _plain(content: ValueWire) -> str:
    if not isinstance(content, Mapping):
        return "nothing" if content is None else str(content)
    if content.get("t") == "list":
        return "\n".join(map(_plain, cast("Sequence[ValueWire]", content["items"])))
    if content.get("t") == "image":
        return f"<{content['mime']}, {size(cast('int', content['size']))}>"
    return str(content.get("text", ""))


def _call_html(call: CallWire) -> str:
    turns = "".join(
        f"<dt><b>{escape(role)}</b></dt><dd>{value_html(content)}</dd>" for role, content in _turns(call)
    )
    return f"<p>{escape(_title(call))}</p><dl>{turns}</dl>"
