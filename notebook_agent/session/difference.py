"""What differs between two checkpoints or runs, as a person sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from notebook_agent.history import CallChange, Change, CodeChange, DiffLine, text_diff
from notebook_agent.redact import redact_text
from notebook_agent.session.results import change_line
from notebook_agent.session.shown import Shown
from notebook_agent.session.words import listing
from notebook_agent.view.escape import clip, escape, plural, writable
from notebook_agent.view.excerpt import excerpts
from notebook_agent.view.pre import pre

__all__ = ["Difference"]

_LONG = 40
_WIDEST = 160
_AROUND = 40
_MOST = 60
_CHANGES = 100
_SIGNS = {"same": "  ", "removed": "- ", "added": "+ ", "changed": "~ ", "gap": "  …"}
_GONE = "background:rgba(248,81,73,.25);text-decoration:none"
_CAME = "background:rgba(46,160,67,.25);text-decoration:none"


@dataclass(frozen=True, slots=True, repr=False)
class Difference(Shown):
    """What differs between two checkpoints, or two runs.

    Attributes:
        a: The one side.
        b: The other side.
        changes: Of the state, path by path.
        note: Where two runs part.
        first: Number of the first step in which two runs differ; None for steps, and where none does.
        code: Actions that ran other code.
        used: For each of them what differs of that which it uses, where that is known.
        calls: LLM calls that differ: of the two steps, or of the first step in which two runs do.
        with_code: Whether the text shows the code.
        with_calls: Whether the text shows the calls.
    """

    a: str
    b: str
    changes: tuple[Change, ...]
    note: str = ""
    first: int | None = None
    code: tuple[CodeChange, ...] = ()
    calls: tuple[CallChange, ...] = ()
    with_code: bool = False
    with_calls: bool = False
    used: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        lines = [self._head(), *([self.note] if self.note else []), *_changes(self.changes[:_CHANGES])]
        lines += self._left()
        if self.code:
            lines += [self._code_line(), *(self._code() if self.with_code else [])]
        if self.calls:
            lines += [self._calls_line(), *(_calls(self.calls) if self.with_calls else [])]
        return "\n".join(lines)

    def html(self) -> str:
        """Return all of it, with the words that differ in colours; code and calls unfold."""
        head = "\n".join([self._head(), *([self.note] if self.note else [])])
        parts = [pre(escape(head) + "\n" + "".join(map(_change_html, self.changes[:_CHANGES])))]
        parts += [f"<p>{line}</p>" for line in self._left()]
        if self.code:
            drawn = "".join(
                f"{escape(_title(each))}\n{_lines_html(_diff(each.before, each.after), '  ')}"
                f"{escape(_beside(each, names))}\n"
                for each, names in self._used()
            )
            parts.append(_details(self._code_line(), drawn, unfolded=self.with_code))
        if self.calls:
            drawn = "".join(
                f"{escape(each.endpoint)}\n{''.join(map(_change_html, each.changes))}" for each in self.calls
            )
            parts.append(_details(self._calls_line(), drawn, unfolded=self.with_calls))
        return "".join(parts)

    def _head(self) -> str:
        return f"{self.a} → {self.b}: {plural(len(self.changes), 'difference')}"

    def _left(self) -> list[str]:
        left = len(self.changes) - _CHANGES
        return [f".. {plural(left, 'more difference')}: .changes has all"] if left > 0 else []

    def _used(self) -> Iterator[tuple[CodeChange, tuple[str, ...]]]:
        return zip(self.code, self.used or [()] * len(self.code), strict=True)

    def _code(self) -> Iterator[str]:
        for each, names in self._used():
            yield f"  {_title(each)}"
            if each.before != each.after:
                yield from (f"    {line}" for line in _text_lines(_diff(each.before, each.after)))
            else:
                yield f"    {_beside(each, names)}"

    def _code_line(self) -> str:
        more = "" if self.with_code else "  (--code shows it)"
        return f"code: {listing(map(_title, self.code))}{more}"

    def _calls_line(self) -> str:
        where = "" if self.first is None else f" of @{self.first}"
        more = "" if self.with_calls else "  (--calls shows how)"
        differ = "differs" if len(self.calls) == 1 else "differ"
        return f"LLM calls{where}: {len(self.calls)} {differ}{more}"


def _title(each: CodeChange) -> str:
    return f"{each.action} {each.ids[0][:4]} → {each.ids[1][:4]}"


def _changes(changes: Iterable[Change], indent: str = "") -> Iterator[str]:
    for change in changes:
        found = _texts(change)
        if found is None:
            yield indent + change_line(change)
            continue
        before, after = found
        lines = _diff(before, after)
        yield f"{indent}~ {redact_text(change.path)}: {len(before):,} → {len(after):,} characters"
        yield from (f"{indent}    {line}" for line in _text_lines(lines))


def _texts(change: Change) -> tuple[str, str] | None:
    """Return two texts that are told line by line; None for what fits on a line."""
    before, after = change.before, change.after
    if change.kind != "changed" or not isinstance(before, str) or not isinstance(after, str):
        return None
    if max(len(before), len(after)) <= _LONG and "\n" not in before + after:
        return None
    return before, after


def _diff(before: str, after: str) -> list[DiffLine]:
    before, after = excerpts(before, after)
    return text_diff(writable(redact_text(before)), writable(redact_text(after)))


def _text_lines(lines: Sequence[DiffLine]) -> Iterator[str]:
    for line in lines[:_MOST]:
        yield (_SIGNS[line.kind] + _short(line)).rstrip()
    if len(lines) > _MOST:
        yield f".. {plural(len(lines) - _MOST, 'more line')}"


def _short(line: DiffLine) -> str:
    """Return a line as text; of long equal pieces the ends that are next to what differs."""
    long = sum(len(piece) for piece, _ in line.parts) > _WIDEST
    last = len(line.parts) - 1
    parts = []
    for n, (piece, mark) in enumerate(line.parts):
        head, tail = piece[:_AROUND] if n else "", piece[-_AROUND:] if n < last else ""
        cut = long and last and not mark and len(piece) > len(head) + len(tail) + 1
        parts.append((f"{head}…{tail}" if cut else piece, mark))
    return clip(DiffLine(line.kind, tuple(parts)).text, 4 * _WIDEST)


def _beside(each: CodeChange, names: Sequence[str]) -> str:
    """Say what changed beside an action's own source; nothing where that did."""
    if each.before != each.after:
        return ""
    if not each.before:
        return "its source could not be read"
    return f"its own source is the same: {listing(names) if names else 'something that it uses'} changed"


