"""Secrets in the state are named once, and masked in all that a command returns."""

import pytest

from notebook_agent import redact
from notebook_agent.errors import AgentError
from notebook_agent.tracking import LocalTrackingClient

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


PASSWORD = "hunter2xyz"
LOGIN = f"""
@action(reads=["n"], writes=["n", "password", "user"])
def login(state, password: str = "{PASSWORD}"):
    made = dict(password="{PASSWORD}")
    user = {{"password": made["password"]}}
    return state.update(n=state["n"] + 1, password=made["password"] + str(state["n"]), user=user)

logins = (
    graph.GraphBuilder()
    .with_actions(login)
    .with_transitions(("login", "login", expr("password != '{PASSWORD}'")))
    .build()
)
"""


def test_a_password_is_masked_for_its_key_and_in_the_code(notebook, tmp_path):
    """In all that commands return and write, and in what Python shows of questions to the past."""
    notebook.cell("from notebook_agent import expr" + LOGIN)
    agent = notebook.agent.use("logins", state={"n": 0})
    told = [agent.step(), agent.step(password=PASSWORD), agent.step()]
    agent.app.update_state(agent.app.state.update(password=PASSWORD + "-by-hand"))
    told += [
        agent.state(),
        agent.state("@1", "password"),
        agent.diff("@0", "@1"),
        agent.why(),
        agent.why("@1"),
    ]
    told += [agent.blame("password"), agent.blame("user.password"), agent.blame("n"), agent.watch("password")]
    told += [agent.watch("user.get('password')"), agent.watch(lambda state: state["password"])]
    told += [agent.map("@1", {"password": [PASSWORD + "1", PASSWORD + "2"]}, n=1, max_steps=1)]
    history = agent.app.history
    told += [history.watch("password"), history.diff(0, 1), history.blame("password"), history[1]]
    told += [history.flip(1, agent.app.graph), history.why(1)]
    files = [tmp_path / name for name in ("test_login.py", "run.html", "run.json")]
    agent.test("@1", files[0])
    for path in files[1:]:
        agent.export(path)
    texts = [repr(each) for each in told] + [each.html() for each in told if hasattr(each, "html")]
    texts += [path.read_text("utf-8") for path in files]
    assert [] == [text[max(0, text.find(PASSWORD) - 80) :][:120] for text in texts if PASSWORD in text]


def test_what_python_takes_is_exact(notebook):
    """Only what is shown is masked."""
    agent = notebook.agent.use("chat", state={"password": PASSWORD})
    agent.run(prompt="what is x")
    assert PASSWORD == agent.watch("password").points[0].value
    assert {PASSWORD} == set(agent.watch("password").df()["value"])


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


def test_a_secret_in_a_key_or_in_bytes_is_masked(notebook, tmp_path):
    """The keys of a mapping, and bytes, are texts too."""
    odd = {SECRET: 1, ("t", SECRET): 2, "raw": SECRET.encode(), "password": PASSWORD.encode()}
    agent = notebook.agent.use("chat", state={"odd": odd})
    agent.run(prompt="what is x")
    agent.app.update_state(agent.app.state.update(odd={**odd, SECRET: 3, "password": b"other" * 2}))
    agent.run(prompt="what is y")
    told = [agent.state(), agent.state("@0", "odd"), agent.diff("@0", "@head"), agent.blame("odd")]
    agent.export(tmp_path / "run.html")
    texts = [text for each in told for text in (str(each), each.html())]
    texts.append((tmp_path / "run.html").read_text("utf-8"))
    assert "b'[openai-key]'" in texts[0]
    assert [] == [text for text in texts if SECRET[:30] in text or PASSWORD in text]


def test_a_project_is_no_secret(agent, tmp_path):
    """It is shown everywhere, so a key is refused for one, and the refusal does not repeat it."""
    agent.export(tmp_path / "run.json")
    for give in (
        lambda: agent.import_run(tmp_path / "run.json", project=SECRET),
        lambda: LocalTrackingClient(SECRET),
    ):
        with pytest.raises(AgentError, match=r"holds a secret \(\[openai-key\]\)") as caught:
            give()
        assert SECRET not in str(caught.value)
