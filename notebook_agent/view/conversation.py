"""An LLM call as a conversation: what was said, what came back, and what it took."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.calls import CallSummary, summarise
from notebook_agent.calls.outcome import status_of
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.redact import redact_text
from notebook_agent.view.brief import cost, duration, size
from notebook_agent.view.escape import clip, escape, one_line, writable
from notebook_agent.view.fences import fenced_html
from notebook_agent.view.images import Image, image_in
from notebook_agent.view.spoken import Spoken

__all__ = ["conversation_html", "conversation_text"]

_MOST_MESSAGES = 60
_TEXT = 2_000
_HTML = 20_000
_NOTE = 400
_INDENT = " " * 4
_QUIET = "opacity:.7"
_PICTURE = "max-width:100%;max-height:320px"


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message: who said it, its text, and what is shown below it."""

    role: str
    text: str
    images: tuple[Image, ...] = ()
    links: tuple[str, ...] = ()


def conversation_text(call: CallRecord, note: str | None = None) -> str:
    """Write a call as lines of text; `note` says how it compares with another."""
    turns = [f"  {turn.role}: {_said(turn)}" for turn in _turns(call)]
    return "\n".join([_title(call), *_notes(call, note), *turns])


def conversation_html(call: CallRecord, note: str | None = None) -> str:
    """Draw a call as HTML: code in colours, pictures whose first bytes were checked, addresses as links."""
    notes = "".join(f'<div style="{_QUIET}">{escape(line.strip())}</div>' for line in _notes(call, note))
    turns = "".join(f"<dt><b>{escape(turn.role)}</b></dt><dd>{_drawn(turn)}</dd>" for turn in _turns(call))
    return f"<p>{escape(_title(call))}</p>{notes}<dl>{turns}</dl>"


def _title(call: CallRecord) -> str:
    how = "replayed" if call.replayed else "live" if call.sent else "not sent"
    took = "" if call.ended_at is None else duration((call.ended_at - call.started_at) * 1000)
    first = None if call.first_at is None or not call.streamed else (call.first_at - call.started_at) * 1000
    tokens = "" if call.usage is None else f"{call.usage.input} + {call.usage.output} tokens"
    facts = (
        *(call.endpoint, call.model or "unknown model", how, status_of(call)),
        *(took, "" if first is None else f"first token after {duration(first)}", tokens),
        "" if call.replayed or call.usage is None else cost(call.cost),
    )
    return " · ".join(fact for fact in facts if fact)


def _notes(call: CallRecord, note: str | None) -> list[str]:
    told = [f"went live: {call.drift}" if call.sent else call.drift] if call.drift else []
    told += [note] if note else []
    return [f"  {one_line(writable(redact_text(line)), _NOTE)}" for line in told]


def _turns(call: CallRecord) -> list[_Turn]:
    summary = summarise(call)
    left = len(summary.messages) - _MOST_MESSAGES
    before = [_Turn("..", f"{left} messages before")] if left > 0 else []
    asked = [_turn(each.role, each.content, each) for each in summary.messages[-_MOST_MESSAGES:]]
    return [*before, *asked, *_answers(summary)]


def _answers(summary: CallSummary) -> list[_Turn]:
    answer = _turn("answer", summary.text or "", summary)
    said = [answer] if answer.text or answer.images or answer.links else []
    if summary.error is not None:
        return [*said, _Turn("error", redact_text(summary.error))]
    return said or [_Turn("answer", "nothing")]


def _turn(role: str, text: str, spoken: Spoken) -> _Turn:
    tools = [f"calls {tool.name}({tool.arguments})" for tool in spoken.tools]
    images = tuple(image for each in spoken.images if (image := image_in(each.data)))
    return _Turn(role, redact_text("\n".join(filter(None, [text, *tools]))), images, tuple(spoken.links))


def _said(turn: _Turn) -> str:
    lines = [clip(writable(turn.text), _TEXT)] if turn.text else []
    lines += [f"<{image.mime}, {size(len(image.data))}>" for image in turn.images]
    lines += [f"image at {one_line(link, _NOTE)}" for link in turn.links]
    return "\n".join(lines).replace("\n", f"\n{_INDENT}")


def _drawn(turn: _Turn) -> str:
    text = fenced_html(clip(turn.text, _HTML))
    pictures = "".join(
        f'<img src="data:{image.mime};base64,{image.base64}" alt="{image.mime}" style="{_PICTURE}">'
        for image in turn.images
    )
    return text + pictures + "".join(map(_link, turn.links))


def _link(address: str) -> str:
    """Give the address of a picture that somebody else keeps; it is not fetched."""
    shown = escape(clip(address, _NOTE))
    if not address.startswith(("https://", "http://")):
        return f"<div>image at {shown}</div>"
    return f'<div>image at <a href="{escape(address)}" rel="noopener noreferrer">{shown}</a></div>'
