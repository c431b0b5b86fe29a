"""How a run is held from the panel, while it goes on beside the cells and in one."""

from __future__ import annotations

import threading

import pytest

from notebook_agent.engine import Gate, Stopped
from notebook_agent.errors import EffectError
from notebook_agent.session.backend import PanelBackend

LOOP = """
@action(reads=["n"], writes=["n"])
def tick(state):
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
async def tock(state):
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def hold(state):
    held.set()
    let_go.wait(20)
    return state.update(n=state["n"] + 1)


clock = (
    graph.GraphBuilder().with_actions(tick, tock, hold)
    .with_transitions(("tick", "tock"), ("tock", "hold"), ("hold", "tick")).build()
)
"""


class Watched:
    """The panel's side of a session, and all that it was told of how the run is held."""

    def __init__(self, agent):
        self.backend = PanelBackend(agent.workspace)
        self.told = []
        self.came = threading.Condition()
        self.leave = self.backend.watch(self.hear)

    def hear(self, control):
        with self.came:
            self.told.append(control)
            self.came.notify_all()

    def wait_for(self, mode, at=None):
        """Wait until the run is held so, and return what was told of it."""
        with self.came:
            assert self.came.wait_for(
                lambda: self.told and (self.told[-1]["mode"], self.told[-1]["at"]) == (mode, at), timeout=20
            )
            return self.told[-1]

    def wait_for_told(self, key):
        """Wait until something is told there, and return all that was."""
        with self.came:
            assert self.came.wait_for(lambda: self.told and self.told[-1][key], timeout=20)
            return self.told[-1]

    def ask(self, do, **fields):
        return self.backend.handle({"id": 1, "do": do, **fields})


@pytest.fixture
def loop(notebook):
    """Give an agent whose graph goes round for ever, and what its third action waits for."""
    notebook.names |= {"held": threading.Event(), "let_go": threading.Event()}
    notebook.cell(LOOP)
    return notebook.agent.use("clock", state={"n": 0})


@pytest.fixture
def watched(loop):
    """Give the panel's side of it."""
    watched = Watched(loop)
    yield watched
    loop.app.gate.stop()
    loop.workspace.namespace["let_go"].set()
    loop.workspace.worker.check()
    watched.leave()


def test_a_run_of_the_panel_is_paused_stepped_and_let_go(loop, watched):
    """Each as it is asked for; the page is told how things are."""
    loop.workspace.namespace["let_go"].set()
    watched.ask("break", action="tock")
    watched.ask("run")
    held = watched.wait_for("paused", "tock")
    assert (True, {"tock": ""}, 1) == (held["beside"], held["breakpoints"], loop.app.state["n"])
    watched.ask("control", act="step")
    watched.wait_for("paused", "hold")
    assert 2 == loop.app.state["n"]
    watched.ask("control", act="resume")
    watched.wait_for("paused", "tock")
    assert 4 == loop.app.state["n"]
    watched.ask("control", act="stop")
    assert "" == watched.wait_for("rest")["trouble"]


def test_a_stop_waits_for_the_step_at_hand_and_says_so(loop, watched):
    """A blocking action cannot be left in the middle; the next run goes on."""
    watched.ask("run")
    assert loop.workspace.namespace["held"].wait(20)
    watched.ask("control", act="stop")
    watched.wait_for("stopping")
    loop.workspace.namespace["let_go"].set()
    watched.wait_for("rest")
    assert (3, "tick") == (loop.app.state["n"], loop.app.get_next_action().name)
    loop.run(until="tick")
    assert 4 == loop.app.state["n"]


def test_a_stop_cancels_what_is_awaited(notebook, watched):
    """At once; the step is interrupted."""
    notebook.names["held"] = begun = threading.Event()
    notebook.cell(
        "import asyncio\n"
        "@action(reads=[], writes=[])\n"
        "async def sleep(state):\n"
        "    held.set()\n"
        "    await asyncio.sleep(60)\n"
        "    return state\n"
        "sleepy = graph.GraphBuilder().with_actions(sleep).build()"
    )
    agent = notebook.agent.use("sleepy")
    watched.ask("run")
    assert begun.wait(20)
    watched.wait_for("running")
    watched.ask("control", act="stop")
    watched.wait_for("rest")
    assert "interrupted" == agent.app.history[-1].status


