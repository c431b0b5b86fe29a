"""What travels from Python to the page: one contract, mirrored in `widgets/src/wire.ts`.

Everything is plain JSON. Keys are camelCase, as the page reads them. Times are
Unix seconds, durations milliseconds, costs US dollars, sizes of the drawing
points (1/72 inch). All texts are data: the page shows them as text nodes only.

The page asks with `Request` and gets a `Reply` of the same `id`; while a run is
going Python sends `Progress` unasked, at most 20 a second, numbered by `n`. A
page that finds a number missing asks for `overview`.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from notebook_agent.ids import Json

__all__ = [
    "CallWire",
    "CheckWire",
    "CodeWire",
    "DecisionWire",
    "Detail",
    "DiffWire",
    "EdgeWire",
    "FailureWire",
    "GraphWire",
    "InputWire",
    "MessageWire",
    "NodeWire",
    "Overview",
    "Page",
    "Progress",
    "Reply",
    "Request",
    "RunWire",
    "StatusWire",
    "StepWire",
    "Totals",
    "ValueWire",
]

StatusWire = Literal["new", "running", "completed", "failed", "interrupted"]


class NodeWire(TypedDict):
    """A box of the graph; `x`, `y` is its centre, y downwards."""

    name: str
    kind: Literal["action", "input"]
    label: str
    x: float
    y: float
    width: float
    height: float
    reads: list[str]
    writes: list[str]


class EdgeWire(TypedDict):
    """An arrow. `path` is the line and `head` the arrow head, both SVG path data.

    `caught` is there, and true, for one that an exception takes.
    """

    source: str
    target: str
    label: str
    conditional: bool
    path: str
    head: str
    labelX: float
    labelY: float
    caught: NotRequired[bool]


class GraphWire(TypedDict):
    """A laid-out graph. Where no layout engine is to be had, `laidOut` is false and coordinates are 0."""

    laidOut: bool
    width: float
    height: float
    nodes: list[NodeWire]
    edges: list[EdgeWire]


class StepWire(TypedDict):
    """One tick of the slider. `run` is the run that made the step."""

    run: str
    seq: int
    action: str
    status: StatusWire
    startedAt: float
    ms: float | None
    source: str | None
    """The action before it, whose edge was taken."""
    stale: bool
    """The step ran older code than the graph holds now."""
    calls: int
    replayed: int


class RunWire(TypedDict):
    """One lane. `steps` are its own; those before the fork point belong to `parent`."""

    id: str
    label: str
    status: StatusWire
    head: int | None
    next: str | None
    parent: str | None
    forkedAt: int | None
    """Step of the parent that the run starts after; None: its initial state."""
    createdAt: float
    steps: list[StepWire]


class Totals(TypedDict):
    """What the run and its past took. `cost` is None where a price is unknown."""

    calls: int
    replayed: int
    tokens: int
    cost: float | None


class InputWire(TypedDict):
    """An input that an action takes."""

    name: str
    required: bool
    type: Literal["text", "JSON", "any"]
    """By the annotation: a str, something else, or unknown. A text stays text; else JSON is read as such."""


class Overview(TypedDict):
    """All that the panel shows but the details of a step."""

    version: Literal[1]
    project: str
    run: str
    """Id of the run in view, one of `runs`."""
    runs: list[RunWire]
    """The run in view, its ancestors and all their forks; parents before children."""
    graph: GraphWire
    totals: Totals
    inputs: list[InputWire]
    n: int
    """Number of the last `Progress` that this overview includes."""


ValueWire = Json
"""A value of the state as the page draws it.

None, bool, str, finite floats and integers up to 2**53 stand for themselves. The rest
are objects with a `t`:

    {"t": "dict", "items": [[key, value] ..], "size": n}     `size` exceeds the items where some are left out
        and "type": class name, where it stands for an object with fields
    {"t": "list", "items": [value ..], "size": n, "type": "list" | "tuple" | "set" ..}
        and "start": index of the first item shown, where those before it are left out
    {"t": "text", "text": start, "size": characters}         a long string, cut
    {"t": "image", "mime": "image/png", "data": base64, "size": bytes}
    {"t": "other", "type": class name, "text": repr}
"""


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
    """Why an action was next."""

    source: str
    target: str | None
    checks: list[CheckWire]


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
    code: CodeWire
    error: FailureWire | None
    reads: list[str]
    writes: list[str]


class Progress(TypedDict):
    """Sent while a run goes on: what changed since the number before."""

    event: Literal["progress"]
    n: int
    first: NotRequired[int]
    """The first number that this message stands for, where several were sent as one."""
    run: RunWire
    """With the new and changed steps only."""
    totals: Totals
    inputs: list[InputWire]
    detail: Detail | None
    """Of the newest step, so that the page can follow without asking."""
    text: str
    """Streamed text of the running step so far, its end if it is long."""


class Request(TypedDict):
    """What the page asks.

    Which fields go with which `do`: `overview`; `detail` (run, seq); `fork` (run, seq, edits); `retry` (run);
    `run` (run, inputs) and `step` (run, inputs), with `seq` where the page looks at the past; `switch` (run).
    What runs steps names the run that the page shows, and is refused if another one is in use.
    """

    id: int
    do: Literal["overview", "detail", "fork", "retry", "run", "step", "switch"]
    run: NotRequired[str]
    seq: NotRequired[int | None]
    edits: NotRequired[dict[str, Json]]
    """State keys and their new values, as JSON."""
    inputs: NotRequired[dict[str, Json]]


class Reply(TypedDict):
    """The answer: an Overview for every `do` but `detail`, or one sentence that says what went wrong."""

    id: int
    overview: NotRequired[Overview]
    detail: NotRequired[Detail]
    said: NotRequired[str]
    """One line for the status: what was done."""
    error: NotRequired[str]
    """What went wrong; with an `overview` where the page shows what is no longer so."""


class Page(TypedDict):
    """What an exported page carries."""

    overview: Overview
    details: dict[str, Detail]
    """By `<run>@<seq>`, or `<run>@start`."""
    note: str
    """What was left out or redacted, in one sentence."""