def _calls(changes: Iterable[CallChange]) -> Iterator[str]:
    for each in changes:
        yield f"  {each.endpoint}"
        yield from _changes(each.changes, "    ")


def _change_html(change: Change) -> str:
    found = _texts(change)
    if found is None:
        return escape(change_line(change)) + "\n"
    before, after = found
    head = f"~ {redact_text(change.path)}: {len(before):,} → {len(after):,} characters\n"
    return escape(head) + _lines_html(_diff(before, after), "    ")


def _lines_html(lines: Sequence[DiffLine], indent: str) -> str:
    drawn = [f"{indent}{_SIGNS[line.kind]}{_marked(line)}\n" for line in lines[: 4 * _MOST]]
    left = len(lines) - len(drawn)
    return "".join(drawn) + (f"{indent}.. {plural(left, 'more line')}\n" if left else "")


def _marked(line: DiffLine) -> str:
    tags = {"": "{}", "-": f'<del style="{_GONE}">{{}}</del>', "+": f'<ins style="{_CAME}">{{}}</ins>'}
    return "".join(tags[mark].format(escape(piece)) for piece, mark in line.parts)


def _details(summary: str, content: str, *, unfolded: bool) -> str:
    shown = " open" if unfolded else ""
    return f"<details{shown}><summary>{escape(summary)}</summary>{pre(content)}</details>"
