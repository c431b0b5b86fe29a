"""What stands behind a panel: it answers the page and tells it what goes on.

A request is answered on whatever thread brings it, also while a cell runs; steps never
run there but on a worker thread of their own, one command at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from notebook_agent import view
from notebook_agent.errors import AgentError
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.redact import redact_text
from notebook_agent.session import going
from notebook_agent.session.again import again
from notebook_agent.session.answering import Answers
from notebook_agent.session.controls import Controls, break_at, limit
from notebook_agent.session.exporting import export
from notebook_agent.session.matching import lacking
from notebook_agent.session.news import News
from notebook_agent.session.opening import opened
from notebook_agent.session.requests import check
from notebook_agent.session.results import run_name
from notebook_agent.session.screen import SilentScreen
from notebook_agent.session.turn import Plan
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.sent import restored
from notebook_agent.view.served import Served
from notebook_agent.view.wire import Control, Overview, Place, Progress, Reply, Request

__all__ = ["PanelBackend"]


class _OtherRunError(AgentError):
    """The page shows another run than the one in use."""


class PanelBackend:
    """The panel's side of a session: implements `widgets.Backend`."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._answers = Answers(workspace)
        self._served = Served()
        self._news = News(workspace, self._answers.told, self._served)
        self._controls = Controls(workspace)

    @property
    def workspace(self) -> Workspace:
        """The session."""
        return self._ws

    def overview(self) -> Overview:
        """Return all that the panel shows but the details of a step."""
        app = self._ws.in_use()
        return view.overview(app.history, app.graph, n=self._news.number, served=self._served)

    def subscribe(self, listener: Callable[[Progress], None]) -> Callable[[], None]:
        """Tell the listener what goes on; return the way to stop it."""
        return self._news.subscribe(listener)

    def control(self) -> Control:
        """Return how the run in use is held."""
        return self._controls.now()

    def watch(self, listener: Callable[[Control], None]) -> Callable[[], None]:
        """Tell the listener how the run is held; return the way to stop it."""
        return self._controls.subscribe(listener)

    def follow(self, moved: Callable[[], None], rested: Callable[[], None]) -> Callable[[], None]:
        """Call `moved` as another run or step comes into view, `rested` as a run rests; return its end."""
        self._ws.moved.append(moved)
        self._ws.rested.append(rested)
        return lambda: self._leave(moved, rested)

    def _leave(self, moved: Callable[[], None], rested: Callable[[], None]) -> None:
        for told, listeners in ((moved, self._ws.moved), (rested, self._ws.rested)):
            with suppress(ValueError):
                listeners.remove(told)

    def look(self, seq: int | None, *, follows: bool) -> None:
        """Stand where the page stands; a page that follows the run stands at its head."""
        app = self._ws.in_use()
        if seq is not None and not 0 <= seq <= (-1 if app.sequence_id is None else app.sequence_id):
            return
        at_head = follows or seq == app.sequence_id
        past = None if at_head else StepRef(app.key if seq is not None else self._root(), seq)
        if past != self._ws.past:
            self._ws.look(past)

    def place(self) -> Place:
        """Return where the session stands; `n` counts the runs that began."""
        app, past = self._ws.in_use(), self._ws.past
        seq = app.sequence_id if past is None else past.seq
        return Place(run=app.uid, seq=seq, follows=past is None, n=self._controls.begun)

    def _root(self) -> RunKey:
        """Return the run whose initial state is the beginning of the slider."""
        return self._ws.in_use().history.family()[0].key

    def handle(self, request: Request) -> Reply:
        """Answer the page; what cannot be done is one sentence."""
        try:
            check(request)
            return self._answer(request)
        except _OtherRunError as error:
            return Reply(id=request["id"], error=redact_text(str(error)), overview=self.overview())
        except AgentError as error:
            return Reply(id=request["id"], error=redact_text(str(error)))

    def _answer(self, request: Request) -> Reply:
        answer = self._answers.of(request)
        if answer is not None:
            return answer
        if self._hold(request):
            return Reply(id=request["id"])
        said = self._do(request)
        reply = Reply(id=request["id"], overview=self.overview())
        if said:
            reply["said"] = said
        return reply

    def _hold(self, request: Request) -> bool:
        """Change how the run is held; False where something else is asked."""
        if request["do"] == "control":
            self._check_in_view(request)
            self._controls.act(request["act"])
        elif request["do"] == "break":
            break_at(self._ws, request["action"], request.get("condition", ""))
        elif request["do"] == "limit":
            limit(self._ws, max_calls=request.get("maxCalls"), max_cost=request.get("maxCost"))
        else:
            return False
        self._controls.changed()
        return True

    def _do(self, request: Request) -> str:
        commands: dict[str, Callable[[Request], str]] = {
            "overview": lambda _: "",
            "export": self._export,
            "fork": self._fork,
            "switch": self._switch,
            "run": self._run,
            "step": self._step,
            "retry": self._retry,
            "rerun": self._rerun,
            "allow": self._allow,
        }
        return commands[request["do"]](request)

    def _fork(self, request: Request) -> str:
        seq, head = request.get("seq"), self._ws.store().run(self._answers.key(request)).head
        step = "start" if seq is None else "head" if seq == head else str(seq)
        place = self._ws.place(where := f"{request['run']}@{step}")
        state = self._ws.state_at(place)
        edits = {
            key: restored(key, state[key], sent) if key in state else sent
            for key, sent in request.get("edits", {}).items()
        }
        return going.fork(self._ws, where, state=edits)[1]

    def _export(self, _: Request) -> str:
        return f"written: {export(self._ws, Path(f'{self._ws.label()}.html'))}"

    def _switch(self, request: Request) -> str:
        key = self._answers.key(request)
        history = History(self._ws.store(), key)
        graph = self._ws.in_use().graph
        fits = lacking(self._ws, history.run, graph) == []
        self._ws.take(opened(self._ws, history.run, graph if fits else None))
        return f"{run_name(history.run)} is in use"

    def _run(self, request: Request) -> str:
        plan = Plan(request.get("inputs", {}), max_steps=self._ws.settings.max_steps)
        return self._start(request, plan)

    def _step(self, request: Request) -> str:
        return self._start(request, Plan(request.get("inputs", {}), steps=1))

    def _retry(self, request: Request) -> str:
        self._check_in_view(request)
        self._ws.worker.check()
        going.retry_plan(self._ws)
        return self._work(lambda: going.retry(self._ws, screen=SilentScreen()))

    def _allow(self, request: Request) -> str:
        """Go on with the command that was refused last; of one that is not known only its step."""
        self._check_in_view(request)
        self._ws.worker.check()
        app, refused = self._ws.in_use(), self._ws.refused
        plan = refused.plan if refused is not None and refused.stands(app) else Plan(steps=1)
        plan.allow_effects = True
        return self._work(lambda: going.go(self._ws, app, plan, screen=SilentScreen()))

    def _rerun(self, request: Request) -> str:
        self._ws.worker.check()
        fresh = request.get("fresh", False)
        if fresh:
            self._check_fresh()
        history = History(self._ws.store(), self._answers.key(request))
        plan, line = again(history, request.get("seq")).fork(self._ws)
        plan.fresh = fresh
        app = self._ws.in_use()
        self._work(lambda: going.go(self._ws, app, plan, screen=SilentScreen()))
        return f"{line}; it runs"

    def _check_fresh(self) -> None:
        """Refuse to ask a model anew where no call may leave, before there is a fork for it."""
        app = self._ws.in_use()
        self._ws.set_ledger(app, fresh=True)
        self._ws.set_ledger(app)

    def _start(self, request: Request, plan: Plan) -> str:
        self._check_in_view(request)
        self._ws.worker.check()
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

    def _work(self, command: Callable[[], object]) -> str:
        app = self._ws.in_use()
        head = app.sequence_id
        self._ws.worker.start(command, lambda: app.sequence_id != head)
        return f"{self._ws.label()} runs"
