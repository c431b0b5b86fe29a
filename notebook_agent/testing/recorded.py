"""A step as its store has it, and as a test file is to hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from notebook_agent.action import Node
from notebook_agent.calls.bodies import servable
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.errors import CommandError
from notebook_agent.ids import Json
from notebook_agent.redact import redact_json, redact_text
from notebook_agent.redact.masking import secret_spans
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord, StepValues

__all__ = ["Recorded", "shaped"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step as its store has it, and the action as the graph has it now.

    Attributes:
        run: What the run is called.
        record: The step.
        values: Its inputs, its source.
        before: The state that it began with.
        after: The values to expect of it, by key.
        calls: Its LLM calls.
        node: The action.
        used: What of that which the action uses has changed since the step; None where that is not known.
        hide: Puts something else in the place of secrets.
        loose: Keys that come out otherwise when the step is run again, with the names of their kinds,
            which are empty where they have no kind in common.
        remarks: What a person should know of the test, a sentence each.
    """

    run: str
    record: StepRecord
    values: StepValues
    before: State
    after: Mapping[str, object]
    calls: Sequence[CallRecord]
    node: Node
    used: Sequence[str] | None = None
    hide: Callable[[Json], Json] = redact_json
    loose: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    @property
    def failed(self) -> bool:
        """Whether it is expected to raise."""
        return self.record.status != "completed"

    def served(self) -> list[CallRecord]:
        """Return the calls that are to be answered.

        Raises:
            CommandError: One had no answer, and the step failed.
        """
        sent = [each for each in self.calls if each.sent]
        if not self.failed:
            return [each for each in sent if servable(each)]
        lost = next((each for each in sent if each.status is None or each.body is None), None)
        if lost is not None:
            raise CommandError(
                f"@{self.record.seq} {self.record.action} got no answer to a call of {lost.endpoint} "
                f"({lost.error}), and a test has nothing to answer it with: repair the step first, "
                "%agent retry, and test that.",
                seq=self.record.seq,
            )
        return sent


def shaped(value: Json) -> Json:
    """Write `x`, `X` and `0` for what secrets are made of; their lengths and punctuation stay."""
    return _beside(value, redact_json(value))


def _beside(value: Json, redacted: Json) -> Json:
    if isinstance(value, str):
        return value if value == redacted else _without(value)
    if isinstance(value, Mapping) and isinstance(redacted, Mapping) and len(value) == len(redacted):
        items = zip(value.items(), redacted.items(), strict=True)
        return {kept: _beside(item, hidden) for (_, item), (kept, hidden) in items}
    if isinstance(value, list) and isinstance(redacted, list):
        return [_beside(item, hidden) for item, hidden in zip(value, redacted, strict=True)]
    return redacted


def _without(text: str) -> str:
    for start, end, _ in secret_spans(text) or [(0, len(text), "")]:
        text = text[:start] + "".join(map(_blank, text[start:end])) + text[end:]
    return text if secret_spans(text) == [] else redact_text(text)


def _blank(char: str) -> str:
    if char.isdigit():
        return "0"
    return ("X" if char.isupper() else "x") if char.isalpha() else char
