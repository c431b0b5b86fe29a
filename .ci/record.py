"""Record the model calls of the chatbot notebook, live against a local OpenAI-compatible server.

The server (aimock, pinned in tests/openai_server) answers from tests/openai_server/chatbot.json,
and with a picture that is drawn here. Both are ours. The notebook runs as it would against any
model; what it called is then written to notebooks/recorded/.
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

from tests.openai_server.server import chatbot_server  # noqa: E402 - found from the root

NOTEBOOK = ROOT / "notebooks" / "01_multimodal_chatbot.ipynb"
RECORDING = ROOT / "notebooks" / "recorded" / "01_multimodal_chatbot.json"


def main() -> None:
    """Serve, run, collect, write."""
    with tempfile.TemporaryDirectory() as folder, chatbot_server(Path(folder)) as url:
        store = Path(folder) / "store.db"
        os.environ.update(OPENAI_BASE_URL=url, OPENAI_API_KEY="local", NOTEBOOK_AGENT_STORE=str(store))
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        NotebookClient(
            notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
        ).execute()
        collect(store)
    sys.stdout.write(f"{RECORDING.relative_to(ROOT)}  {RECORDING.stat().st_size / 1000:.0f} kB\n")


def collect(path: Path) -> None:
    """Write the live calls of all runs in a store, oldest first."""
    store = open_store(path, read_only=True)
    steps = {step.ref for run in store.runs() for step in store.steps(run.key)}
    calls = sorted(store.calls(list(steps)), key=lambda call: call.started_at)
    RECORDING.parent.mkdir(exist_ok=True)
    Recording.save(RECORDING, [call for call in calls if not call.replayed])


if __name__ == "__main__":
    main()
