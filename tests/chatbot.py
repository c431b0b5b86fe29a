"""The chatbot's graph with plain functions in place of a model."""

from __future__ import annotations

import copy

from notebook_agent import ApplicationBuilder, default, graph, when

ANSWERS = {
    "what is the capital of France?": ("answer_question", "Paris."),
    "write hello world in java": ("generate_code", "class Hello {}"),
    "draw a pen": ("generate_image", "pen.png"),
    "what is the capital of England?": ("answer_question", "London."),
}
KINDS = {"answer_question": "text", "generate_code": "code", "generate_image": "image"}


def chatbot(driver, *, broken=False):
    """Build the graph; `broken` as before the image action is fixed."""

    @driver.action(reads=[], writes=["chat_history", "prompt"])
    def process_prompt(state, prompt):
        state = state.append(chat_history={"role": "user", "content": prompt, "type": "text"})
        return state.update(prompt=prompt)

    @driver.action(reads=["prompt"], writes=["mode"])
    def choose_mode(state):
        return state.update(mode=ANSWERS[state["prompt"]][0])

    @driver.action(reads=["prompt", "chat_history", "mode"], writes=["response"])
    def chat_response(state, prepend_prompt, model="small"):
        history = copy.deepcopy(state["chat_history"])
        history[-1]["content"] = f"{prepend_prompt}: {history[-1]['content']}"
        return state.update(response=reply(state))

    @driver.action(reads=["prompt", "chat_history", "mode"], writes=["response"])
    def image_response(state, model="painter"):
        if broken:
            raise ValueError("Demo error")
        return state.update(response=reply(state))

    @driver.action(reads=["prompt", "chat_history"], writes=["response"])
    def prompt_for_more(state):
        return state.update(response={"content": "Please clarify?", "type": "text", "role": "assistant"})

    @driver.action(reads=["response", "mode"], writes=["chat_history"])
    def response(state):
        return state.append(chat_history=state["response"])

    return (
        graph
        .GraphBuilder()
        .with_actions(
            prompt=process_prompt,
            decide_mode=choose_mode,
            generate_image=image_response,
            generate_code=chat_response.bind(prepend_prompt="Only code:"),
            answer_question=chat_response.bind(prepend_prompt="Please answer:"),
            prompt_for_more=prompt_for_more,
            response=response,
        )
        .with_transitions(
            ("prompt", "decide_mode", default),
            ("decide_mode", "generate_image", when(mode="generate_image")),
            ("decide_mode", "generate_code", when(mode="generate_code")),
            ("decide_mode", "answer_question", when(mode="answer_question")),
            ("decide_mode", "prompt_for_more", default),
            (["generate_image", "answer_question", "generate_code", "prompt_for_more"], "response"),
            ("response", "prompt", default),
        )
        .build()
    )


def reply(state):
    """Return the answer to the state's prompt as a message."""
    mode, text = ANSWERS[state["prompt"]]
    return {"content": text, "type": KINDS[mode], "role": "assistant"}


def application(driver, tracker, *, broken=False, app_id=None, **fork):
    """Build the application as a notebook does."""
    return (
        ApplicationBuilder()
        .with_graph(chatbot(driver, broken=broken))
        .initialize_from(
            tracker,
            resume_at_next_action=True,
            default_state={"chat_history": []},
            default_entrypoint="prompt",
            **fork,
        )
        .with_tracker(tracker)
        .with_identifiers(app_id=app_id)
        .build()
    )
