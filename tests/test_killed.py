"""A kernel that dies has not lost what was paid for; `benchmarks/killed.py` kills it a hundred times."""

from collections import Counter

import pytest

from tests.killed import QUESTIONS, run
from tests.servers import OpenAIServer


@pytest.mark.parametrize("after", [1, 2, 4])
def test_what_an_action_has_got_is_never_asked_again(after, tmp_path):
    """Killed the moment it has the answer, plain or streamed; what follows is asked once."""
    with OpenAIServer() as server:
        got = run(server.base_url, tmp_path / "store.db", after=after)
        assert list(QUESTIONS[:after]) == got
        assert list(QUESTIONS) == run(server.base_url, tmp_path / "store.db")
    asked = Counter(request.json["messages"][0]["content"] for request in server.journal)
    assert dict.fromkeys(QUESTIONS, 1) == asked
