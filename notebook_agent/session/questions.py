"""The command that asks who wrote a value. It reads the store and runs nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notebook_agent.calls import summarise
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import NEAREST, Blame, Origin
from notebook_agent.ids import StepRef
from notebook_agent.redact import mask, redact_text
from notebook_agent.session.references import Where
from notebook_agent.session.results import run_name
from notebook_agent.session.shown import Shown
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.brief import brief
from notebook_agent.view.escape import escape, one_line, plural
from notebook_agent.view.origin import left_out

__all__ = ["BlameView", "blame"]

_MOST_LINES = 12
_MOST_CALLS = 3


@dataclass(frozen=True, slots=True, repr=False)
class BlameView(Shown):
    """Who wrote a value, with which code and LLM calls, and from what.

    Attributes:
        where: The checkpoint that was looked at.
        found: The origin of the path and its causes.
        source: The source of the action that wrote it, as it was then.
        calls: The LLM calls of that step.
        earlier: The LLM calls of the steps that the causes come from.
    """

    where: str
    found: Blame
    source: str | None
    calls: tuple[CallRecord, ...]
    earlier: tuple[CallRecord, ...] = ()

    def __str__(self) -> str:
        return self._told([f"    {line}".rstrip() for line in _excerpt(self.source or "")])

    def _told(self, code: Sequence[str]) -> str:
        origin = self.found.origin
        lines = [f"{origin.path} at {self.where}: {_written(origin)}", f"  {brief(origin.value, 300)}"]
        lines += ["  code as it was then", *code] if code else []
        lines += [f"  LLM call: {_said(call)}" for call in self.calls]
        lines += ["made from" if self.found.causes else "made from nothing in the state"]
        return "\n".join([*lines, *self._causes()])

    def _causes(self) -> Iterator[str]:
        """One line for each cause, and one for each LLM call of its step, where that is first named."""
        calls: defaultdict[StepRef | None, list[CallRecord]] = defaultdict(list)
        for call in self.earlier:
            calls[call.step].append(call)
        for each in self.found.causes:
            yield f"  {each.path}: {_written(each)}  {brief(each.value, 60)}"
            made = calls.pop(each.step.ref, []) if each.kind == "step" and each.step is not None else []
            yield from (f"    LLM call: {_said(call)}" for call in made[:_MOST_CALLS])
            if len(made) > _MOST_CALLS:
                yield f"    .. and {plural(len(made) - _MOST_CALLS, 'more call')}"
        if (left := left_out(self.found, self.where)) is not None:
            yield f"  .. {left}"

    def html(self) -> str:
        """Return the same, with the source of the action."""
        code = escape(redact_text(self.source or ""))
        source = f"<details><summary>code as it was then</summary><pre>{code}</pre></details>"
        return f'<pre style="line-height:1.4">{escape(self._told(()))}</pre>{source if self.source else ""}'


def blame(ws: Workspace, path: str, where: Where, most: int | None = NEAREST) -> BlameView:
    """Tell who wrote what stands at a path."""
    history, seq = ws.resolve(where)
    found = history.blame_at(path, seq, most=most)
    step = found.origin.step if found.origin.kind == "step" else None
    name = f"{run_name(history.run)}@{'start' if seq is None else seq}"
    earlier = tuple(history.store.calls(_steps(found.causes)))
    if step is None:
        return BlameView(name, found, None, (), earlier)
    return BlameView(name, found, history.values(step.seq).source, tuple(history.calls(step.seq)), earlier)


def _written(origin: Origin) -> str:
    if origin.step is None:
        return "there from the start"
    if origin.kind == "edit":
        return f"edited by hand before @{origin.step.seq} {origin.step.action}"
    return f"written by @{origin.step.seq} {origin.step.action}"


def _steps(origins: Sequence[Origin]) -> list[StepRef]:
    """The steps that wrote values, each once."""
    found = (each.step.ref for each in origins if each.kind == "step" and each.step is not None)
    return list(dict.fromkeys(found))


def _excerpt(source: str) -> list[str]:
    """The first lines of a source."""
    lines = redact_text(source).strip("\n").expandtabs(4).split("\n") if source else []
    left = len(lines) - _MOST_LINES
    return lines if left <= 1 else [*lines[:_MOST_LINES], f".. and {plural(left, 'more line')}"]


def _said(call: CallRecord) -> str:
    summary = summarise(call)
    asked = summary.messages[-1].content if summary.messages else ""
    answered = [brief(summary.text, 80)] if summary.text else []
    answered += [f"asks for {each.name}({one_line(str(mask(each.arguments)), 80)})" for each in summary.tools]
    answered += [one_line(redact_text(summary.error), 80)] if summary.error else []
    return " → ".join([f"{summary.model or call.endpoint}: {brief(asked, 80)}", *answered[:4]])
