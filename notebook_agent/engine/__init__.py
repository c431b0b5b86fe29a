"""The run loop: written once, driven with or without `await`."""

from __future__ import annotations

from notebook_agent.engine.calling import Loop, Outcome, Step
from notebook_agent.engine.claiming import standing
from notebook_agent.engine.containers import (
    AsyncStreamingResultContainer,
    StreamingResultContainer,
    astream_iterate,
    astream_result,
    stream_iterate,
    stream_result,
)
from notebook_agent.engine.context import ApplicationContext, Executors, Setting
from notebook_agent.engine.drive import Wait, aiterate, arun, iterate, run
from notebook_agent.engine.gate import Gate, Stopped
from notebook_agent.engine.opening import fork, resume, start
from notebook_agent.engine.request import read_call, read_halts
from notebook_agent.engine.runs import Report, Run
from notebook_agent.engine.spawning import Inherited, Place, Seed, enter, inherited, place
from notebook_agent.engine.step import Next
from notebook_agent.engine.steps import steps

__all__ = [
    "ApplicationContext",
    "AsyncStreamingResultContainer",
    "Executors",
    "Gate",
    "Inherited",
    "Loop",
    "Next",
    "Outcome",
    "Place",
    "Report",
    "Run",
    "Seed",
    "Setting",
    "Step",
    "Stopped",
    "StreamingResultContainer",
    "Wait",
    "aiterate",
    "arun",
    "astream_iterate",
    "astream_result",
    "enter",
    "fork",
    "inherited",
    "iterate",
    "place",
    "read_call",
    "read_halts",
    "resume",
    "run",
    "standing",
    "start",
    "steps",
    "stream_iterate",
    "stream_result",
]
