"""What a test expects of a step: values that it wrote, or the exception that it ended with."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence

from notebook_agent.redact import mask_field
from notebook_agent.store.protocol import Failure
from notebook_agent.testing.literal import exceeds, is_literal, literal
from notebook_agent.testing.recorded import Recorded
from notebook_agent.testing.sources import Namespace, Sources

__all__ = ["assertions", "raised_class", "raising"]

_SHORT = 60
_CHANGING = re.compile(r"\d|\[|0x")


def assertions(step: Recorded, names: Namespace, sources: Sources) -> tuple[dict[str, object], list[str]]:
    """Return what to write as EXPECTED, as JSON, and the lines that assert it of `after`.

    What is short stands in its assertion. Only its kind is asserted of a secret that its key alone tells of,
    and of what comes out otherwise when the step runs again.
    """
    kept: dict[str, object] = {}
    lines: list[str] = []
    for key, value in step.after.items():
        found = f"after[{literal(key)}]"
        if key in step.loose:
            kind = step.loose[key]
            lines.append(f"assert isinstance({found}, {kind})" if kind else f"assert {literal(key)} in after")
            continue
        written = step.hide(sources.json(value, names))  # type: ignore[arg-type]  # serde writes JSON
        if isinstance(written, str) and mask_field(key, written) != written:
            lines.append(f"assert isinstance({found}, str)")
        elif not _is_plain(written):
            kept[key] = written
            sources.add("notebook_agent.testing", "differences")
            sources.add("notebook_agent.testing", "from_json")
            lines.append(f"expected = from_json(EXPECTED[{literal(key)}], CHECKPOINT.classes)")
            lines.append(f"assert differences({found}, expected) == []")
        elif written is None or isinstance(written, bool):
            lines.append(f"assert {found} is {written}")
        elif (line := _on_a_line(found, written)) is not None:
            lines.append(line)
        else:
            kept[key] = written
            lines.append(f"assert {found} == EXPECTED[{literal(key)}]")
    return kept, lines


def _on_a_line(found: str, written: object) -> str | None:
    """Return an assertion of what is short."""
    if exceeds(written, _SHORT):
        return None
    line = f"assert {found} == {literal(written, before=-1000)}"
    return line if len(line) <= _SHORT else None


def _is_plain(written: object) -> bool:
    """Tell whether JSON stands for itself, so that `==` compares it."""
    if isinstance(written, Mapping):
        return "__serde__" not in written and all(map(_is_plain, written.values()))
    if isinstance(written, Sequence) and not isinstance(written, str):
        return all(map(_is_plain, written))
    return is_literal(written)


def raising(failure: Failure, names: Namespace, sources: Sources) -> str:
    """Return the arguments of `pytest.raises` for a recorded exception.

    A message is asked for where it is short and has nothing in it that may change.
    """
    cls = raised_class(failure.type, names)
    name = failure.type.rpartition(".")[2]
    if cls is None or not _take(cls, names, sources):
        return f"Exception, check=lambda error: type(error).__name__ == {literal(name)}"
    message = failure.message
    told = 0 < len(message) <= _SHORT and "\n" not in message and not _CHANGING.search(message)
    match = f", match={_pattern(message)}" if told else ""
    return f"{cls.__name__}{match}"


def raised_class(name: str, names: Namespace) -> type[BaseException] | None:
    """Return the class of a recorded exception; None where it is not there any more."""
    module, _, short = name.rpartition(".")
    if not module:
        module = "builtins"
    found = names.get(short) if module == "__main__" else getattr(sys.modules.get(module), short, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _take(cls: type[BaseException], names: Namespace, sources: Sources) -> bool:
    return cls.__module__ == "builtins" or sources.take_class(cls, names)


def _pattern(message: str) -> str:
    escaped = re.escape(message).replace("\\ ", " ")
    if "\\" not in escaped:
        return literal(escaped)
    quote = "'" if '"' in escaped else '"'
    return f"r{quote}{escaped}{quote}" if quote not in escaped else literal(escaped)
