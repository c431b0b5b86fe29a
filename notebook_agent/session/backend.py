"""What stands behind a panel: it answers the page and tells it what goes on.

A request is answered on whatever thread brings it, also while a cell runs; steps never
run there but on a worker thread of their own, one command at a time.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from pathlib import Path

from notebook_agent import view
from notebook_agent.errors import AgentError, RunBusyError
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session import going
from notebook_agent.session.answering import Answers
from notebook_agent.session.exporting import export
from notebook_agent.session.news import News
from notebook_agent.session.opening import opened
from notebook_agent.session.results import run_name
from notebook_agent.session.screen import SilentScreen
from notebook_agent.session.turn import Plan
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.wire import Overview, Place, Progress, Reply, Request

__all__ = ["PanelBackend"]

_BUSY = "a command of the panel is still running: wait for it, or press Stop"
_EARLY = 0.2
"""Seconds in which a command that cannot start is answered with its reason."""


class _OtherRunError(AgentError):
    """The page shows another run than the one in use."""


class PanelBackend:
    """The panel's side of a session: implements `widgets.Backend`."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._answers = Answers(workspace)
        self._news = News(workspace, self._answers.told)
        self._worker = threading.Lock()

    @property
    def workspace(self) -> Workspace:
        """The session."""
        return self._ws

    def overview(self) -> Overview:
        """Return all that the panel shows but the details of a step."""
        app = self._ws.in_use()
        return view.overview(app.history, app.graph, n=self._news.number)

    def subscribe(self, listener: Callable[[Progress], None]) -> Callable[[], None]:
        """Tell the listener what goes on; return the way to stop it."""
        return self._news.subscribe(listener)

    def look(self, seq: int | None, *, follows: bool) -> None:
        """Stand where the page stands; a page that follows the run stands at its head."""
        app = self._ws.in_use()
        at_head = follows or seq == app.sequence_id
        past = None if at_head else StepRef(app.key if seq is not None else self._root(), seq)
        if past != self._ws.past:
            self._ws.look(past)

    def place(self) -> Place:
        """Return where the session stands."""
        app, past = self._ws.in_use(), self._ws.past
        seq = app.sequence_id if past is None else past.seq
        return Place(run=app.uid, seq=seq, follows=past is None, n=0)

    def _root(self) -> RunKey:
        """Return the run whose initial state is the beginning of the slider."""
        record = self._ws.record()
        while record.parent is not None:
            record = self._ws.store().run(record.parent.run)
        return record.key

    def handle(self, request: Request) -> Reply:
        """Answer the page; what cannot be done is one sentence."""
        try:
            return self._answer(request)
        except _OtherRunError as error:
            return Reply(id=request["id"], error=str(error), overview=self.overview())
        except AgentError as error:
            return Reply(id=request["id"], error=str(error))

    def _answer(self, request: Request) -> Reply:
        answer = self._answers.of(request)
        if answer is not None:
            return answer
        said = self._do(request)
        reply = Reply(id=request["id"], overview=self.overview())
        if said:
            reply["said"] = said
        return reply

    def _do(self, request: Request) -> str:
        commands: dict[str, Callable[[Request], str]] = {
            "overview": lambda _: "",
            "export": self._export,
            "fork": self._fork,
            "switch": self._switch,
            "run": self._run,
            "step": self._step,
            "retry": self._retry,
        }
        return commands[request["do"]](request)

    def _fork(self, request: Request) -> str:
        seq = request.get("seq")
        where = f"{request['run']}@{'start' if seq is None else seq}"
        return going.fork(self._ws, where, state=request.get("edits"))[1]

    def _export(self, _: Request) -> str:
        return f"written: {export(self._ws, Path(f'{self._ws.label()}.html'))}"

    def _switch(self, request: Request) -> str:
        key = self._answers.key(request)
        history = History(self._ws.store(), key)
        self._ws.take(opened(self._ws, history.run, self._ws.in_use().graph))
        return f"{run_name(history.run)} is in use"

    def _run(self, request: Request) -> str:
        plan = Plan(request.get("inputs", {}), max_steps=self._ws.settings.max_steps)
        return self._start(request, plan)

    def _step(self, request: Request) -> str:
        return self._start(request, Plan(request.get("inputs", {}), steps=1))

    def _retry(self, request: Request) -> str:
        self._check_in_view(request)
        self._check_idle()
        going.retry_plan(self._ws)
        return self._work(lambda: going.retry(self._ws, screen=SilentScreen()))

    def _start(self, request: Request, plan: Plan) -> str:
        self._check_in_view(request)
        self._check_idle()
        line = self._fork_of_past(request)
        app = self._ws.in_use()
        said = self._work(lambda: going.go(self._ws, app, plan, screen=SilentScreen()))
        return f"{line}; it runs" if line else said

    def _fork_of_past(self, request: Request) -> str:
        """Fork where the page looks at the past, as a run from there does."""
        seq = request.get("seq", self._ws.in_use().sequence_id)
        if seq == self._ws.in_use().sequence_id:
            return ""
        run = self._ws.in_use().key if seq is not None else self._root()
        return going.fork(self._ws, f"{run.app_id}@{'start' if seq is None else seq}")[1]

    def _check_in_view(self, request: Request) -> None:
        shown = self._answers.key(request)
        if shown != self._ws.in_use().key:
            label = run_name(self._ws.store().run(shown))
            raise _OtherRunError(
                f"nothing was run: this panel showed {label}, but {self._ws.label()} is in use"
            )

    def _check_idle(self) -> None:
        if self._worker.locked():
            raise RunBusyError(_BUSY)

    def _work(self, command: Callable[[], object]) -> str:
        if not self._worker.acquire(blocking=False):
            raise RunBusyError(_BUSY)
        refused: list[AgentError] = []
        app = self._ws.in_use()
        head = app.sequence_id

        def work() -> None:
            try:
                command()
            except AgentError as error:
                refused.append(error)
            except Exception:  # noqa: BLE001 - the step is kept as failed, with its traceback
                return
            finally:
                self._worker.release()

        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), name="agent-panel", daemon=True)
        thread.start()
        thread.join(_EARLY)
        if refused and app.sequence_id == head:
            raise refused[0]
        return f"{self._ws.label()} runs"
