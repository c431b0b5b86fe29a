"""What it costs to record one model call, in milliseconds; and what it delays of a stream's first token.

Calls go to a server on this machine that answers at once, with a step around them and without,
in turns in one run. The store is a file, as for users. The last lines are about awaited calls: how
long an event loop stands still while a call is kept, if its own thread keeps it and if another does.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from notebook_agent import calls
from notebook_agent.calls.protocol import StepScope
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import NewRun, RunCall, StepBegin
from tests.servers import OpenAIServer

ROUNDS = 400
KEY = RunKey("benchmark", "calls")
TEXT = "The quick brown fox jumps over the lazy dog near the river bank, twice. " * 4


def chat(messages):
    """A conversation of so many messages, about 300 characters each."""
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": f"{n}: {TEXT}"} for n in range(messages)]


def plain(client, conversation):
    start = time.perf_counter()
    client.chat.completions.create(model="m", messages=conversation)
    return time.perf_counter() - start


def first_token(client, conversation):
    start = time.perf_counter()
    with client.chat.completions.create(model="m", messages=conversation, stream=True) as stream:
        next(stream)
        took = time.perf_counter() - start
        for _ in stream:
            pass
    return took


def measure(client, scope, work, messages):
    """Times without and with the wrapper, in milliseconds, pair by pair."""
    took = {False: [], True: []}
    base = chat(messages - 1)
    for n in range(ROUNDS):
        conversation = [*base, {"role": "user", "content": f"question {n}"}]
        for inside in (False, True) if n % 2 else (True, False):
            with scope.part() if inside else nullcontext():
                took[inside].append(work(client, conversation) * 1e3)
    return [took[inside][20:] for inside in (False, True)]


def medians(without, within):
    """Say the two medians, then return those of the differences and of the ratios of pairs."""
    pairs = list(zip(without, within, strict=True))
    told = f"{statistics.median(without):6.2f} ms without, {statistics.median(within):6.2f} with"
    return told, statistics.median(b - a for a, b in pairs), statistics.median(b / a for a, b in pairs)


async def stands_still(work):
    """Do the work beside a task that does nothing but come back; return its longest absence."""
    longest, over = 0.0, asyncio.Event()

    async def beat():
        nonlocal longest
        before = time.perf_counter()
        while not over.is_set():
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, before = max(longest, now - before), now

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    await work()
    over.set()
    await beating
    return longest


async def keeping(store, call):
    """Median times for which the loop stands still, in milliseconds: here, and by another thread."""

    async def here():
        store.record_call(call)

    async def there():
        await asyncio.to_thread(store.record_call, call)

    took = {here: [], there: []}
    for n in range(ROUNDS // 2):
        for work in (here, there) if n % 2 else (there, here):
            took[work].append(await stands_still(work))
    return [statistics.median(found[20:]) * 1e3 for found in took.values()]


def main():
    import openai

    with tempfile.TemporaryDirectory() as folder, OpenAIServer() as server:
        store = open_store(Path(folder) / "store.db")
        store.create_run(NewRun(KEY, "ask", {}, State({})))
        begin = StepBegin(0, "ask", time.time(), {}, None, RunCall("run", {}), "c0de", "...")
        store.begin_step(KEY, begin, after=None)
        calls.install()
        scope = calls.scope(StepScope(StepRef(KEY, 0), "ask", store))
        with openai.OpenAI(base_url=server.base_url, api_key="k") as client:
            for messages in (2, 40):
                beside, more, _ = medians(*measure(client, scope, plain, messages))
                print(f"call of {messages:>2} messages  {beside}, {more:5.2f} ms to record it")
            for messages in (2, 40):
                beside, _, ratio = medians(*measure(client, scope, first_token, messages))
                print(f"first token of {messages:>2}    {beside}, {ratio:6.3f} times")
        for messages in (2, 40):
            call = next(one for one in kept(store) if messages == len(one.request["messages"]))
            here, there = asyncio.run(keeping(store, call))
            print(f"loop stands still, {messages:>2}   {here:5.2f} ms, {there:5.2f} by another thread")
        store.close()


def kept(store):
    return store.calls([StepRef(KEY, 0)])


if __name__ == "__main__":
    main()