def test_nothing_is_held_where_nothing_runs(loop, watched):
    """A click that comes late holds no later run."""
    for act in ("pause", "stop"):
        watched.ask("control", act=act)
    assert 1 == loop.run(until="tick").state["n"]


def test_a_breakpoint_halts_a_run_of_a_cell(loop, watched):
    """The cell ends; the next run goes on from there."""
    watched.ask("break", action="tock")
    result = loop.run()
    assert ("tock", "breakpoint: tock is next") == (result.next, result.halted)
    watched.wait_for("rest", "tock")
    assert 2 == loop.run(until="tock").state["n"]


def test_steps_halt_at_a_breakpoint(loop, watched):
    """Also several of one command."""
    watched.ask("break", action="tock")
    assert "tick" == loop.step(3).record.action
    assert "tock" == loop.step().record.action


def test_breakpoints_go_with_the_session(loop, watched):
    """A fork has them, and the run it comes from loses what the fork loses."""
    watched.ask("break", action="tock", condition="n > 3")
    parent = loop.app
    loop.fork("@start")
    assert {"tock": "n > 3"} == loop.app.gate.breakpoints
    watched.ask("break", action="tock", condition=None)
    loop.use(parent)
    assert {} == parent.gate.breakpoints


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"action": "tick", "condition": "n >"}, "n >"),
        ({"action": "tack"}, "tack: there is no such action. Did you mean 'tock'?"),
    ],
)
def test_a_breakpoint_that_cannot_be_is_refused(watched, fields, sentence):
    """In a sentence."""
    assert sentence in watched.ask("break", **fields)["error"]


def test_the_most_steps_of_a_command_are_no_trouble(loop, watched):
    """They are told as why it halted, until it goes on."""
    loop.workspace.namespace["let_go"].set()
    loop.settings = type(loop.settings)(max_steps=2)
    watched.ask("run")
    told = watched.wait_for_told("halted")
    assert "" == told["trouble"]
    assert "halted after the most steps of one command (--max-steps): Run goes on" == told["halted"]
    loop.step()
    assert "" == watched.backend.control()["halted"]


def test_a_limit_holds_for_the_commands_that_follow(loop, watched):
    """Those of cells too; what is no limit is refused."""
    watched.ask("limit", maxCalls=5, maxCost=0.2)
    assert (5, 0.2) == (loop.settings.max_calls, loop.settings.max_cost)
    assert "0 or more" in watched.ask("limit", maxCalls=-1, maxCost=None)["error"]
    assert (5, 0.2) == (loop.settings.max_calls, loop.settings.max_cost)


def test_leave_to_fire_again_is_asked_for_and_given(notebook, agent):
    """The panel's Retry has it for this once."""
    notebook.names["sent"] = sent = []
    notebook.cell(
        "@action(reads=[], writes=[], effect='irreversible')\n"
        "def send(state):\n"
        "    sent.append(1)\n"
        "    if len(sent) < 2:\n"
        "        raise ConnectionError('no answer')\n"
        "    return state\n"
        "post = graph.GraphBuilder().with_actions(send).build()"
    )
    agent.use("post")
    watched = Watched(agent)
    with pytest.raises(ConnectionError):
        agent.run()
    watched.ask("retry")
    told = watched.wait_for_told("trouble")
    assert (True, "cannot be taken back" in told["trouble"]) == (told["allow"], True)
    watched.ask("allow")
    agent.workspace.worker.check()
    assert ([1, 1], False) == (sent, watched.backend.control()["allow"])
    watched.leave()


