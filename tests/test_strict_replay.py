"""Generated runs in strict replay: nothing is sent, and every state is the same, byte by byte.

`benchmarks/strict_replay.py` does it a thousand times.
"""

import pytest

from notebook_agent.calls import Recording
from tests.generated import Program, calls_of, states
from tests.servers import OpenAIServer


@pytest.mark.parametrize("seed", range(24))
def test_a_run_is_the_same_in_strict(seed, tmp_path):
    """From its own past, and from a ledger file in an application that knows no past; the server is gone."""
    program = Program.of(seed)
    with OpenAIServer() as server:
        app = program.builder(server.base_url).build()
        program.run(app)
    sent = len(server.journal)
    Recording.save(tmp_path / "ledger.json", calls_of(app))
    fork = app.fork(None)
    fork.ledger = "strict"
    program.run(fork)
    loaded = program.builder(server.base_url).with_ledger("strict", tmp_path / "ledger.json").build()
    program.run(loaded)
    assert [states(app)] * 2 == [states(fork), states(loaded)]
    assert sent == len(calls_of(app)) == len(server.journal)
    assert all(call.replayed for call in [*calls_of(fork), *calls_of(loaded)])
