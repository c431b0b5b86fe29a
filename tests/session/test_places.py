"""Where the page looks, and where the session does."""

import threading

import pytest

from notebook_agent.session.backend import PanelBackend
from notebook_agent.widgets import GraphView, Panel, StateView, TimeSlider

PATIENCE = 20
SLOW = """
@action(reads=["n"], writes=["n"])
def tick(state):
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def hold(state):
    held.set()
    let_go.wait(20)
    return state.update(n=state["n"] + 1)


slow = graph.GraphBuilder().with_actions(tick, hold).with_transitions(("tick", "hold")).build()
"""


class Page:
    """A panel, and what its page does."""

    def __init__(self, agent):
        self.agent = agent
        self.backend = PanelBackend(agent.workspace)
        self.panel = Panel(self.backend)
        self.came = threading.Condition()
        self.panel.observe(self.hear, names=["place"])

    def hear(self, _):
        with self.came:
            self.came.notify_all()

    def known(self, n):
        """Return the kernel's place of this number, once the page was told of it."""
        with self.came:
            assert self.came.wait_for(lambda: self.panel.place["n"] >= n, timeout=PATIENCE)
            return dict(self.panel.place)

    def tell(self, known, seq):
        """Turn to a step, where this is the last place of the kernel that the page knows."""
        self.panel.set_state({"place": {**known, "seq": seq, "follows": False}})


@pytest.fixture
def page(agent):
    """Give the chat's panel."""
    page = Page(agent)
    yield page
    page.panel.close()


def test_a_place_that_is_told_while_a_run_goes_on_stays(notebook):
    """When the run ends, and when what came of it is shown late."""
    held, let_go = threading.Event(), threading.Event()
    notebook.names |= {"held": held, "let_go": let_go}
    notebook.cell(SLOW)
    page = Page(notebook.agent.use("slow", state={"n": 0}))
    before = page.known(0)
    page.backend.handle({"id": 1, "do": "run", "run": page.agent.app.uid})
    assert held.wait(PATIENCE)
    page.tell(page.known(before["n"] + 1), 0)
    rested = threading.Event()
    page.agent.workspace.rested.append(rested.set)
    let_go.set()
    assert rested.wait(PATIENCE)
    page.panel.refresh()
    assert (0, 1) == (page.agent.position, page.agent.app.sequence_id)
    assert (0, False) == (page.panel.place["seq"], page.panel.place["follows"])
    page.panel.close()


def test_a_place_from_before_a_run_is_late(agent, page):
    """The session stays at its head, and the next run makes no fork."""
    before = page.known(0)
    agent.run(prompt="what is x")
    page.tell(before, 1)
    agent.run(prompt="what is y")
    assert (7, 1) == (agent.position, len(agent.history().family()))


def test_a_place_from_before_an_application_ran_by_itself_is_late_too(agent, page):
    """No command tells of that, but its events do."""
    before = page.known(0)
    agent.app.run(halt_after=["response"], inputs={"prompt": "what is x"})
    page.tell(before, 1)
    assert 3 == agent.position


PARTS = (GraphView, StateView, TimeSlider, Panel)


@pytest.fixture(params=["one backend", "a backend each"])
def parts(agent, request):
    """Give all parts made by hand over an agent that made 4 steps."""
    agent.step(4, prompt="what is x")
    shared = PanelBackend(agent.workspace)
    parts = [
        part(shared if request.param == "one backend" else PanelBackend(agent.workspace)) for part in PARTS
    ]
    yield parts
    for part in parts:
        part.close()


def test_parts_made_by_hand_stand_where_the_slider_is_moved(agent, parts):
    """As the panels of a notebook do."""
    slider = parts[2]
    slider.set_state({"place": {**slider.place, "seq": 1, "follows": False}})
    assert [(1, False)] * 4 == [(part.place["seq"], part.place["follows"]) for part in parts]
    assert 1 == agent.position


def test_parts_made_by_hand_turn_to_the_fork_that_a_cell_makes(agent, parts):
    """With its overview."""
    agent.fork("@1")
    run = agent.app.uid
    assert [(run, run)] * 4 == [(part.place["run"], part.overview["run"]) for part in parts]


def test_a_part_that_was_closed_is_passed_over(agent, parts):
    """The others go on."""
    parts[0].close()
    agent.goto(2)
    assert [3, 2, 2, 2] == [part.place["seq"] for part in parts]
