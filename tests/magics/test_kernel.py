"""`%agent` in a real kernel: the story, TAB, `?`, errors and Stop."""

import re

import pytest

from tests.kernels import MATCHERS, NUMBERED, Kernel
from tests.session.chat import CELLS, FIXED

pytestmark = pytest.mark.kernel

WELCOME = r"notebook_agent \S+: %agent use GRAPH begins, %agent help lists all commands\n"
SLOW = """
import time
@action(reads=[], writes=["n"])
def wait(state):
    {body}
    return state.update(n=1)
slow = graph.GraphBuilder().with_actions(wait).build()
"""
BLOCKING = SLOW.format(body="print('begun', flush=True); time.sleep(30)")
AWAITING = (
    SLOW
    .format(body="print('begun', flush=True); await asyncio.sleep(30)")
    .replace("def wait", "async def wait")
    .replace("import time", "import asyncio")
)


MIXED = """
import time
@action(reads=[], writes=["ran"])
def ask(state):
    return state.update(ran=["ask"])
@action(reads=["ran"], writes=["ran"])
def syncllm(state):
    print("begun", flush=True)
    time.sleep(5)
    return state.append(ran="syncllm")
@action(reads=["ran"], writes=["ran"])
async def paid(state):
    print("paid", flush=True)
    return state.append(ran="paid")
mixed = (
    graph.GraphBuilder()
    .with_actions(ask, syncllm, paid)
    .with_transitions(("ask", "syncllm"), ("syncllm", "paid"))
    .build()
)
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Give a kernel with the extension loaded and the chat agent defined."""
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        loaded = kernel.run("%load_ext notebook_agent")
        assert re.fullmatch(WELCOME, loaded.stdout)
        assert len(loaded.stdout) < 80
        assert kernel.run(CELLS).error is None
        yield kernel


def test_the_whole_story(kernel):
    """Use, run, fail, fix, retry, fork: as a person types it."""
    used = kernel.run("%agent use chat")
    assert re.match(r"chat-[0-9a-f]{4}: 6 actions, next prompt, 0 steps\n", used.stdout)
    assert "application/vnd.jupyter.widget-view+json" in used.displays[0]
    assert "iframe" in used.displays[1]["text/html"]
    assert "4 steps (0-3), next prompt" in kernel.run('%agent run prompt="what is x"').text
    assert "4 steps (4-7), next prompt" in kernel.run('%agent run prompt="write hello"').text
    failed = kernel.run('%agent run prompt="draw a pen"')
    assert failed.error == "ValueError: Demo error"
    assert 'raise ValueError("Demo error")' in failed.traceback
    assert (failed.stdout + failed.traceback).count("image failed at step @10") == 1
    assert "%agent retry goes on with it" in kernel.run(FIXED).stdout
    assert "2 steps (11-12), next prompt" in kernel.run("%agent retry").text
    assert "4 steps (13-16), next prompt" in kernel.run('%agent run prompt="what is y"').text
    assert "forked from chat-" in kernel.run('%agent fork @4 prompt="draw a cat"').text
    forked = kernel.run("%agent run")
    assert "3 steps (5-7), next prompt" in forked.text
    assert "picture: draw a cat" in forked.text


BROKEN = """
@action(reads=[], writes=["n"])
def divide(state):
    return state.update(n=1 / 0)
broken = graph.GraphBuilder().with_actions(divide).build()
"""


@NUMBERED
def test_a_kept_traceback_names_the_cell(kernel):
    """By its number, as the notebook does, and not by the file that it is for the compiler."""
    kernel.run(BROKEN)
    number = int(kernel.run("len(In) - 2").text)
    kernel.run("%agent use broken")
    assert "ZeroDivisionError: division by zero" == kernel.run("%agent run").error
    kept = kernel.run("print(agent.history()[-1].failure.traceback)").stdout
    assert [f"Cell In[{number}], line 3, in divide"] == re.findall("Cell .*", kept)
    assert "ipykernel_" not in kept


def test_lines_appear_while_it_runs(kernel):
    """One output is updated, step by step; the page below the panel is sent again at the end."""
    kernel.run("%agent use chat")
    cell = kernel.run('%agent run prompt="what is x"')
    assert cell.displays[0]["text/plain"] == "   0 … prompt"
    assert cell.updates[-2]["text/plain"].count("✓") == 4
    assert "iframe" in cell.updates[-1]["text/html"]


