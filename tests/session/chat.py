"""A small chat agent as a notebook's cells write it; its actions need no model."""

from __future__ import annotations

ACTIONS = """
from notebook_agent import graph, when
from notebook_agent.action import action

MODES = {"draw": "image", "write": "code", "what": "text"}


@action(reads=[], writes=["chat_history", "prompt"])
def process_prompt(state, prompt: str):
    return state.append(chat_history=f"user: {prompt}").update(prompt=prompt)


@action(reads=["prompt"], writes=["mode"])
def choose_mode(state):
    return state.update(mode=MODES.get(state["prompt"].split()[0], "text"))


@action(reads=["prompt"], writes=["response"])
def answer(state, prefix: str):
    return state.update(response=f"{prefix}: {state['prompt']}")


@action(reads=["prompt"], writes=["response"])
def image(state):
    raise ValueError("Demo error")


@action(reads=["response"], writes=["chat_history"])
def respond(state):
    return state.append(chat_history=state["response"])
"""

FIXED = """
@action(reads=["prompt"], writes=["response"])
def image(state):
    return state.update(response=f"picture: {state['prompt']}")
"""

GRAPH = """
chat = (
    graph.GraphBuilder()
    .with_actions(
        prompt=process_prompt,
        decide=choose_mode,
        image=image,
        code=answer.bind(prefix="code"),
        text=answer.bind(prefix="text"),
        response=respond,
    )
    .with_transitions(
        ("prompt", "decide"),
        ("decide", "image", when(mode="image")),
        ("decide", "code", when(mode="code")),
        ("decide", "text"),
        (["image", "code", "text"], "response"),
        ("response", "prompt"),
    )
    .build()
)
"""

CELLS = ACTIONS + GRAPH
