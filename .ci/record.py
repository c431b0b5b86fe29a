"""Record the model calls of the notebooks, live against a local OpenAI-compatible server.

The server (aimock, pinned in tests/openai_server) answers from the JSON files beside it, and with
a picture that is drawn here. Both are ours. A notebook runs as it would against any model; what it
called is then written to notebooks/recorded/.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from notebook_agent.calls import Recording
from notebook_agent.store import open_store

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.openai_server.server import chatbot_server, expenses_server  # noqa: E402 - found from the root

NOTEBOOKS = ROOT / "notebooks"
SERVERS = {"01_multimodal_chatbot": chatbot_server, "02_debugging": expenses_server}


def main() -> None:
    """Record each notebook."""
    for name, server in SERVERS.items():
        with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
            record(name, Path(folder) / "store.db", url)


def record(name: str, store: Path, url: str) -> None:
    """Run a notebook against a server, and write what it called."""
    os.environ.update(OPENAI_BASE_URL=url, OPENAI_API_KEY="local", NOTEBOOK_AGENT_STORE=str(store))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    recording = NOTEBOOKS / "recorded" / f"{name}.json"
    collect(store, recording)
    sys.stdout.write(f"{recording.relative_to(ROOT)}  {recording.stat().st_size / 1000:.0f} kB\n")


def collect(path: Path, recording: Path) -> None:
    """Write the live calls of all runs in a store, oldest first."""
    store = open_store(path, read_only=True)
    steps = {step.ref for run in store.runs() for step in store.steps(run.key)}
    calls = sorted(store.calls(list(steps)), key=lambda call: call.started_at)
    recording.parent.mkdir(exist_ok=True)
    Recording.save(recording, [call for call in calls if not call.replayed])


if __name__ == "__main__":
    main()
