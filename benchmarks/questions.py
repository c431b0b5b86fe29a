"""What a question to a run of 10,000 steps takes, its text included; and an edit noticed, a written test run.

python benchmarks/questions.py [STEPS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.session.conftest import Notebook

ROUNDS = 3
CELL = """
from notebook_agent import GraphBuilder, LocalTrackingClient, ApplicationBuilder, action, expr

TEXT = "The quick brown fox jumps over the lazy dog. " * 6

def said(role, n):
    return {"role": role, "content": f"{n}: {TEXT}"}

@action(reads=["chat"], writes=["chat", "turns"])
def ask(state):
    return state.append(chat=said("user", len(state["chat"]))).increment(turns=1)

@action(reads=["chat", "turns"], writes=["chat", "mood"])
def answer(state):
    mood = "good" if state["turns"] < LIMIT else "bad"
    return state.append(chat=said("assistant", len(state["chat"]))).update(mood=mood)

talk = (
    GraphBuilder().with_actions(ask, answer)
    .with_transitions(("ask", "answer"), ("answer", "ask", expr("turns > 0"))).build()
)
"""
RUN = """
tracker = LocalTrackingClient("questions", durability="normal")
app = (
    ApplicationBuilder().with_graph(talk).with_entrypoint("ask").with_tracker(tracker)
    .with_state(chat=[], turns=0, mood="good").build()
)
for _ in range(STEPS):
    app.step()
"""


def measure(name, limit, act, rounds=ROUNDS):
    """Time an act several times; print its median beside what it may take, in milliseconds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        took.append(1000 * (time.perf_counter() - began))
    print(f"{name:<44} {median(took):>8.1f} ms (best {min(took):.1f}), may take {limit:,}")


def ask_all(agent, steps):
    last, middle = steps - 1, steps // 2
    questions = {
        "why": (50, lambda: str(agent.why(f"@{last}"))),
        "blame of a message": (50, lambda: str(agent.blame(f"chat[{middle}].content"))),
        "blame of a value of many causes": (50, lambda: str(agent.blame("mood"))),
        "diff of two neighbours": (50, lambda: str(agent.diff(f"@{last - 1}", f"@{last}"))),
        "diff of the two ends": (50, lambda: str(agent.diff("@10", f"@{last}"))),
        "diff of two runs that part in the middle": (50, lambda: str(agent.diff("main", "fork"))),
        "watch of a number": (1000, lambda: str(agent.watch("turns"))),
        "watch of the length of the chat": (1000, lambda: str(agent.watch("len(chat)"))),
        "watch of a sum over the whole chat": (
            1000,
            lambda: str(agent.watch("sum(len(m['content']) for m in chat)")),
        ),
        "bisect": (1000, lambda: str(agent.bisect("mood == 'good'"))),
    }
    for name, (limit, act) in questions.items():
        measure(name, limit, act, 3 if limit == 1000 else ROUNDS)


def notice(notebook):
    """An edit of one action, noticed after its cell; and a cell that defines nothing."""
    texts = [
        CELL,
        CELL.replace("append(chat=said", "append(chat=  said").replace("LIMIT else", "LIMIT + 1 else"),
    ]
    took = []
    for n in range(20):
        source = texts[n % 2]
        exec(compile(source, f"<cell {n}>", "exec"), notebook.names)
        began = time.perf_counter()
        notebook.agent.after_cell("one")
        took.append(1000 * (time.perf_counter() - began))
    print(
        f"{'an edit noticed after its cell':<44} {median(took):>8.1f} ms (best {min(took):.1f}), may take 5"
    )
    measure("a cell that defines nothing", 5, lambda: notebook.agent.after_cell("two"), 20)


def written_test(agent, folder, steps):
    """One step of the run as a test, run by a pytest of its own."""
    path = Path(folder) / "test_step.py"
    agent.test(f"@{min(steps - 1, 41)}", path)
    empty = Path(folder) / "test_empty.py"
    empty.write_text("def test_nothing():\n    pass\n")
    measure("an empty test, its own pytest included", 2000, partial(pytest, empty), 3)
    measure("a written test, its own pytest included", 2000, partial(pytest, path), 3)


def pytest(path):
    """Run a test as its own process, without the plugins that happen to be installed here."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    subprocess.run(command, check=True, capture_output=True, cwd=path.parent, env=environment)


def main(steps):
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NOTEBOOK_AGENT_STORE"] = str(Path(folder) / "store.db")
        notebook = Notebook()
        notebook.names |= {"STEPS": steps, "LIMIT": steps // 3}
        notebook.cell(CELL)
        notebook.cell(RUN, "run")
        agent = notebook.agent.use(notebook.names["app"])
        agent.label("main")
        agent.fork(f"@{steps // 2}", label="fork")
        for _ in range(50):
            agent.app.step()
        agent.use("main")
        ask_all(agent, steps)
        written_test(agent, folder, steps)
        notice(notebook)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
