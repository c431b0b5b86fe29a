"""One test file for one step: its checkpoint, its LLM calls, its action, and what it must do."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from notebook_agent import syntax
from notebook_agent._version import __version__
from notebook_agent.engine import Wait
from notebook_agent.errors import CommandError
from notebook_agent.ids import Json
from notebook_agent.redact import redact_text, repr_of
from notebook_agent.testing.actions import around_of, written_action
from notebook_agent.testing.expecting import assertions, raising
from notebook_agent.testing.fixture import told_call
from notebook_agent.testing.formatting import formatted
from notebook_agent.testing.imports import written_imports
from notebook_agent.testing.literal import Code, assigned, call
from notebook_agent.testing.literal import literal as literal_of
from notebook_agent.testing.places import docstring, module_root, places_of
from notebook_agent.testing.recorded import Recorded, shaped
from notebook_agent.testing.settling import settled
from notebook_agent.testing.since import changed_since
from notebook_agent.testing.sources import Namespace, Sources, cells_of

__all__ = ["Written", "write_test"]

_OURS = "notebook_agent.testing"


@dataclass(frozen=True, slots=True)
class Written:
    """A test file's text; `remarks` are sentences that the person should hear."""

    text: str
    calls: int
    remarks: tuple[str, ...]


@dataclass(slots=True)
class _File:
    step: Recorded
    names: Namespace
    sources: Sources
    remarks: list[str] = field(default_factory=list)
    expected: dict[str, object] = field(default_factory=dict)
    aside: str = ""


def write_test(step: Recorded, names: Namespace, path: Path, wait: Wait | None = None) -> Written:
    """Write the text of a test of a step.

    Args:
        step: What was recorded of it.
        names: The notebook's variables.
        path: Where the file will lie: modules beside it are found from there.
        wait: Waits for what async actions return. With it the step is run once, so that nothing is asserted
            that comes out otherwise.

    Raises:
        CommandError: The action's code, or something that it names, cannot be written down.
        UnstorableError: A value cannot.
    """
    if wait is not None:
        step = settled(step, wait)
    file = _File(step, names, Sources(cells_of(names)))
    action = written_action(step.node, step.values.source, names, file.sources)
    _note_code(file)
    calls = [told_call(each) for each in step.served()]
    test = _raising_test(file, action) if step.failed else _value_test(file, action)
    checkpoint = _checkpoint(file, calls)
    _check_known(file)
    if step.node.effect == "irreversible":
        file.remarks.append(f"{step.node.name} is irreversible: the test runs it, with every socket refused")
    body = [*map(_redacted_code, file.sources.blocks), checkpoint, *_expected(file), file.aside + test]
    apart = "\n\n\n" if _is_definition(body[0]) else "\n\n"
    whole = _head(file, path) + apart + "\n\n\n".join(_joined(body))
    return Written(formatted(whole.rstrip("\n") + "\n", path), len(calls), tuple(file.remarks))


def _checkpoint(file: _File, calls: list[dict[str, object]]) -> str:
    step, sources = file.step, file.sources
    names = around_of(step.node, file.names)
    sources.add(_OURS, "Checkpoint")
    sources.add(_OURS, "run_step")
    given: dict[str, object] = {
        "state": _hidden(step, sources.json(dict(step.before), names)),
        "inputs": _hidden(step, sources.json(dict(step.values.inputs), names)),
        "calls": calls,
    }
    given = {key: value for key, value in given.items() if value}
    if sources.classes:
        given["classes"] = sources.class_names()
    written = call("Checkpoint", step.record.action, named=given, before=13)
    return assigned("CHECKPOINT", written, given)


def _hidden(step: Recorded, value: object) -> Json:
    return step.hide(value)  # type: ignore[arg-type]  # serde writes JSON


def _value_test(file: _File, action: Code) -> str:
    step = file.step
    run = call("run_step", Code("CHECKPOINT"), action, before=12, indent="    ")
    name = f"def test_{_identifier(step.record.action)}_at_step_{step.record.seq}():"
    if not step.after:
        doc = '    """It leaves the state as it was, as it did in the run."""'
        return f"{name}\n{doc}\n    after = {run}.state\n    assert after == CHECKPOINT.values"
    kept, lines = assertions(step, around_of(step.node, file.names), file.sources)
    file.expected = kept
    doc = docstring(f"It writes {_listed(step.after)} as it did in the run.", "    ")
    inner = "".join(f"\n    {line}" for line in lines)
    return f"{name}\n{doc}\n    after = {run}.state{inner}"


