"""Runs made up by a random number: actions that call models in every way, also at once and in branches."""

from __future__ import annotations

import asyncio
import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import openai

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.parallelism import MapStates

WAYS = ("chat", "stream", "responses", "response stream", "embeddings", "image")


@dataclass(frozen=True)
class Made:
    """What an action does: calls of so many ways, all at once or one after the other."""

    name: str
    ways: tuple[str, ...]
    at_once: bool
    repeats: bool
    """It asks the same each time, so that equal requests must be told apart by their order."""
    branches: bool = False
    """Each call is made in a branch of its own."""


@dataclass(frozen=True)
class Program:
    """A graph of such actions, in a circle, and how many steps of it to run."""

    actions: tuple[Made, ...]
    steps: int
    awaited: bool

    @classmethod
    def of(cls, seed: int) -> Program:
        """Make up a program; equal seeds give equal ones."""
        chance = random.Random(seed)
        made = tuple(
            Made(
                f"a{n}",
                tuple(chance.choices(WAYS, k=chance.randint(0, 4))),
                chance.random() < 0.4,
                chance.random() < 0.3,
                chance.random() < 0.25,
            )
            for n in range(chance.randint(1, 4))
        )
        return cls(made, chance.randint(1, 8), chance.random() < 0.5)

    def builder(self, url: str) -> ApplicationBuilder:
        """Build it; its actions call the server at this base URL."""
        functions = {each.name: _made(each, url, awaited=self.awaited) for each in self.actions}
        names = [*functions, next(iter(functions))]
        builder = ApplicationBuilder().with_actions(**functions).with_entrypoint("a0")
        builder.with_transitions(*pairwise(names))
        return builder.with_state(said=[], n=0)

    def run(self, app):
        """Run its steps."""
        if self.awaited:
            asyncio.run(self._arun(app))
            return
        for _ in range(self.steps):
            app.step()

    async def _arun(self, app):
        for _ in range(self.steps):
            await app.astep()


def states(app):
    """The states after each step, as bytes."""
    return [json.dumps(app.history.at(step.seq).get_all(), sort_keys=True).encode() for step in app.history]


def _texts(made: Made, state) -> list[str]:
    if made.repeats:
        return ["the same again"] * len(made.ways)
    last = state["said"][-1] if state["said"] else "nothing"
    return [f"{made.name} {state['n']} {place} after {last[-20:]}" for place in range(len(made.ways))]


def calls_of(app, after=-1):
    """The calls of a run's steps after a number, and of their branches."""
    steps = [step for step in app.history if step.seq > after]
    branches = [run.key for step in steps for run in app.history.children(step.seq)]
    inner = [step for key in branches for step in app.store.steps(key)]
    return app.store.calls([step.ref for step in [*steps, *inner]])


def _made(made: Made, url: str, *, awaited: bool):
    if made.branches:
        return _fan(made, url, awaited=awaited)()
    return (_awaited if awaited else _plain)(made, url)


def _quick(client):
    """Make a client that loads no certificates, which takes longer than all its calls."""
    return client(verify=False)


def _plain(made: Made, url: str):
    @action(reads=["said", "n"], writes=["said", "n"])
    def work(state):
        plain = _quick(openai.DefaultHttpxClient)
        with openai.OpenAI(base_url=url, api_key="k", http_client=plain) as client:
            jobs = list(zip(made.ways, _texts(made, state), strict=True))
            if made.at_once:
                with ThreadPoolExecutor(4) as pool:
                    said = list(pool.map(lambda job: _told(_call(client, *job)), jobs))
            else:
                said = [_told(_call(client, *job)) for job in jobs]
        return state.update(said=[*state["said"], *said], n=state["n"] + 1)

    return work


def _awaited(made: Made, url: str):
    @action(reads=["said", "n"], writes=["said", "n"])
    async def work(state):
        plain = _quick(openai.DefaultAsyncHttpxClient)
        async with openai.AsyncOpenAI(base_url=url, api_key="k", http_client=plain) as client:

            async def one(way, text):
                answer = await _call(client, way, text)
                return _told([each async for each in answer] if "stream" in way else answer)

            jobs = list(zip(made.ways, _texts(made, state), strict=True))
            if made.at_once:
                said = await asyncio.gather(*(one(*job) for job in jobs))
            else:
                said = [await one(*job) for job in jobs]
        return state.update(said=[*state["said"], *said], n=state["n"] + 1)

    return work


def _fan(made: Made, url: str, *, awaited: bool):
    """Make a map over the calls."""

    class Fan(MapStates):
        reads, writes = ["said", "n"], ["said", "n"]

        def is_async(self):
            return awaited

        def action(self, state, inputs):
            return (_awaited_branch if awaited else _plain_branch)(url)

        def states(self, state, context, inputs):
            for way, text in zip(made.ways, _texts(made, state), strict=True):
                yield state.update(way=way, text=text)

        def reduce(self, state, states):
            said = [each["answer"] for each in states]
            return state.update(said=[*state["said"], *said], n=state["n"] + 1)

    class AwaitedFan(Fan):
        async def reduce(self, state, states):
            said = [each["answer"] async for each in states]
            return state.update(said=[*state["said"], *said], n=state["n"] + 1)

    return AwaitedFan if awaited else Fan


def _plain_branch(url: str):
    @action(reads=["way", "text"], writes=["answer"])
    def branch(state):
        plain = _quick(openai.DefaultHttpxClient)
        with openai.OpenAI(base_url=url, api_key="k", http_client=plain) as client:
            return state.update(answer=_told(_call(client, state["way"], state["text"])))

    return branch


def _awaited_branch(url: str):
    @action(reads=["way", "text"], writes=["answer"])
    async def branch(state):
        plain = _quick(openai.DefaultAsyncHttpxClient)
        async with openai.AsyncOpenAI(base_url=url, api_key="k", http_client=plain) as client:
            answer = await _call(client, state["way"], state["text"])
            told = [each async for each in answer] if "stream" in state["way"] else answer
            return state.update(answer=_told(told))

    return branch


def _call(client, way, text):
    match way:
        case "chat" | "stream":
            messages = [{"role": "user", "content": text}]
            return client.chat.completions.create(model="m", messages=messages, stream=way == "stream")
        case "responses" | "response stream":
            return client.responses.create(model="m", input=text, stream=way != "responses")
        case "embeddings":
            return client.embeddings.create(model="m", input=text)
    return client.images.generate(model="m", prompt=text)


def _told(answer):
    if isinstance(answer, list):
        return "".join(each.to_json() for each in answer)
    return "".join(each.to_json() for each in answer) if hasattr(answer, "__next__") else answer.to_json()
