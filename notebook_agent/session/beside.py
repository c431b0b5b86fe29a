"""Runs beside the cells: begun, held and stopped; and the breakpoints of all runs."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.engine import Gate
from notebook_agent.errors import AgentError, CommandError
from notebook_agent.session.controls import break_at, gate_of
from notebook_agent.session.results import RunResult
from notebook_agent.session.screen import Screen, shown_on
from notebook_agent.session.shown import Said, Shown, Table
from notebook_agent.session.spoken import spoken
from notebook_agent.session.standing import run_beside
from notebook_agent.session.worker import Job
from notebook_agent.session.workspace import Workspace

__all__ = ["Background", "Beside"]

_COMMANDS = ("run", "retry", "resume")
_GRACE = 1.0


@dataclass(frozen=True, slots=True, repr=False)
class Background(Shown):
    """A command that runs beside the cells.

    Attributes:
        run: The label of its run.
        job: Where it runs: `job.result()` waits for what it comes to, or raises what it raised.
    """

    run: str
    job: Job[object]

    def __str__(self) -> str:
        if self.job.runs:
            return (
                f"{self.run} runs beside the cells: the panel shows it and can hold it, %agent stop ends it"
            )
        if self.job.error is not None:
            return _ended(self.run, self.job.error)
        return str(self.job.result())


class Beside:
    """The commands of an `Agent` about runs that go on beside the cells."""

    workspace: Workspace

    def background(self, command: str, *args: object, **options: object) -> Background:
        """Begin `run`, `retry` or `resume` beside the cells, with that command's own arguments.

        What it is refused for before its first step is raised here.

        Raises:
            RunBusyError: Another command runs there.
        """
        if command not in _COMMANDS:
            raise CommandError(f"{command!r} does not run beside the cells: run, retry and resume do")
        ws = self.workspace
        app, screen, make = ws.app, ws.screen.aside(), getattr(self, command)
        head = None if app is None else app.sequence_id

        left: list[str] = []

        def begin() -> object:
            with shown_on(screen):
                try:
                    result = make(*args, **options)
                except AgentError as error:
                    for run in left if not hasattr(error, "__notes__") else ():
                        screen.say(_ended(run, error))
                    raise
                for run in left:
                    _say_why(screen, run, result)
                return result

        def began() -> bool:
            return ws.app is not app or (app is not None and app.sequence_id != head)

        job = ws.worker.start(begin, began)
        made = Background(ws.label(), job)
        if job.runs:
            left.append(made.run)
        return made

    def stop(self) -> Said:
        """End the command that runs beside the cells; what it did is kept."""
        worker = self.workspace.worker
        job = worker.stop()
        if job is None:
            raise CommandError("nothing runs beside the cells: %agent run --background does")
        ended = job.wait(_GRACE)
        return Said("stopped" if ended else "stops at its next call, piece of an answer or step")

    def pause(self, *, off: bool = False) -> Said:
        """Hold the run that goes on beside the cells before its next step; `off` lets it go on."""
        gate, run = self._goes_on()
        if off:
            gate.resume()
            return Said(f"{run} goes on")
        gate.pause()
        return Said(f"{run} is held before its next step: %agent pause --off lets it go on")

    def _goes_on(self) -> tuple[Gate, str]:
        """Return what holds the run beside the cells, be it in use or not, and its name."""
        ws = self.workspace
        if not ws.worker.busy:
            raise CommandError("nothing runs beside the cells: %agent run --background does")
        gate = ws.worker.gate or gate_of(ws)
        return gate, run_beside(ws) or ws.label()

    def breakpoints(self, action: str | None = None, *, condition: str = "", off: bool = False) -> Table:
        """Set a breakpoint before an action, or take it away (`off`); return the table of all.

        A run of a cell halts there, one beside the cells is held.

        Args:
            action: Its name; None changes nothing.
            condition: When it holds, such as `n > 3`; see `expr`.
            off: Take it away; without an action all of them.
        """
        ws = self.workspace
        for name in [action] if action is not None else list(gate_of(ws).breakpoints) if off else []:
            break_at(ws, name, None if off else condition)
        for told in list(ws.rested):
            told()
        rows = tuple((name, text or "always") for name, text in gate_of(ws).breakpoints.items())
        return Table(("before", "if"), rows, "no breakpoints: %agent break ACTION sets one")


def _say_why(screen: Screen, run: str, result: object) -> None:
    """Say why a run halted, where no line of its steps tells."""
    if isinstance(result, RunResult) and result.halted is not None:
        screen.say(f"{run}: {result.halted}")


def _ended(run: str, error: BaseException) -> str:
    told = spoken(error) if isinstance(error, AgentError) else f"{type(error).__name__}: {error}"
    return f"{run} ended: {told}"
