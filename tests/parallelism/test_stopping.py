"""A run that is stopped takes along the runs that its step started."""

from __future__ import annotations

import pickle
import threading

import pytest

from notebook_agent import ApplicationBuilder, graph
from notebook_agent.engine import Gate, Stopped
from notebook_agent.parallelism import RunnableGraph
from tests.driving import Sync
from tests.parallelism.fans import fan


def test_branches_stop_at_their_next_step():
    """Though they would go on for ever."""
    driver = Sync()
    began = threading.Barrier(3, timeout=20)

    @driver.action(reads=["x"], writes=["y"])
    def turn(state):
        if "y" not in state:
            began.wait()
        return state.update(y=state["x"])

    loop = graph.GraphBuilder().with_actions(a=turn, b=turn).with_transitions(("a", "b"), ("b", "a")).build()
    made = fan(driver, RunnableGraph(graph=loop, entrypoint="a", halt_after=[]))
    app = ApplicationBuilder().with_actions(fan=made()).with_entrypoint("fan").with_state(xs=[1, 2]).build()
    app.gate = gate = Gate()

    def stop():
        began.wait()
        gate.stop()

    stopping = threading.Thread(target=stop)
    stopping.start()
    with pytest.raises(Stopped):
        app.run()
    stopping.join(20)
    assert ["interrupted"] == [step.status for step in app.history]


def test_a_branch_in_another_process_is_let_go_on():
    """The gate stays behind; it holds nobody there."""
    lead = Gate()
    lead.stop()
    assert not pickle.loads(pickle.dumps(lead.led())).stopping