def test_tab_and_help(kernel):
    """Commands and steps are completed; `%agent?` shows examples."""
    assert "%agent fork" in kernel.complete("%agent fo")
    kernel.run("%agent use chat")
    kernel.run("%agent run prompt=x")
    assert '%agent run prompt="draw a pen"' in kernel.inspect("%agent?")
    assert kernel.run("%agent help run").text.startswith("usage: %agent run")


@MATCHERS
def test_tab_completes_steps_and_assignments(kernel):
    """Nobody else's words are mixed in."""
    assert kernel.complete("y = %agent ret") == ["y = %agent retry"]
    kernel.run("%agent use chat")
    kernel.run("%agent run prompt=x")
    assert kernel.complete("%agent fork @pr") == ["%agent fork @prompt"]


def test_an_error_is_one_red_line(kernel):
    """No traceback of ours."""
    cell = kernel.run("%agent use chta")
    assert cell.stderr == "UsageError: 'chta' is not defined. Did you mean 'chat'?\n"
    assert cell.traceback == ""


@pytest.mark.parametrize("source", [BLOCKING, AWAITING], ids=["sync", "async"])
def test_stop_leaves_an_interrupted_step_that_is_next_again(kernel, source):
    """A stopped step is never completed."""
    assert kernel.run(source).error is None
    kernel.run("%agent use slow")
    cell_id = kernel.begin("%agent run")
    kernel.end(cell_id, until="begun")
    kernel.interrupt()
    stopped = kernel.end(cell_id, timeout=5)
    assert stopped.error is not None
    assert stopped.error.startswith("KeyboardInterrupt")
    status = kernel.run("%agent").text
    assert "1 step, next wait" in status
    assert "@0 wait interrupted; %agent retry goes on with it" in status
    kernel.run(source.replace("sleep(30)", "sleep(0)"))
    assert "1 step (1), next nothing" in kernel.run("%agent retry").text


def test_stop_reaches_a_plain_action_beside_async_ones(kernel):
    """It ends at once, nothing after it runs, and a retry goes on with it."""
    assert kernel.run(MIXED).error is None
    kernel.run("%agent use mixed")
    cell_id = kernel.begin("%agent run")
    kernel.end(cell_id, until="begun")
    kernel.interrupt()
    stopped = kernel.end(cell_id, timeout=3)
    assert "time.sleep(5)" in stopped.traceback
    assert "session/loop.py" not in stopped.traceback
    hint = "syncllm is still next: %agent retry goes on with it."
    assert (stopped.stdout + stopped.traceback).count(hint) == 1
    assert "@1 syncllm interrupted" in kernel.run("%agent").text
    kernel.run(MIXED.replace("sleep(5)", "sleep(0)"))
    assert "2 steps (2-3), next nothing" in kernel.run("%agent retry").text


def test_stop_leaves_an_async_action_that_never_awaits_behind(kernel):
    """The step is interrupted after a second, and the message says what goes on."""
    kernel.run(BLOCKING.replace("def wait", "async def wait").replace("sleep(30)", "sleep(4)"))
    kernel.run("%agent use slow")
    cell_id = kernel.begin("%agent run")
    kernel.end(cell_id, until="begun")
    kernel.interrupt()
    stopped = kernel.end(cell_id, timeout=3)
    assert "it goes on in the background" in stopped.stdout + stopped.traceback
    assert "time.sleep(4)" in stopped.traceback
    assert "session/loop.py" not in stopped.traceback
    assert "1 step, next wait" in kernel.run("%agent").text


def test_a_run_goes_on_beside_the_cells(kernel):
    """Its cell ends at once, others run meanwhile, and what it came to is there afterwards."""
    kernel.run(
        SLOW.format(body="go.wait(20)").replace("import time", "import threading; go = threading.Event()")
    )
    kernel.run("%agent use slow;")
    begun = kernel.run("made = %agent run --background\nmade")
    assert (None, True) == (begun.error, "runs beside the cells" in begun.text)
    assert "1" == kernel.run("go.set(); made.job.result().state['n']").text
    assert "UsageError: nothing runs beside the cells: %agent run --background does" in (
        kernel.run("%agent stop").stderr
    )


def test_a_chat_is_a_box_for_messages(kernel):
    """And text where no box can be."""
    kernel.run("%agent use chat;")
    kernel.run('%agent run prompt="what is x"')
    shown = kernel.run("%agent chat --out chat_history").displays
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert "user: what is x\ntext: what is x" == shown[1]["text/plain"]
    assert 'class="na-snapshot"' in shown[1]["text/html"]
