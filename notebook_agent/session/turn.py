"""How far one run command goes.

Without a place to halt it is one turn: it ends before an action would take an input
of this command a second time, or would need one that was not given. So a loop of the
graph never spends without end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from notebook_agent.action import Node
from notebook_agent.application import Application
from notebook_agent.application.turns import end_of_turn, inputs_taken
from notebook_agent.calls import Budget
from notebook_agent.engine import Step
from notebook_agent.ids import RunKey
from notebook_agent.session.loop import LoopThread

__all__ = ["Plan", "Refused", "drive"]


@dataclass(slots=True)
class Plan:
    """One run command: its inputs, where it halts, and which inputs have been taken.

    `one_turn` is off where the person said where to halt; `steps` bounds it in any case.
    `fresh` serves no LLM call from the record; `budget` limits the live ones. `allow_effects`
    fires again what cannot be taken back. `actions` are functions that are put in first.
    """

    inputs: Mapping[str, object] = field(default_factory=dict)
    until: Sequence[str] = ()
    before: Sequence[str] = ()
    max_steps: int = 100
    steps: int | None = None
    fresh: bool = False
    allow_effects: bool = False
    budget: Budget | None = None
    actions: Mapping[str, object] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    halted: str | None = None
    """Why it ended early, as a sentence; None where nothing but the plan itself ended it."""

    @property
    def one_turn(self) -> bool:
        """Whether the end of the turn is to be found out."""
        return not self.until and not self.before and self.steps is None

    def is_over(self, ran: Node, following: Node | None) -> bool:
        """Note that an action has run; return whether the command ends before `following`."""
        self.taken |= inputs_taken(ran, self.inputs)
        if self.steps is not None:
            self.steps -= 1
        if following is None:
            self.halted = f"{ran.name} was the last action: the run is finished"
        elif self.one_turn:
            self.halted = end_of_turn(following, self.inputs, self.taken)
        return self.halted is not None or self.steps == 0


@dataclass(frozen=True, slots=True)
class Refused:
    """What is left of a command that was refused, as it had fired again what cannot be taken back."""

    plan: Plan
    run: RunKey
    head: int | None

    def stands(self, app: Application) -> bool:
        """Whether the run is still where it was refused."""
        return (app.key, app.sequence_id) == (self.run, self.head)


def drive(app: Application, plan: Plan, loop: LoopThread) -> None:
    """Run the application until the plan is over.

    Everything runs in the caller's thread, where Stop reaches it, but what is awaited:
    that runs on the session's loop.
    """
    __tracebackhide__ = True
    gate = app.gate
    if gate is not None:
        following = app.get_next_action()
        gate.reset(None if following is None else following.name)
    with closing(_steps(app, plan, loop)) as steps:
        for action, _, _ in steps:
            if plan.is_over(action, app.get_next_action()):
                break
    if gate is not None and gate.passes is not None:
        plan.halted = f"breakpoint: {gate.passes} is next"


def _steps(app: Application, plan: Plan, loop: LoopThread) -> Generator[Step, None, None]:
    __tracebackhide__ = True
    gate = app.gate

    def wait(awaitable: Awaitable[object]) -> object:
        return loop.run(awaitable, None if gate is None else gate.check)

    if plan.steps is None:
        yield from app.walk(
            wait,
            halt_before=plan.before,
            halt_after=plan.until,
            inputs=plan.inputs,
            max_steps=plan.max_steps,
        )
    while plan.steps and app.has_next_action():
        yield from app.walk_step(wait, plan.inputs)
        if gate is not None and gate.passes is not None:
            return
