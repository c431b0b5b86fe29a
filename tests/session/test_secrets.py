"""Secrets in the state are named once, and masked in all that a command returns."""

import pytest

from notebook_agent import redact

SECRET = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2


def named(notebook):
    """Give what was said of secrets."""
    return [line for line in notebook.screen.said if "holds a secret" in line]


def test_a_secret_in_the_state_is_named_once(notebook, agent):
    """The key, the rule and what to do."""
    agent.run(prompt=f"what is {SECRET}")
    agent.run(prompt=f"what is {SECRET}")
    said = named(notebook)
    assert [line.split(" (openai-key)")[0] for line in said] == [
        "state['chat_history'] holds a secret",
        "state['prompt'] holds a secret",
        "state['response'] holds a secret",
    ]
    assert SECRET not in "".join(said)
    assert "os.environ[..]. If it is none: notebook_agent.redact.trust('prompt')" in said[1]


def test_a_trusted_key_is_shown(notebook, agent):
    """What a person says is no secret is not named, and shown in the picture of the state."""
    redact.trust("prompt", "response", "chat_history")
    try:
        agent.run(prompt=f"what is {SECRET}")
        assert named(notebook) == []
        assert SECRET in agent.state().html()
    finally:
        redact.distrust("prompt", "response", "chat_history")


@pytest.mark.parametrize("show", [repr, str, lambda shown: shown.html()])
def test_what_commands_return_is_masked(agent, show):
    """As text and as HTML."""
    result = agent.run(prompt=f"what is {SECRET}")
    shown = [result, agent.state(), agent.state("@0"), agent.diff("@0", "@2"), agent.log(), agent.why("@1")]
    assert SECRET[:30] not in "".join(map(show, shown))


def test_what_differs_from_itself_is_no_secret(notebook):
    """Not a number is no text."""
    notebook.agent.use("chat", state={"mode": float("nan")}).run(prompt="what is x")
    assert [] == named(notebook)
    assert [] == redact.find_secrets({"mode": float("nan")})


def test_a_secret_that_a_run_begins_with_is_named(notebook):
    """Before any step has written it, and once."""
    agent = notebook.agent.use("chat", state={"token": SECRET})
    agent.run(prompt="what is x")
    assert ["state['token'] holds a secret"] == [line.split(" (openai-key)")[0] for line in named(notebook)]