def _raising_test(file: _File, action: Code) -> str:
    step = file.step
    failure = step.record.failure
    assert failure is not None, "a failed step has its failure"
    sources = file.sources
    raises = raising(failure, around_of(step.node, file.names), sources)
    sources.add("pytest", None)
    writes = step.node.writes[0] if step.node.writes else "key"
    text = (
        f"It raises {failure.type.rpartition('.')[2]} as it did in the run.\n\nFor a test of the repaired "
        "action, put these two lines, with the value that is right, in the place of `with`:\n\n"
        f'    after = run_step(CHECKPOINT, {action.split("(")[0]}).state\n    assert after["{writes}"] == ...'
    )
    name = f"def test_{_identifier(step.record.action)}_raises_at_step_{step.record.seq}():"
    run = call("run_step", Code("CHECKPOINT"), action, before=8, indent="        ")
    return f"{name}\n{docstring(text, '    ')}\n    with pytest.raises({raises}):\n        {run}"


def _expected(file: _File) -> list[str]:
    if not file.expected:
        return []
    return [assigned("EXPECTED", literal_of(file.expected, before=11), file.expected)]


def _head(file: _File, path: Path) -> str:
    parts = [_about(file)]
    if file.sources.future:
        parts.append("from __future__ import annotations")
    places = places_of(file.sources.imports, path)
    if places:
        file.sources.add("sys", None)
        file.sources.add("pathlib", "Path")
    imports = written_imports(file.sources.imports)
    if places:
        own = {each for each in file.sources.imports if module_root(each.module) is not None}
        others = written_imports(each for each in file.sources.imports if each not in own)
        lines = "\n".join(f"sys.path.insert(0, {place})" for place in places)
        imports = "\n\n".join([others, lines, written_imports(own)])
    return "\n\n".join([*parts, imports])


def _about(file: _File) -> str:
    step = file.step.record
    when = datetime.fromtimestamp(step.started_at, UTC).strftime("%d %B %Y at %H:%M UTC").lstrip("0")
    calls = "its LLM calls are answered from their record" if file.step.calls else "it makes no LLM calls"
    text = (
        f"Step {step.seq} of the run {file.step.run}, the action {step.action}, as it ran on {when}.\n\n"
        f"The step is run again from its checkpoint, offline and without a key: {calls}, and every socket "
        "is refused."
    )
    hidden = _secrets(file)
    if hidden:
        text += f"\n\nSecrets are not in here: {hidden} stands where one was."
        file.remarks.append(f"a secret was left out, {hidden} stands in its place")
    text += f"\n\nWritten by notebook_agent {__version__} from the notebook's run."
    return docstring(text, "")


def _listed(keys: Mapping[str, object]) -> str:
    return " and ".join(keys) if len(keys) < 3 else ", ".join(keys)  # noqa: PLR2004 - two take an `and`


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def _check_known(file: _File) -> None:
    unknown = file.sources.unknown
    if unknown:
        name, reason = next(iter(unknown.items()))
        more = f" (so with {', '.join(list(unknown)[1:6])})" if len(unknown) > 1 else ""
        raise CommandError(
            f"The test cannot be written: {name} {reason}{more}. Give it to the action as an input or in its "
            "state, or move it to a module.",
            key=name,
        )


def _note_code(file: _File) -> None:
    step = file.step
    changed = changed_since(step.node, step.record.code, step.values.source, file.sources.blocks, step.used)
    for text in filter(None, (changed, *step.remarks)):
        file.remarks.append(text)
        file.aside += "".join(f"# {line}\n" for line in textwrap.wrap(text + ".", 97))


def _secrets(file: _File) -> str:
    """Name what stands in the place of secrets, if any were found."""
    if file.step.hide is shaped:
        return "a text of the same length"
    found: set[str] = set()
    for text in _texts(file):
        found.update(
            set(re.findall(r"\[[a-z-]+\]", redact_text(text))) - set(re.findall(r"\[[a-z-]+\]", text))
        )
    return " or ".join(sorted(found))


def _texts(file: _File) -> list[str]:
    raw = [
        *file.sources.blocks,
        *(each.body.decode(errors="replace") for each in file.step.calls if each.body),
    ]
    step = file.step
    values = (dict(step.before), dict(step.values.inputs), dict(step.after))
    return [*raw, *(repr_of(each) for each in values)]


def _redacted_code(block: str) -> str:
    """Redact source; where that would break it, only the texts in it."""
    plain = redact_text(block)
    try:
        syntax.parse(plain)
    except SyntaxError:
        pieces = {node.value for node in ast.walk(syntax.parse(block)) if isinstance(node, ast.Constant)}
        plain = block
        for piece in pieces:
            if isinstance(piece, str) and redact_text(piece) != piece:
                plain = plain.replace(piece, redact_text(piece))
    return plain


def _joined(blocks: list[str]) -> list[str]:
    """Put constants that follow each other on lines of their own, definitions apart."""
    groups: list[list[str]] = []
    for block in blocks:
        if groups and not _is_definition(block) and not _is_definition(groups[-1][-1]):
            groups[-1].append(block)
        else:
            groups.append([block])
    return ["\n".join(group) for group in groups]


def _is_definition(block: str) -> bool:
    return block.startswith(("@", "def ", "class ", "async def ", "# "))
