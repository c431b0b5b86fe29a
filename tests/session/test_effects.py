"""What cannot be taken back, from the command line."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.errors import EffectError
from notebook_agent.magics.reading import read_line
from notebook_agent.session import Agent


def test_a_retry_needs_leave_and_gets_it_once():
    """The leave ends with the command."""
    sent = []

    @action(reads=[], writes=[], effect="irreversible")
    def send(state):
        sent.append(1)
        raise ConnectionError("no answer")

    app = ApplicationBuilder().with_actions(send).with_entrypoint("send").build()
    agent = Agent({}).use(app)
    with pytest.raises(ConnectionError):
        agent.run()
    with pytest.raises(EffectError, match="--allow-effects"):
        agent.retry()
    with pytest.raises(ConnectionError):
        agent.retry(allow_effects=True)
    with pytest.raises(EffectError):
        agent.retry()
    assert 2 == len(sent)


@pytest.mark.parametrize("command", ["run", "retry"])
def test_the_flag_is_an_option_of_the_call(command):
    """Given, and else left out."""
    assert read_line(f"{command} --allow-effects", scope=None).options["allow_effects"]
    assert "allow_effects" not in read_line(command, scope=None).options
