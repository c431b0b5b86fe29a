"""A chat whose every turn is an LLM call that is recorded: bytes on disk beside the least there could be.

Run it as `python benchmarks/chat_with_calls.py [turns]`. A turn is a question and an answer of 1 KB each; its
call keeps the whole request, with all messages so far, and the response. The floor is one row with only the
two new messages.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from growing_chat import KEY, floor, size, texts

from notebook_agent.calls.protocol import CallRecord, Usage
from notebook_agent.condition import Check, Decision
from notebook_agent.ids import StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import NewRun, RunCall, StepBegin, StepEnd, Store


def response(n: int, answer: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 400 * n, "completion_tokens": 200, "total_tokens": 400 * n + 200}
    body = {"id": f"chatcmpl-{n:08x}", "object": "chat.completion", "created": 1_700_000_000 + n}
    return json.dumps(body | {"model": "gpt-4o-mini", "choices": [choice], "usage": usage}).encode()


def call(n: int, messages: list[dict[str, str]], answer: str) -> CallRecord:
    now = time.time()
    return CallRecord(
        step=StepRef(KEY, n),
        action="say",
        span=None,
        key=f"{n:064x}",
        method="POST",
        host="api.openai.com",
        endpoint="chat/completions",
        model="gpt-4o-mini",
        request={"model": "gpt-4o-mini", "messages": messages, "temperature": 0.7},
        streamed=False,
        status=200,
        content_type="application/json",
        body=response(n, answer),
        complete=True,
        error=None,
        started_at=now,
        first_at=now,
        ended_at=now,
        usage=Usage(400 * n, 200),
        cost=0.0001 * n,
    )


def turns(store: Store, said: list[str]) -> list[float]:
    """Microseconds of recording each call; questions and answers alternate."""
    state = State({"chat": [], "n": -1, "prompt": ""})
    store.create_run(NewRun(KEY, "say", {}, state))
    decision = Decision("say", "say", (Check("say", "default", {}, result=True),))
    times = []
    for n in range(len(said) // 2):
        question, answer = said[2 * n : 2 * n + 2]
        run = RunCall("run", {"prompt": question}, (), ("say",))
        begin = StepBegin(
            n,
            "say",
            time.time(),
            {"prompt": question},
            decision if n else None,
            run,
            "c0de",
            "def say(): ...",
        )
        store.begin_step(KEY, begin, after=n - 1 if n else None)
        asked = state.append(chat={"role": "user", "content": question}).update(prompt=question)
        sent = json.loads(json.dumps(asked["chat"]))
        before = time.perf_counter()
        store.record_call(call(n, sent, answer))
        times.append((time.perf_counter() - before) * 1e6)
        state = asked.append(chat={"role": "assistant", "content": answer}).update(n=n)
        end = StepEnd(n, "completed", time.time(), state, {"answer": answer}, None, (), ("chat",), decision)
        store.end_step(KEY, end)
    return times


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    said = texts(2 * count)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        raw, ours = Path(folder) / "floor.db", Path(folder) / "store.db"
        least = floor(raw, "normal")
        for n in range(count):
            least(n, said[2 * n] + said[2 * n + 1])
        store = open_store(ours, durability="normal")
        times = turns(store, said)
        (made,) = store.calls([StepRef(KEY, count - 1)])
        assert 2 * count - 1 == len(made.request["messages"])
        store.close()
        print(
            f"{count} turns with their calls: {size(ours) / count:.0f} bytes a turn,"
            f" the floor {size(raw) / count:.0f}"
        )
        print(f"{size(ours) / size(raw):.2f} x floor")
        edge = min(50, count // 2)
        first, last = statistics.median(times[edge : 2 * edge]), statistics.median(times[-edge:])
        print(f"recording a call: {first:.0f} us with {2 * edge} messages, {last:.0f} us with {2 * count}")


if __name__ == "__main__":
    main()
