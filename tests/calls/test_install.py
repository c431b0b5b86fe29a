"""Installing costs nothing and catches clients that are imported later."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from notebook_agent import calls
from notebook_agent.calls.protocol import StepScope
from notebook_agent.ids import RunKey, StepRef
from tests.servers import OpenAIServer

calls.install()
assert not {"httpx", "httpx2", "openai"} & sys.modules.keys()
log = calls.MemoryLog()
with OpenAIServer() as server, calls.scope(StepScope(StepRef(RunKey("p", "r"), 0), "act", log)):
    ACTION
assert [True] == [call.complete for call in log.everything()], log.everything()
calls.uninstall()
modules = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
assert modules
assert not any(hasattr(module.HTTPTransport.handle_request, "__wrapped__") for module in modules)
assert len(sys.meta_path) == len({id(finder) for finder in sys.meta_path})
print("seen")
"""
OPENAI = (
    "import openai; openai.OpenAI(base_url=server.base_url, api_key='k')"
    ".chat.completions.create(model='m', messages=[])"
)
HTTPX = "import httpx; httpx.post(server.base_url + '/chat/completions', json={'model': 'm'})"


@pytest.mark.parametrize("action", [OPENAI, HTTPX])
def test_client_imported_inside_an_action_is_seen(action):
    """The module is wrapped right after its import, and nothing was imported before."""
    program = PROGRAM.replace("ACTION", action)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert ("seen\n", "") == (done.stdout, done.stderr)
