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
    "durable_step.py": ["20"],
    "growing_chat.py": ["1000"],
    "calls.py": [],
    "panel.py": [],
}


def main():
    parts = ["# Results\n", f"Written by `make bench`, {datetime.now(UTC):%Y-%m-%d}.\n", f"{machine()}\n"]
    for name, arguments in PROGRAMS.items():
        program = HERE / name
        print(f"{name} {' '.join(arguments)}".rstrip(), flush=True)
        command = [sys.executable, str(program), *arguments]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
        print(done.stdout, flush=True)
        parts.append(f"## {name}\n\n{summary(program)}\n\n```\n{done.stdout.strip()}\n```\n")
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
