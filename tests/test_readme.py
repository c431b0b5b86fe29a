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


def test_the_agent_in_twelve_lines_runs(tmp_path):
    """It asks the model once and answers, and its two steps are kept."""
    (program,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    shown = "\nprint(len(state['chat']), state['chat'][-1]['role'], [step.action for step in app.history])"
    with OpenAIServer() as server:
        environment = {
            **os.environ,
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "local",
            "NOTEBOOK_AGENT_STORE": str(tmp_path / "store.db"),
        }
        done = subprocess.run(
            [sys.executable, "-c", program + shown],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert 1 == len(server.journal)
    assert "2 assistant ['ask', 'answer']" == done.stdout.strip()


def test_the_agent_in_twelve_lines_has_twelve_lines():
    """Blank lines between functions and the imports are not counted as an agent's."""
    (program,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for line in program.splitlines() if line.strip() and "import" not in line]
    assert 12 >= len(lines)


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", README, flags=re.MULTILINE))
def test_each_make_target_exists(target):
    """Those of the README are in the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#:]+)\)", README))
def test_each_file_that_is_linked_exists(path):
    """Pictures and pages."""
    assert (ROOT / path).exists()
