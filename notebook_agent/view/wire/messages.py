"""What Python and the page say to each other."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from notebook_agent.ids import Json
from notebook_agent.view.wire.graph import GraphWire
from notebook_agent.view.wire.past import BlameWire, PriceWire
from notebook_agent.view.wire.runs import RunLine, RunWire, StepsWire, Totals
from notebook_agent.view.wire.step import Detail, DiffWire, InputWire, ValueWire

__all__ = ["ChatWire", "Comparison", "Control", "Overview", "Page", "Place", "Progress", "Reply", "Request"]


class Overview(TypedDict):
    """All that the panel shows but the details of a step."""

    version: Literal[2]
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


class Progress(TypedDict):
    """Sent while a run goes on: what changed since the number before."""

    event: Literal["progress"]
    n: int
    first: NotRequired[int]
    """The first number that this message stands for, where several were sent as one."""
    run: RunWire
    """With its steps from the first one that is new or changed."""
    totals: Totals
    inputs: list[InputWire]
    detail: Detail | None
    """Of the newest step, so that the page can follow without asking.

    A message of a run that goes on may do without; then one that has it follows soon.
    """
    text: str
    """Streamed text of the running step so far, its end if it is long."""


class ChatWire(TypedDict):
    """How one chats with the agent."""

    input: str
    """What a message is given as."""
    output: str | None
    """The key that holds what was said; None for the first that looks like it."""


class Control(TypedDict):
    """How the run in view is held. It is a trait of its own, for it changes between steps."""

    mode: Literal["rest", "running", "paused", "stopping"]
    at: str | None
    """The action before which the run is held, or before which a breakpoint halted it."""
    beside: bool
    """Whether it runs in a thread beside the cells, where an interrupt of the kernel does not reach it."""
    breakpoints: dict[str, str]
    """The conditions by action; empty where a breakpoint always holds."""
    maxCalls: int | None
    maxCost: float | None
    """What a command may spend on LLM calls; the cost in US dollars."""
    trouble: str
    """Why the last command failed, where no step says so."""
    halted: str
    """Why it came to rest where nothing went wrong, such as after the most steps of a command."""
    allow: bool
    """Whether it would go on with leave to fire again what cannot be taken back."""
    chat: ChatWire | None
    """None where no action takes an input."""


class Place(TypedDict):
    """Where one looks; both sides hold it and either may set it.

    The kernel numbers the places that it sets by itself. The page tells with its own place the last
    number that it knew: a place told from before that is out of date, and is not one that a person chose.
    """

    run: str
    """The run in view."""
    seq: int | None
    """The step in view, None for the initial state."""
    follows: bool
    """Whether the view goes on with the run; then `seq` may be behind."""
    n: int


class Request(TypedDict):
    """What the page asks.

    Which fields go with which `do`: `overview`; `detail` (run, seq, whole); `value` (run, seq, path, start);
    `image` (run, seq, image); `blame` (run, seq, path); `runs`; `compare` (run, other); `export`;
    `fork` (run, seq, edits); `retry` (run) and `rerun` (run, seq, fresh), each with its `price` (run, and for
    `rerun` seq); `run` (run, inputs) and `step` (run, inputs), with `seq` where the page looks at the past;
    `allow` (run) goes on with the command that was refused, as it had fired again what cannot be taken back;
    `switch` (run); `control` (run, act); `break` (action, condition); `limit` (maxCalls, maxCost). What goes
    on with a run names the one that the page shows, and is refused if another is in use.
    """

    id: int
    do: Literal[
        "overview",
        "allow",
        "detail",
        "value",
        "image",
        "blame",
        "price",
        "rerun",
        "runs",
        "break",
        "compare",
        "control",
        "export",
        "fork",
        "limit",
        "retry",
        "run",
        "step",
        "switch",
    ]
    run: NotRequired[str]
    seq: NotRequired[int | None]
    whole: NotRequired[bool]
    """Ask for what a detail left out to be small enough for scrubbing."""
    path: NotRequired[list[int]]
    """Where a value lies in the state: places in mappings and lists, from the outermost."""
    start: NotRequired[int]
    """The first item, or character, that is asked for."""
    image: NotRequired[str]
    """Id of an image of the step."""
    other: NotRequired[str]
    """Id of the run to compare with."""
    edits: NotRequired[dict[str, Json]]
    """State keys and their new values, as JSON."""
    inputs: NotRequired[dict[str, Json]]
    fresh: NotRequired[bool]
    """Ask the model anew, where the record has the answers."""
    act: NotRequired[Literal["pause", "resume", "step", "stop"]]
    action: NotRequired[str]
    condition: NotRequired[str | None]
    """When the breakpoint holds, as `expr` takes it; None takes it away."""
    maxCalls: NotRequired[int | None]
    maxCost: NotRequired[float | None]


class Comparison(TypedDict):
    """Two runs side by side."""

    run: str
    other: str
    said: str
    """Where they part, in one sentence."""
    at: int | None
    """Number of the first step that differs, or that only one has; None where there is none."""
    here: StepsWire
    there: StepsWire
    """The steps of each from shortly before that place."""
    diff: list[DiffWire]
    """From the state here to the state there: at that place, else at the heads."""


class Reply(TypedDict):
    """The answer to a request, or one sentence that says what went wrong.

    A command and `overview` are answered with an Overview.
    """

    id: int
    overview: NotRequired[Overview]
    detail: NotRequired[Detail]
    value: NotRequired[ValueWire]
    runs: NotRequired[list[RunLine]]
    """Newest first."""
    comparison: NotRequired[Comparison]
    blame: NotRequired[BlameWire]
    price: NotRequired[PriceWire]
    image: NotRequired[bytes]
    """Travels beside the message, in its first buffer."""
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
