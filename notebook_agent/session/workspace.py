"""What a session has in use: an application, where the view of it stands, and what surrounds them."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent.application import Application
from notebook_agent.engine import Gate
from notebook_agent.errors import AgentError, CommandError, RunBusyError, UnknownStepError
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.edits import Edit, EditWatcher, find_edits
from notebook_agent.session.latest import made_here, way_back
from notebook_agent.session.loop import LoopThread
from notebook_agent.session.namespace import project_name, usable_graphs, usable_names
from notebook_agent.session.noticing import CodeMemory, notices_line
from notebook_agent.session.place import Place
from notebook_agent.session.rebuilt import GraphMemory
from notebook_agent.session.references import Where, find_run, find_step, read_reference
from notebook_agent.session.replay import Replay
from notebook_agent.session.results import run_name
from notebook_agent.session.screen import Board, Screen, SilentScreen, screen_here
from notebook_agent.session.settings import Settings
from notebook_agent.session.starting import unmet_reads
from notebook_agent.session.turn import Refused
from notebook_agent.session.words import listing
from notebook_agent.session.worker import Worker
from notebook_agent.state import State
from notebook_agent.store.places import MEMORY
from notebook_agent.store.protocol import RunRecord, Store
from notebook_agent.tracking import LocalTrackingClient

__all__ = ["UNFINISHED", "Workspace", "failed_at"]

_GOES_ON = "; %agent retry goes on with it"
UNFINISHED = ("failed", "interrupted", "running")


@dataclass(slots=True)
class Workspace:
    """The state of a session; commands are functions of it.

    Attributes:
        namespace: The user's variables.
        folder: Where the session began, which names its project and its store: `%cd` changes neither.
        name: What new runs are labelled after.
        past: The step that the view stands at; None while it follows the head.
        apps: The applications used so far, to go back to.
        moved: Called whenever another run or step comes into view.
        rested: Called whenever a command has run steps, the graph has taken edits, or a cell has changed
            the state by hand.
        shown: The state in use when these were called last.
        offered: Redefined functions that the user was told of.
        codes: What the actions in use were made of, version by version.
        graphs: From which variable each run has its graph.
        replay: Which LLM calls may leave.
        breakpoints: The conditions by action, where runs halt or are held; empty for always.
        worker: Runs commands beside the cells.
        refused: The last command, where it lacked leave to fire again what cannot be taken back.
        board: Opens where a grid of forks is shown, given what stops it; None where only lines are.
    """

    namespace: MutableMapping[str, object]
    folder: Path = field(default_factory=Path.cwd, kw_only=True)
    own_screen: Screen = field(default_factory=SilentScreen)
    settings: Settings = field(default_factory=Settings)
    loop: LoopThread = field(default_factory=LoopThread)
    watcher: EditWatcher = field(default_factory=EditWatcher)
    codes: CodeMemory = field(default_factory=CodeMemory)
    app: Application | None = None
    name: str = "agent"
    past: StepRef | None = None
    apps: dict[RunKey, Application] = field(default_factory=dict)
    moved: list[Callable[[], None]] = field(default_factory=list)
    rested: list[Callable[[], None]] = field(default_factory=list)
    shown: State | None = None
    offered: set[str] = field(default_factory=set)
    graphs: GraphMemory = field(default_factory=GraphMemory)
    replay: Replay = field(default_factory=Replay)
    breakpoints: dict[str, str] = field(default_factory=dict)
    worker: Worker = field(default_factory=Worker)
    refused: Refused | None = None
    board: Callable[[Callable[[], None]], Board | None] | None = None

    @property
    def screen(self) -> Screen:
        """Where the session says what goes on: the running command's own screen, else the session's."""
        return screen_here() or self.own_screen

    @screen.setter
    def screen(self, screen: Screen) -> None:
        self.own_screen = screen

    def in_use(self) -> Application:
        """Return the application in use; CommandError where there is none."""
        if self.app is None:
            found = listing(usable_names(self.namespace))
            raise CommandError(f"no agent in use: {self._way_back()}%agent use NAME (found: {found})")
        return self.app

    def _way_back(self) -> str:
        """Say what has the latest run of the graphs at hand back, as after a kernel restart."""
        with suppress(AgentError):
            return way_back(made_here(self.store(), self.project()), usable_graphs(self.namespace))
        return ""

    def set_ledger(self, app: Application, *, fresh: bool = False) -> None:
        """Say which LLM calls of an application may leave; `fresh` serves it none from the record."""
        self.replay.apply(app, self.settings.ledger, fresh=fresh)

    def take(self, app: Application, name: str | None = None) -> None:
        """Take an application into use, seen at its head."""
        self.name = name or self.name
        if app.gate is not None and app.key not in self.apps:
            self.breakpoints |= app.gate.breakpoints
        self.app = self.apps[app.key] = app
        self.set_ledger(app)
        self._hold(app)
        self.renew_graph(app)
        self.take_edits()
        self.notice()
        self.shown = app.state
        self.look(None)

    def _hold(self, app: Application) -> None:
        """Give an application a gate with the session's breakpoints."""
        gate = app.gate = app.gate or Gate(frees_main=True)
        for name in gate.breakpoints.keys() - self.breakpoints.keys():
            gate.unbreak(name)
        for name, condition in self.breakpoints.items():
            gate.break_at(name, condition)

    def after_cell(self, cell: str | None) -> None:
        """Put the actions that a cell defined again into the graph in use, and say what else changed."""
        self.watcher.after_cell(self.namespace, cell)
        self.take_classes()
        if self.app is not None:
            self.renew_graph(self.app)
            self.take_edits()
            self.notice()
            self.tell_state()

    def tell_state(self) -> None:
        """Tell those who show the run where its state was changed by hand since it came to its head."""
        app = self.in_use()
        if app.state is not self.shown:
            self.shown = app.state
            edits = app.history.edits()
            if edits and edits[-1].after.seq == app.sequence_id:
                self.rest()

    def notice(self) -> None:
        """Say which actions of the graph run other code, as a helper or a constant that they use changed."""
        app = self.in_use()
        found = self.codes.look(app.graph.actions)
        if found:
            failed = failed_at(app) in {each.action for each in found}
            self.screen.say(f"{notices_line(found)}{_GOES_ON if failed else ''}")
            self.rest()

    def take_classes(self) -> None:
        """Go on with objects of the present classes, where a cell has defined some of the state's again."""
        names = self.watcher.new_classes(self.namespace)
        for app in self.apps.values() if names else ():
            with suppress(RunBusyError):
                keys = app.renew_classes()
                if keys and app is self.app:
                    what = f"{listing(names)} {'was' if len(names) == 1 else 'were'} defined again"
                    self.screen.say(f"{what}: taken anew in the state: {listing(keys)}")

    def renew_graph(self, app: Application) -> None:
        """Give a run the graph that its variable holds now, and say what is another in it."""
        found = self.graphs.renew(app, self.namespace)
        if found is None:
            return
        goes_on = _GOES_ON if failed_at(app) in found.edited else ""
        edited = f"edited: {listing(found.edited.values())}{goes_on}" if found.edited else ""
        for told in filter(None, (edited, "; ".join(found.said), unmet_reads(app))):
            self.screen.say(told)
            self.rest()

    def take_edits(self) -> None:
        """Put redefined actions of the same cell into the graph; offer those of other cells once."""
        app = self.in_use()
        edits = find_edits(app.graph.actions, self.namespace, self.watcher)
        taken = [edit for edit in edits if edit.same_cell]
        for edit in taken:
            app.rebind(edit.old.name, edit.new)
        if taken:
            failed = failed_at(app) in {edit.old.name for edit in taken}
            told = f"edited: {listing(map(str, taken))}{_GOES_ON if failed else ''}"
            self.screen.say("\n".join(filter(None, (told, unmet_reads(app)))))
            self.rest()
        for told in self.watcher.stale(app.graph.actions, self.namespace):
            self.screen.say(told)
        for edit in edits:
            if not edit.same_cell and edit.new.code not in self.offered:
                self.offered.add(edit.new.code)
                self.screen.say(_offered(edit, failed_at(app)))

    def look(self, past: StepRef | None) -> None:
        """Move the view."""
        self.past = past
        for told in list(self.moved):
            told()

    def rest(self) -> None:
        """Tell those who show the run that it halted, or is another."""
        self.shown = None if self.app is None else self.app.state
        for told in list(self.rested):
            told()

    def tracker(self, project: str | None = None) -> LocalTrackingClient:
        """Open the session's store for a project: the named one, or the notebook's."""
        name = project or project_name(self.namespace, self.folder)
        return LocalTrackingClient(name, self._storage(), durability=self.settings.durability)

    def _storage(self) -> str | None:
        named = self.settings.store
        return named if named in {None, MEMORY} else str(self.folder / Path(str(named)).expanduser())

    def store(self) -> Store:
        """Return the store of the application in use, else the session's."""
        return self.app.history.store if self.app is not None else self.tracker().store

    def project(self) -> str:
        """Return the project of the application in use, else the notebook's."""
        return self.app.key.project if self.app is not None else project_name(self.namespace, self.folder)

    def runs(self) -> list[RunRecord]:
        """Return the project's runs, newest first."""
        return self.store().runs(self.project())

    def family(self) -> list[RunRecord]:
        """Return the run in use, its ancestors and all their forks, newest first."""
        found = [] if self.app is None else self.app.history.family()[::-1]
        return [run for run in found if not run.removed]

    def record(self, run: str | None = None) -> RunRecord:
        """Return the named run, or the one in use."""
        if run is None:
            return self.in_use().history.run
        return find_run(run, self.runs(), family=self.family())

    def label(self) -> str:
        """Return what the run in use is called."""
        return run_name(self.record())

    def resolve(self, where: Where = None) -> tuple[History, int | None]:
        """Return the run that a reference names, and the step's number; None is the initial state."""
        place = self.place(where)
        return place.history, place.seq

    def place(self, where: Where = None) -> Place:
        """Return the checkpoint that a reference names; without one it is where the view stands.

        `@head` is the run as it stands now, edits by hand included, and so is a view that follows it; any
        other reference is a step as it ended.
        """
        if where is None and self.past is not None:
            return Place(History(self.store(), self.past.run), self.past.seq)
        reference = read_reference(where)
        run = self.record(reference.run)
        history = History(self.store(), run.key)
        if reference.step in {None, "head"}:
            return Place(history, run.ended, latest=True)
        if reference.step is not None and reference.step.isdecimal():
            with suppress(UnknownStepError):
                return Place(history, history[int(reference.step)].seq)
        return Place(history, find_step(reference.step, history[:], run_name(run)))

    def state_at(self, place: Place) -> State:
        """Return the state at a checkpoint; of the run in use as it stands the objects that it holds."""
        if place.latest and self.app is not None and place.history.key == self.app.key:
            return self.app.state
        return place.state()


def failed_at(app: Application) -> str | None:
    """Return the action whose step did not complete and is next again."""
    run = app.history.run
    return run.action if run.status in UNFINISHED else None


def _offered(edit: Edit, failed: str | None) -> str:
    name = edit.old.name
    told = f"{edit.function} was defined again in another cell"
    if failed == name:
        return f"{told}: %agent retry goes on with it, {edit}"
    if edit.of_class:
        return f"{told}; {name} is still an object of the old one: run the cell that builds the graph"
    return (
        f"{told}; {name} still runs the old one. %agent fork --with {name}={edit.function} takes the new one"
    )
