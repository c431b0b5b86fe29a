"""Steps of a run as tests: what a file written by `%agent test` calls, and what writes it.

A step's checkpoint is run again from its input state, offline and without a key:

    from notebook_agent.testing import Checkpoint, run_step

    CHECKPOINT = Checkpoint("answer", state={"prompt": "Hello"}, calls=[...])


    def test_answer():
        after = run_step(CHECKPOINT, answer).state
        assert after["response"] == "Hi!"
"""

from __future__ import annotations

from notebook_agent.testing.checkpoint import Checkpoint, Outcome, from_json, run_step
from notebook_agent.testing.comparing import differences
from notebook_agent.testing.offline import offline

__all__ = ["Checkpoint", "Outcome", "differences", "from_json", "offline", "run_step"]
