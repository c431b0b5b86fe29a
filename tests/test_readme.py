"""What the README shows works as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import OpenAIServer

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
