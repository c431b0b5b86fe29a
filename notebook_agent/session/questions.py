"""The command that asks who wrote a value. It reads the store and runs nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from notebook_agent.calls import summarise
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import NEAREST, Blame, History, Origin, last_key
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.redact import mask, redact_text
from notebook_agent.session.references import Where
from notebook_agent.session.results import run_name
from notebook_agent.session.shown import Shown
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.brief import brief
from notebook_agent.view.escape import escape, one_line, plural
from notebook_agent.view.origin import left_out
from notebook_agent.view.pre import pre

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
        names: What runs are called from which a fork was made with edits.
    """

    where: str
    found: Blame
    source: str | None
    calls: tuple[CallRecord, ...]
    earlier: tuple[CallRecord, ...] = ()
    names: Mapping[RunKey, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self._told([f"    {line}".rstrip() for line in _excerpt(self.source or "")])

    def _told(self, code: Sequence[str]) -> str:
        origin = self.found.origin
        lines = [
            f"{redact_text(origin.path)} at {self.where}: {self._written(origin)}",
            f"  {_value(origin, origin.value, 300)}",
        ]
        lines += [f"  before that: {_before(origin, 300)}"] if origin.kind == "edit" else []
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
            before = f" (before that: {_before(each, 60)})" if each.kind == "edit" else ""
            yield f"  {redact_text(each.path)}: {self._written(each)}  {_value(each, each.value, 60)}{before}"
            made = calls.pop(each.step.ref, []) if each.kind == "step" and each.step is not None else []
            yield from (f"    LLM call: {_said(call)}" for call in made[:_MOST_CALLS])
            if len(made) > _MOST_CALLS:
                yield f"    .. and {plural(len(made) - _MOST_CALLS, 'more call')}"
        if (left := left_out(self.found, self.where)) is not None:
            yield f"  .. {left}"

    def _written(self, origin: Origin) -> str:
        step, edit = origin.step, origin.edit
        if origin.kind == "start":
            return "there from the start"
        if step is not None and origin.kind == "step":
            return f"written by @{step.seq} {step.action}"
        if edit is not None and edit.forked is not None:
            name = self.names.get(edit.forked.run, edit.forked.run.app_id)
            return f"edited by hand in the fork from {name}@{_number(edit.forked)}"
        if step is not None:
            return f"edited by hand before @{step.seq} {step.action}"
        return f"edited by hand after @{'start' if edit is None else _number(edit.after)}"

    def html(self) -> str:
        """Return the same, with the source of the action."""
        code = escape(redact_text(self.source or ""))
        source = f"<details><summary>code as it was then</summary>{pre(code)}</details>"
        return f"{pre(escape(self._told(())))}{source if self.source else ''}"


def blame(ws: Workspace, path: str, where: Where, most: int | None = NEAREST) -> BlameView:
    """Tell who wrote what stands at a path; at the head, as it was edited since."""
    place = ws.place(where)
    history, name = place.history, place.name
    found = history.blame_at(path, place.seq, edited=place.latest, most=most)
    step = found.origin.step if found.origin.kind == "step" else None
    earlier, names = tuple(history.store.calls(_steps(found.causes))), _names(ws, found)
    if step is None:
        return BlameView(name, found, None, (), earlier, names)
    source, calls = history.values(step.seq).source, tuple(history.calls(step.seq))
    return BlameView(name, found, source, calls, earlier, names)


def _names(ws: Workspace, found: Blame) -> dict[RunKey, str]:
    """What the runs are called of which forks were made with edits."""
    edits = [each.edit for each in (found.origin, *found.causes) if each.edit is not None]
    forked = {each.forked.run for each in edits if each.forked is not None}
    return {run: run_name(History(ws.store(), run).run) for run in forked}


def _value(origin: Origin, value: object, most: int) -> str:
    return brief(value, most, last_key(origin.path))


def _before(origin: Origin, most: int) -> str:
    return "it was not there" if origin.new else _value(origin, origin.before, most)


def _number(ref: StepRef) -> object:
    return "start" if ref.seq is None else ref.seq


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
