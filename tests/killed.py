"""A process that is killed in a step once the step has answers, and another one that goes on.

    python -m tests.killed URL STORE AFTER SECONDS

asks five things in one step, plain and streamed in turns, and says each answer that it has. It is
killed SECONDS after it has got AFTER answers, 0 being at that very moment; AFTER 0 never.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import openai

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.tracking import LocalTrackingClient

QUESTIONS = ("one", "two", "three", "four", "five")
ROOT = Path(__file__).resolve().parent.parent


def run(url: str, store: Path, *, after: int = 0, seconds: float = 0.0) -> list[str]:
    """Run the step in another process, which goes on where the store stands; return what it has got."""
    arguments = [sys.executable, "-m", "tests.killed", url, str(store), str(after), str(seconds)]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.returncode
    return done.stdout.split()


def _die(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, store: str, after: int, seconds: float) -> None:
    """Go on with the run, or begin it."""

    @action(reads=[], writes=["said"])
    def work(state):
        said = []
        http = openai.DefaultHttpxClient(verify=False)
        with openai.OpenAI(base_url=url, api_key="k", http_client=http) as client:
            for n, text in enumerate(QUESTIONS, 1):
                said.append(_answer(client, text, streamed=n % 2 == 0))
                os.write(1, f"{text}\n".encode())
                if n == after:
                    _dying(seconds)
        return state.update(said=said)

    tracker = LocalTrackingClient("killed", store)
    builder = ApplicationBuilder().with_actions(work=work).initialize_from(tracker, True, {}, "work")
    app = builder.with_tracker(tracker).with_identifiers(app_id="killed").build()
    app.run()


def _dying(seconds: float) -> None:
    if seconds:
        threading.Thread(target=_die, args=(seconds,), daemon=True).start()
    else:
        _die(0)


def _answer(client: openai.OpenAI, text: str, *, streamed: bool) -> str:
    asked = {"model": "m", "messages": [{"role": "user", "content": text}]}
    if not streamed:
        return client.chat.completions.create(**asked).choices[0].message.content
    stream = client.chat.completions.create(**asked, stream=True)
    return "".join(each.choices[0].delta.content or "" for each in stream)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
