"""Run the benchmarks one after another and write what they print into RESULTS.md."""

from __future__ import annotations

import os
import platform
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
    "durable_step.py": ["20"],
    "growing_chat.py": ["100", "1000", "10000"],
    "chat_with_calls.py": ["1000"],
    "unchanged_value.py": ["200"],
    "beside.py": ["3"],
    "calls.py": [],
    "strict_replay.py": ["1000"],
    "killed.py": ["100"],
    "panel.py": [],
}
PICTURES = {"beside.py": "growth.svg"}
"""What a program draws beside what it prints."""


def main():
    parts = ["# Results\n", f"Written by `make bench`, {datetime.now(UTC):%Y-%m-%d}.\n", f"{machine()}\n"]
    for name, arguments in PROGRAMS.items():
        program = HERE / name
        print(f"{name} {' '.join(arguments)}".rstrip(), flush=True)
        command = [sys.executable, str(program), *arguments]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
        print(done.stdout, flush=True)
        picture = f"\n![{name}]({PICTURES[name]})\n" if name in PICTURES else ""
        parts.append(f"## {name}\n\n{summary(program)}\n\n```\n{done.stdout.strip()}\n```\n{picture}")
    (HERE / "RESULTS.md").write_text("\n".join(parts))


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
