"""Two bare Python calls a step: the work itself, and one to ask what is next."""


def count(state):
    return {**state, "n": state["n"] + 1}


def following(state, steps):
    return count if state["n"] < steps else None


def run(steps):
    yield
    state = {"n": 0}
    while (step := following(state, steps)) is not None:
        state = step(state)
    yield state["n"]
