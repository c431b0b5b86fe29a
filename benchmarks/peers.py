"""Other engines, each in an environment of its own, which is made when it is first asked for.

An environment is a venv below the user's cache folder (or `NOTEBOOK_AGENT_BENCH_CACHE`), named by its pins.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENTS = {
    "burr": ("apache-burr[tracking-client]==0.43.0",),
    "langgraph": ("langgraph==1.2.22", "langgraph-checkpoint-sqlite==3.1.2"),
    "pydantic_graph": ("pydantic-graph==2.68.0",),
    "plot": ("matplotlib==3.10.7",),
}
"""By name, what is installed there; add an engine by a line."""

HERE = Path(__file__).parent


def python(name: str) -> str:
    """The interpreter of an environment; for `here` the one that runs this."""
    if name == "here":
        return sys.executable
    pins = ENVIRONMENTS[name]
    mark = hashlib.sha256(" ".join((sys.version, *pins)).encode()).hexdigest()[:8]
    folder = cache() / f"{name}-{mark}"
    if not (folder / "ready").exists():
        _make(folder, pins)
    return str(folder / "bin" / "python")


def versions(name: str) -> str:
    """What was pinned, in one line."""
    return ", ".join(ENVIRONMENTS[name])


def run(name: str, program: Path, *arguments: object, folder: Path) -> dict:
    """Run a program in an environment, with nothing of this one's paths; it prints JSON in its last line."""
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "TMPDIR"}}
    if name == "here":
        kept["PYTHONPATH"] = str(HERE.parent)
    command = [python(name), str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=kept, cwd=folder, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def cache() -> Path:
    """Where environments are kept."""
    chosen = os.environ.get("NOTEBOOK_AGENT_BENCH_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("notebook_agent")) / "benchmarks"


def _make(folder: Path, pins: tuple[str, ...]) -> None:
    print(f"making {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *pins], check=True)
    (folder / "ready").touch()
