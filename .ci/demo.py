"""Run the chatbot notebook headless in a real kernel, tell what happened, and write what one can open.

No key and no network: the notebook's model calls are served from its recording,
unless OPENAI_API_KEY or OPENAI_BASE_URL is set.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "01_multimodal_chatbot.ipynb"
OUT = ROOT / "build" / "demo"
REPLAY = OUT / "replay.html"
TELL = f"""
for label in ("chatbot", "in-python"):
    run = agent.history(label)
    print(f"{{label}}: {{len(run)}} steps\\n")
    for message in run.at(-1)["chat_history"]:
        content = message["content"]
        text = content if isinstance(content, str) else f"[a picture, {{len(content):,}} bytes]"
        print(f"  {{message['role'] + ':':<11}}" + text.replace("\\n", "\\n" + " " * 13))
    print()
    print(agent.log(label))
    print()
agent.export({str(REPLAY)!r})
"""


def main() -> None:
    """Execute, report, write."""
    began = time.perf_counter()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    os.environ["NOTEBOOK_AGENT_STORE"] = str(OUT / "store.db")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    say(f"{NOTEBOOK.relative_to(ROOT)} in a real kernel, {source_of_calls()}\n")
    told = execute(notebook)
    nbformat.write(notebook, OUT / NOTEBOOK.name)
    say(f"\n{told}")
    say(f"executed notebook   {(OUT / NOTEBOOK.name).relative_to(ROOT)}")
    say(f"replay, any browser {REPLAY.relative_to(ROOT)}  ({REPLAY.stat().st_size / 1000:.0f} kB, one file)")
    say(f"{time.perf_counter() - began:.1f} s. To try it yourself: make lab")


def source_of_calls() -> str:
    """Say where the answers come from."""
    live = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_KEY")
    return "on a live model" if live else "on its recorded model calls (no key, no network)"


def execute(notebook: nbformat.NotebookNode) -> str:
    """Run every cell with a progress line; return what the closing report printed."""
    client = NotebookClient(
        notebook,
        timeout=120,
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    cells = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    with client.setup_kernel():
        for n, i in enumerate(cells, 1):
            progress(n, len(cells), notebook.cells[i].source)
            client.execute_cell(notebook.cells[i], i)
        progress(len(cells), len(cells), "done", last=True)
        notebook.cells.append(nbformat.v4.new_code_cell(TELL))
        report = client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        notebook.cells.pop()
    return "".join(o.text for o in report.outputs if o.output_type == "stream" and o.name == "stdout")


def progress(n: int, total: int, source: str, *, last: bool = False) -> None:
    """Show how far the notebook is: one line that renews itself, or a line a cell where it cannot."""
    text = next((line for line in source.splitlines() if line.strip()), "")[:60]
    bar = "#" * (20 * n // total)
    line = f"[{bar:<20}] {n}/{total} {text}"
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{line}" + ("\n" if last else ""))
        sys.stdout.flush()
    elif not last:
        say(line)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
