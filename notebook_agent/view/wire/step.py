"""One step, whole, on the wire."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from notebook_agent.ids import Json
from notebook_agent.view.wire.runs import StatusWire

__all__ = [
    "CallWire",
    "CheckWire",
    "CodeWire",
    "DecisionWire",
    "Detail",
    "DiffWire",
    "FailureWire",
    "InputKind",
    "InputWire",
    "MessageWire",
    "ValueWire",
]


ValueWire = Json
"""A value of the state as the page draws it.

None, bool, str, finite floats and integers up to 2**53 stand for themselves. The rest
are objects with a `t`:

    {"t": "dict", "items": [[key, value] ..], "size": n}     `size` exceeds the items where some are left out
        and "type": class name, where it stands for an object with fields
    {"t": "list", "items": [value ..], "size": n, "type": "list" | "tuple" | "set" ..}
    {"t": "text", "text": start, "size": characters}         a long string, cut
        each with "start": place of the first item or character shown, where those before it are left out
    {"t": "image", "mime": "image/png", "data": base64, "size": bytes}
        or "id" for "data": where the image is to be asked for by its id
    {"t": "other", "type": class name, "text": repr}
"""


InputKind = Literal["text", "a whole number", "a number", "true or false", "JSON", "any"]
"""What can be written for an input; `any` where its annotation does not say."""


class InputWire(TypedDict):
    """An input that an action takes."""

    name: str
    required: bool
    type: InputKind
    """By the annotation. A text stays text; `any` is JSON where it can be read as such, else a text."""


class DiffWire(TypedDict):
    """One path that differs from the step before, such as `chat_history[4].content`."""

    path: str
    kind: Literal["added", "changed", "removed"]
    before: NotRequired[ValueWire]
    after: NotRequired[ValueWire]


class CheckWire(TypedDict):
    """One condition of a decision. `result` is None where an earlier one had matched."""

    target: str
    condition: str
    operands: list[tuple[str, str]]
    result: bool | None


class DecisionWire(TypedDict):
    """Why an action was next; `flip` says what else had been with which change, where that is known."""

    source: str
    target: str | None
    checks: list[CheckWire]
    flip: str | None


class MessageWire(TypedDict):
    """One message of a call: `role` is system, user, assistant or tool."""

    role: str
    content: ValueWire


class CallWire(TypedDict):
    """One LLM call."""

    id: int
    endpoint: str
    host: str
    model: str | None
    messages: list[MessageWire]
    output: ValueWire
    status: int | None
    error: str | None
    ms: float | None
    firstMs: float | None
    tokensIn: int | None
    tokensOut: int | None
    cost: float | None
    replayed: bool
    streamed: bool
    branch: NotRequired[str]
    """Which branch of the step made it, as the names of the tasks that lead there."""
    stream: NotRequired[list[tuple[float, int]]]
    """How a streamed answer came: after so many ms its text had so many characters."""


class CodeWire(TypedDict):
    """The action's source as it was, and as it is now where that differs."""

    id: str | None
    source: str | None
    now: str | None


class FailureWire(TypedDict):
    """The exception of a failed step."""

    type: str
    message: str
    traceback: str


class Detail(TypedDict):
    """One checkpoint. For the initial state `seq` is None and there is no action."""

    run: str
    seq: int | None
    action: str | None
    status: StatusWire
    state: ValueWire
    diff: list[DiffWire]
    inputs: ValueWire
    result: ValueWire
    decision: DecisionWire | None
    """Why this step's action was next."""
    next: DecisionWire | None
    """What was decided on the state after it."""
    goesOn: str | None
    """The action that a fork from here goes on with; None where that is not known."""
    asks: list[InputWire]
    """What that action takes."""
    calls: list[CallWire]
    """The step's own, then those of its branches."""
    moreCalls: NotRequired[int]
    """How many of the branches' calls are left out."""
    code: CodeWire
    error: FailureWire | None
    reads: list[str]
    writes: list[str]
    cut: NotRequired[bool]
    """Long texts are shorter than they could be; `whole` asks for more of them."""
