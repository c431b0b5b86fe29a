"""The chatbot's story without a model: three turns, the third fails at its image, a fork at step 4."""

from __future__ import annotations

import json
from dataclasses import dataclass

from notebook_agent.action import action
from notebook_agent.application import Application
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls.protocol import CallRecord, Usage
from notebook_agent.condition import default, when
from notebook_agent.graph import Graph, GraphBuilder
from notebook_agent.ids import StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import Store
from notebook_agent.tracking import LocalTrackingClient

__all__ = ["FORK", "MAIN", "Story", "fixed_graph", "tell"]

MAIN = "7f3ac2d41b5e4f0b8a6de2f1c09b3a55"
FORK = "b1d90c6e5a7f4c2f93e80d4417aa6c21"
BEGAN = 1_780_000_000.0

JAVA = """\
```java
public class HelloWorld {
    public static void main(String[] args) {
        System.out.println("Hello, World!");
    }
}
```"""
MODES = {
    "what is the capital of France?": "answer_question",
    "write hello world in java": "generate_code",
    "draw a pen": "generate_image",
}
ANSWERS = {
    "what is the capital of France?": "The capital of France is Paris.",
    "write hello world in java": JAVA,
}
TYPES = {"answer_question": "text", "generate_code": "code", "generate_image": "image"}


@action(reads=[], writes=["chat_history", "prompt"])
def process_prompt(state: State, prompt: str) -> State:
    """Keep what the user says."""
    item = {"role": "user", "content": prompt, "type": "text"}
    return state.append(chat_history=item).update(prompt=prompt)


@action(reads=["prompt"], writes=["mode"])
def choose_mode(state: State) -> State:
    """Stand for a model that sorts prompts."""
    return state.update(mode=MODES.get(state["prompt"], "unknown"))


@action(reads=["prompt", "chat_history", "mode"], writes=["response"])
def chat_response(state: State, prepend_prompt: str, model: str = "chat-1") -> State:
    """Stand for a model that answers."""
    content = ANSWERS[state["prompt"]]
    return state.update(response={"content": content, "type": TYPES[state["mode"]], "role": "assistant"})


@action(reads=["prompt", "chat_history", "mode"], writes=["response"])
def image_response(state: State, model: str = "paint-1") -> State:
    """Stand for a model that draws, and fails."""
    raise ValueError("Demo error")


@action(reads=["prompt", "chat_history", "mode"], writes=["response"])
def fixed_image_response(state: State, model: str = "paint-1") -> State:
    """Stand for a model that draws."""
    return state.update(response={"content": "a pen", "type": "image", "role": "assistant"})


@action(reads=["prompt", "chat_history"], writes=["response"])
def prompt_for_more(state: State) -> State:
    """Ask again."""
    return state.update(response={"content": "Please clarify?", "type": "text", "role": "assistant"})


@action(reads=["response", "mode"], writes=["chat_history"])
def response(state: State) -> State:
    """Keep the answer."""
    return state.append(chat_history=state["response"])


def story_graph() -> Graph:
    """Build the chatbot's graph."""
    answers = ["generate_image", "answer_question", "generate_code", "prompt_for_more"]
    return (
        GraphBuilder()
        .with_actions(
            prompt=process_prompt,
            decide_mode=choose_mode,
            generate_image=image_response,
            generate_code=chat_response.bind(prepend_prompt="Only code:"),
            answer_question=chat_response.bind(prepend_prompt="Answer:"),
            prompt_for_more=prompt_for_more,
            response=response,
        )
        .with_transitions(
            ("prompt", "decide_mode", default),
            ("decide_mode", "generate_image", when(mode="generate_image")),
            ("decide_mode", "generate_code", when(mode="generate_code")),
            ("decide_mode", "answer_question", when(mode="answer_question")),
            ("decide_mode", "prompt_for_more", default),
            (answers, "response"),
            ("response", "prompt", default),
        )
        .build()
    )


def fixed_graph() -> Graph:
    """Build the graph as it is after the image action's cell was edited."""
    return story_graph().replace("generate_image", fixed_image_response)


@dataclass(frozen=True, slots=True)
class Story:
    """What was told: the run that failed and its fork."""

    store: Store
    main: Application
    fork: Application


def tell(path: str) -> Story:
    """Tell the story into a store in a folder."""
    tracker = LocalTrackingClient("agent-demo", path)
    main = (
        ApplicationBuilder()
        .with_graph(story_graph())
        .with_state(State({"chat_history": []}))
        .with_entrypoint("prompt")
        .with_identifiers(app_id=MAIN)
        .with_tracker(tracker)
        .build()
    )
    for prompt in MODES:
        _turn(main, prompt)
    fork = main.fork(4, app_id=FORK)
    fork.run(halt_after=["response"])
    _label(tracker.store, main, fork)
    _record_calls(tracker.store, main, fork)
    return Story(tracker.store, main, fork)


def _turn(app: Application, prompt: str) -> None:
    try:
        app.run(halt_after=["response"], inputs={"prompt": prompt})
    except ValueError:
        assert prompt == "draw a pen"


def _label(store: Store, main: Application, fork: Application) -> None:
    store.label_run(main.key, "chat-7f3a")
    store.label_run(fork.key, "chat-7f3a-fork1")


def _record_calls(store: Store, main: Application, fork: Application) -> None:
    for app in (main, fork):
        own = [step for step in app.history if step.ref.run == app.key]
        for step in own:
            if step.action in {"decide_mode", *TYPES}:
                store.record_call(_call(app, step.ref, step.action))


def _call(app: Application, ref: StepRef, name: str) -> CallRecord:
    state = app.history.at(ref.seq)
    prompt, image = state["prompt"], name == "generate_image"
    answer = state["mode"] if name == "decide_mode" else ANSWERS.get(prompt)
    request = {"model": "chat-1", "messages": [{"role": "user", "content": prompt}]}
    began = BEGAN + 10.0 * (ref.seq or 0)
    return CallRecord(
        step=ref,
        action=name,
        span=None,
        key=f"{name} {prompt}",
        method="POST",
        host="api.example.org",
        endpoint="images/generations" if image else "chat/completions",
        model="paint-1" if image else "chat-1",
        request={"model": "paint-1", "prompt": prompt} if image else request,
        streamed=False,
        status=400 if image else 200,
        content_type="application/json",
        body=_refusal() if image else _answer(answer),
        complete=True,
        error=None,
        started_at=began,
        first_at=began + 0.2,
        ended_at=began + 0.8,
        usage=None if image else Usage(84, 42),
        cost=0.0 if image else 0.0005,
        replayed=app.uid == FORK,
    )


def _refusal() -> bytes:
    return json.dumps({
        "error": {"message": "Unknown parameter: 'quality'.", "type": "invalid_request"}
    }).encode()


def _answer(text: object) -> bytes:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 84, "completion_tokens": 42, "total_tokens": 126}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps({"model": "chat-1", "choices": choices, "usage": usage}).encode()
