"""What the README shows works as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels import Kernel
from tests.servers import Answer, OpenAIServer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def program(heading):
    """The program below a heading."""
    return re.search(rf"^## {heading}$.*?^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[1]


def run(code, folder):
    """Run a program with a server to ask; what it prints, and how many requests arrived."""
    with OpenAIServer() as server:
        environment = {
            **os.environ,
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "local",
            "NOTEBOOK_AGENT_STORE": str(folder / "store.db"),
        }
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip(), len(server.journal)


def test_the_agent_in_twelve_lines_runs(tmp_path):
    """It asks the model once and answers, and its two steps are kept."""
    shown = "\nprint(len(state['chat']), state['chat'][-1]['role'], [step.action for step in app.history])"
    told = run(program("An agent in twelve lines") + shown, tmp_path)
    assert ("2 assistant ['ask', 'answer']", 1) == told


def test_what_an_action_can_be_runs(tmp_path):
    """The words come one by one; what is asked of the past is answered."""
    shown = "\nprint(app.get_next_action().name, app.history.blame('text').origin.step.action)"
    told = run(program("What an action can be") + shown, tmp_path)
    words = (
        "['All', 'about', 'owls'] ({'text': 'All about owls'}, {'topic': 'owls', 'text': 'All about owls'})"
    )
    assert (f"{words}\nsend write", 0) == told


def test_the_parts_of_the_panel_stand_together(tmp_path):
    """Moved by one, seen by another."""
    moved = """
slider, states = TimeSlider(agent), StateView(agent)
slider.set_state({"place": {**slider.place, "seq": 0, "follows": False}})
print(agent.panel(), states.place["seq"], agent.position)
"""
    made = program("An agent in twelve lines")
    shown = program("The panel and its parts, in any notebook")
    told, _ = run(made + shown + moved, tmp_path)
    assert " @1 completed, next ask 0 0" == told.partition(":")[2]


def test_several_at_once_run(tmp_path):
    """Each question is asked once, by a run of its own."""
    shown = "\nprint(state['answers'], sorted(each.label for each in app.history.children()))"
    told = run(program("Several at once") + shown, tmp_path)
    assert ("['Echo: Why?', 'Echo: How?'] ['ask_all 0-0', 'ask_all 0-1']", 2) == told


def test_the_agent_in_twelve_lines_has_twelve_lines():
    """Blank lines between functions and the imports are not counted as an agent's."""
    code = program("An agent in twelve lines")
    lines = [line for line in code.splitlines() if line.strip() and "import" not in line]
    assert 12 >= len(lines)


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", README, flags=re.MULTILINE))
def test_each_make_target_exists(target):
    """Those of the README are in the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#:]+)\)", README))
def test_each_file_that_is_linked_exists(path):
    """Pictures and pages."""
    assert (ROOT / path).exists()


def test_forks_are_tried_as_often_as_it_takes(tmp_path):
    """Each asks anew: 2 questions at first, then 3 times 1 and 3 times 2."""
    shown = "\nprint([group.passed for group in grid.groups], [group.calls for group in grid.groups])"
    made = program("Several at once") + program("As often as it takes") + shown
    told, requests = run(made, tmp_path)
    assert ("[3, 0] [6, 3]", 11) == (told.splitlines()[-1], requests)


REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-5.5",
    "choices": [{"index": 0, "finish_reason": "stop"}],
}
MODES = {"What is a pen?": "answer_question", "Draw one.": "draw_image", "": "write_code"}


def mode(line):
    """Answer which mode fits the message of a command, where it runs a turn."""
    prompt = (re.findall(r'prompt="(.*?)"', line) or [""])[0]
    return Answer.of({**REPLY, "choices": [{**REPLY["choices"][0], "message": said(MODES[prompt])}]})


def said(text):
    """Write a message of the model."""
    return {"role": "assistant", "content": text}


def typed(lines, cells, repaired, server, home):
    """Run cells, then commands, in a kernel; return the commands that failed or were refused."""
    failed = []
    with Kernel(home, OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY="local") as kernel:
        assert [None] * len(cells) == [kernel.run(cell).error for cell in cells]
        for line in lines:
            if line == "%agent retry":
                kernel.run(repaired)
            if line.startswith("%agent run"):
                server.answer(mode(line))
            done = kernel.run(line)
            failed += [line] if done.error or "UsageError" in done.stdout + done.stderr else []
    return failed


@pytest.mark.kernel
def test_each_command_of_the_list_runs_with_the_chatbot_of_the_notebook(tmp_path):
    """Word for word, one after another; only the drawing fails, as its cell is not repaired yet."""
    notebook = json.loads((ROOT / "notebooks" / "01_multimodal_chatbot.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    last = next(n for n, cell in enumerate(cells) if cell.startswith("chatbot = ("))
    repaired = next(cell for cell in cells if "b64decode" in cell)
    block = README.partition("With the chatbot of the notebook:")[2].split("```")[1]
    lines = [re.split("  +", line)[0] for line in block.strip().splitlines()]
    assert "%agent resume" == lines[-1]
    with OpenAIServer() as server:
        failed = typed(lines[:-1], cells[: last + 1], repaired, server, tmp_path)
        failed += typed(lines[-1:], cells[: last + 1], repaired, server, tmp_path)
    assert ['%agent run prompt="Draw one."'] == failed
