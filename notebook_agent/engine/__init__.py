"""The run loop: written once, driven with or without `await`."""

from __future__ import annotations

from notebook_agent.engine.drive import Wait, aiterate, arun, iterate, run
from notebook_agent.engine.opening import fork, resume, start
from notebook_agent.engine.request import read_call
from notebook_agent.engine.run import Next, Report, Run
from notebook_agent.engine.steps import Loop, Outcome, Step, steps

__all__ = [
    "Loop",
    "Next",
    "Outcome",
    "Report",
    "Run",
    "Step",
    "Wait",
    "aiterate",
    "arun",
    "fork",
    "iterate",
    "read_call",
    "resume",
    "run",
    "start",
    "steps",
]
