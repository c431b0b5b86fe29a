"""Run the benchmarks one after another and write what they print into RESULTS.md.

Names of programs, each with its arguments in the same word, run those alone and write their
sections anew: `python benchmarks/run.py "faults/kills.py 200" importing.py`.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = {
    "importing.py": [],
    "bare_step.py": [],
    "bare_beside.py": [],
    "hooks_and_spans.py": [],
    "parallel.py": [],
    "questions.py": [],
    "explained.py": ["1000"],
    "durable_step.py": ["20"],
    "growing_chat.py": ["100", "1000", "10000"],
    "fork_and_step.py": ["100", "1000", "10000"],
    "chat_with_calls.py": ["1000"],
    "unchanged_value.py": ["200"],
    "beside.py": ["3"],
    "calls.py": [],
    "strict_replay.py": ["1000"],
    "killed.py": ["100"],
    "layout.py": [],
    "panel.py": [],
    "panel_scale.py": ["10000", "2.0"],
    "panel_graph.py": [],
    "panel_live.py": ["60"],
    "controls.py": [],
    "faults/kills.py": [],
    "faults/cuts.py": [],
    "faults/disk.py": [],
    "faults/writers.py": [],
    "faults/hostile.py": [],
    "faults/forking.py": [],
    "faults/masks.py": [],
}
PICTURES = {"beside.py": "growth.svg"}
"""What a program draws beside what it prints."""
RESULTS = HERE / "RESULTS.md"


def main():
    if len(sys.argv) > 1:
        for word in sys.argv[1:]:
            name, *arguments = word.split()
            put(name, section(name, arguments))
        return
    parts = ["# Results\n", f"Written by `make bench`, {datetime.now(UTC):%Y-%m-%d}.\n", f"{machine()}\n"]
    parts += [section(name, arguments) for name, arguments in PROGRAMS.items()]
    RESULTS.write_text("\n".join(parts))


def section(name, arguments):
    """Run a program; what it is for, and what it printed."""
    program = HERE / name
    print(f"{name} {' '.join(arguments)}".rstrip(), flush=True)
    command = [sys.executable, str(program), *arguments]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    print(done.stdout, flush=True)
    picture = f"\n![{name}]({PICTURES[name]})\n" if name in PICTURES else ""
    return f"## {name}\n\n{summary(program)}\n\n```\n{done.stdout.strip()}\n```\n{picture}"


def put(name, text):
    """Write one section in its place, or at the end."""
    parts = re.split(r"^(?=## )", RESULTS.read_text(), flags=re.MULTILINE)
    places = [n for n, part in enumerate(parts) if part.startswith(f"## {name}\n")]
    kept = [part.strip() for n, part in enumerate(parts) if n not in places]
    kept.insert(places[0] if places else len(kept), text.strip())
    RESULTS.write_text("\n\n".join(kept) + "\n")


def summary(program):
    """The first sentence of a program's docstring."""
    return program.read_text().split('"""')[1].split("\n\n")[0].strip()


def machine():
    """What it was measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("notebook-agent", "anywidget", "openai"))
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {packages}."
    )


if __name__ == "__main__":
    main()