POST = """
@action(reads=["to"], writes=[], effect="irreversible")
def send(state, text: str):
    sent.append(text)
    return state


@action(reads=[], writes=[])
def close(state):
    return state


post = graph.GraphBuilder().with_actions(send, close).with_transitions(("send", "close")).build()
"""


@pytest.fixture
def refused(notebook):
    """Give a fork that would send to somebody else what was sent, and the panel's side of it."""
    notebook.names["sent"] = []
    notebook.cell(POST)
    notebook.agent.use("post", state={"to": "a"}).run(text="hello")
    notebook.agent.fork("@start", state={"to": "b"})
    watched = Watched(notebook.agent)
    yield watched
    watched.leave()


@pytest.mark.parametrize(("do", "steps"), [("step", ["send"]), ("run", ["send", "close"])])
def test_leave_is_for_what_was_asked_and_no_more(agent, notebook, refused, do, steps):
    """A step that was refused is one step with leave too, and has the inputs that it was given."""
    assert "cannot be taken back" in refused.ask(do, inputs={"text": "again"})["error"]
    assert refused.wait_for_told("trouble")["allow"]
    refused.ask("allow")
    agent.workspace.worker.check()
    assert (["hello", "again"], steps) == (notebook.names["sent"], [step.action for step in agent.history()])


def test_leave_where_nothing_is_known_of_the_command_is_for_one_step(agent, refused):
    """As where a cell ran the application itself."""
    with pytest.raises(EffectError):
        agent.app.run(halt_after=["close"], inputs={"text": "again"})
    assert "needs the input 'text'" in refused.ask("allow")["error"]
    assert [] == [step.action for step in agent.history()]


def test_a_stopped_run_of_a_cell_raises_what_says_so(loop, watched):
    """With a sentence that tells how to go on."""
    loop.app.subscribe(lambda _: loop.app.gate.stop())
    with pytest.raises(Stopped) as raised:
        loop.run()
    assert ["stopped between two steps, next tock: %agent run goes on"] == raised.value.__notes__


def test_an_application_brings_its_own_breakpoints(loop, watched):
    """They join the session's."""
    watched.ask("break", action="tock")
    app = loop.app.fork(None)
    app.gate = Gate()
    app.gate.break_at("tick", "n > 3")
    loop.use(app)
    assert {"tick": "n > 3", "tock": ""} == watched.backend.control()["breakpoints"]


COUNT = """
@action(reads=["n"], writes=["n"])
def count(state):
    act(state["n"])
    return state.update(n=state["n"] + 1)


counter = graph.GraphBuilder().with_actions(count).with_transitions(("count", "count")).build()
"""


def counting(notebook, act):
    """Give the panel's side of a session in which an app counts, and does something in each step."""
    notebook.names["act"] = act
    notebook.cell(COUNT)
    return Watched(notebook.agent.use("counter", state={"n": 0}))


@pytest.mark.parametrize("pressed", ["pause", "break"])
def test_what_is_pressed_during_a_step_of_a_cell_s_own_run_holds_before_the_next(notebook, pressed):
    """Though the panel does not keep the loop from claiming steps ahead: what is claimed is let go of."""
    held = threading.Event()

    def act(n):
        if n == 2 and not held.is_set():
            held.set()
            fields = {"act": "pause", "run": app.uid} if pressed == "pause" else {"action": "count"}
            watched.ask("control" if pressed == "pause" else "break", **fields)

    watched = counting(notebook, act)
    app = notebook.agent.app
    app.gate.waits = False
    app.run()
    assert (2, "completed", 3) == (app.history.run.head, app.history.run.status, app.state["n"])


def test_a_stop_from_the_panel_leaves_no_claimed_step(notebook):
    """The step in which it was pressed is whole, and the next never was."""

    def act(n):
        if n == 2:
            watched.ask("control", act="stop", run=app.uid)

    watched = counting(notebook, act)
    app = notebook.agent.app
    with pytest.raises(Stopped):
        app.run()
    assert (2, "completed", 3) == (app.history.run.head, app.history.run.status, app.state["n"])
