"""Steps as test files, and whole runs against the present code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_agent.errors import CommandError, GraphError, UnknownStepError
from notebook_agent.session import Agent
from tests.kernels import Kernel
from tests.servers import Answer, OpenAIServer
from tests.session.chat import CELLS, FIXED

ROOT = Path(__file__).parents[2]
SECRET = "sk-proj-abcdefghijklmnopqrstuvwx1234"

SETUP = """
import dataclasses
import datetime as dt
import os
import openai
from notebook_agent import Action, State, action, graph, streaming_action, when

MODEL = os.environ.get("AGENT_MODEL", "gpt-5.5")
SINCE = dt.date(2026, 1, 2)
client = openai.OpenAI()


@dataclasses.dataclass
class Note:
    text: str
    at: dt.date


def _ask(question):
    messages = [{"role": "user", "content": question}]
    reply = client.chat.completions.create(model=MODEL, messages=messages)
    return reply.choices[0].message.content
"""
ACTIONS = """
class DemoError(Exception):
    pass


@action(reads=[], writes=["prompt", "notes"])
def take(state: State, prompt: str) -> State:
    return state.update(prompt=prompt).append(notes=Note(prompt, SINCE))


@action(reads=["prompt"], writes=["answer"])
def answer(state: State, mark: str) -> State:
    # asks the model once
    return state.update(answer=mark + _ask(state['prompt']))


@action(reads=["prompt"], writes=["checked"])
async def check(state: State) -> State:
    async with openai.AsyncOpenAI() as asked:
        messages = [{"role": "user", "content": "check"}]
        reply = await asked.chat.completions.create(model=MODEL, messages=messages)
    return state.update(checked=(True, reply.choices[0].message.content))


@streaming_action(reads=["answer"], writes=["said"])
def say(state: State):
    said = ""
    messages = [{"role": "user", "content": state["answer"]}]
    for event in client.chat.completions.create(model=MODEL, messages=messages, stream=True):
        said += event.choices[0].delta.content or ""
        yield {"said": said}
    yield {"said": said}, state.update(said=said)


class Counter(Action):
    def __init__(self, step: int, key: str = "n"):
        self.step, self._key = step, key

    @property
    def reads(self):
        return [self._key]

    @property
    def writes(self):
        return [self._key]

    def run(self, state):
        return {"n": state.get(self._key, 0) + self.step}

    def update(self, result, state):
        return state.update(**{self._key: result["n"]})


@action(reads=["prompt"], writes=["drawn"])
def draw(state: State) -> State:
    raise DemoError("no pen")
"""
GRAPH = """
agents = (
    graph.GraphBuilder()
    .with_actions(take, answer=answer.bind(mark="> "), check=check, say=say, count=Counter(step=2), draw=draw)
    .with_transitions(
        ("take", "answer"), ("answer", "check"), ("check", "say"), ("say", "count"), ("count", "draw"),
        ("draw", "take"),
    )
    .build()
)
"""


@pytest.fixture
def server(monkeypatch):
    """Give a server that the cells' clients reach."""
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", SECRET)
        yield server


@pytest.fixture
def ran(notebook, server):
    """Give an agent that has made a step of each kind; the last one failed."""
    notebook.names["In"] = [SETUP, ACTIONS, GRAPH]
    for cell, source in enumerate((SETUP, ACTIONS, GRAPH)):
        notebook.cell(source, f"cell {cell}")
    agent = notebook.agent.use("agents", state={"n": 1})
    with pytest.raises(notebook.names["DemoError"]):
        agent.run(prompt=f"hello {SECRET}")
    return agent


def pytest_on(*files):
    """Run pytest in a fresh process without a key, as a person would; return its end and its text."""
    own = {"OPENAI_API_KEY", "OPENAI_BASE_URL", "NOTEBOOK_AGENT_STORE"}
    environment = {key: value for key, value in os.environ.items() if key not in own}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, files)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_each_kind_of_step_becomes_a_test_that_passes_at_once(ran, server):
    """Async, streaming, bound, class actions; values with types; a failure. Nothing is sent."""
    sent = len(server.journal)
    files = [Path(str(ran.test(seq)).split(":", maxsplit=1)[0]) for seq in range(6)]
    code, told = pytest_on(*files)
    assert (0, sent) == (code, len(server.journal)), told
    assert "6 passed" in told
    text = "\n".join(file.read_text() for file in files)
    assert SECRET not in text
    assert "TODO" not in text
    for kind in ("format --check", "check --select F,I,W"):
        command = [str(Path(sys.executable).parent / "ruff"), *kind.split(), "--isolated", *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stdout


def test_it_says_what_it_wrote_and_what_it_left_out(ran):
    """A secret is replaced, with a word about it."""
    label = ran.workspace.label()
    file = f"test_{label}_1_answer.py".replace("-", "_")
    assert (
        f"{file}: step @1 (answer) as a test, 1 recorded LLM call; run it with: pytest {file}\n"
        "a secret was left out, [openai-key] stands in its place"
    ) == str(ran.test("@answer"))
    text = Path(file).read_text()
    assert re.match(rf'"""Step 1 of the run {label}, the action answer, as it ran on \d+ \w+ 20\d\d at', text)
    assert "    # asks the model once\n" in text
    assert 'after = run_step(CHECKPOINT, answer.bind(mark="> ")).state\n' in text


def test_a_regression_fails_with_a_diff(ran):
    """That names the key and both values."""
    ran.test(1, "test_answer.py")
    file = Path("test_answer.py")
    file.write_text(file.read_text().replace("answer=mark + ", "answer=mark + mark + "))
    code, told = pytest_on(file)
    assert 1 == code
    assert "- > Echo: hello [openai-key]" in told
    assert "+ > > Echo: hello [openai-key]" in told


def test_another_request_fails_with_its_difference(ran):
    """Nothing is sent."""
    ran.test(2, "test_check.py")
    file = Path("test_check.py")
    asked = 'messages = [{"role": "user", "content": "check"}]'
    assert asked in file.read_text()
    file.write_text(file.read_text().replace(asked, asked.replace("check", "chek")))
    code, told = pytest_on(file)
    assert 1 == code
    assert "'check' → 'chek'" in told


def test_the_keys_can_be_chosen(ran):
    """Those that the step wrote are the default."""
    ran.test(3, "test_say.py", keys=["said", "n"])
    text = Path("test_say.py").read_text()
    assert 'assert after["n"] == 1\n' in text
    assert 'assert after["said"] == EXPECTED["said"]' in text or 'assert after["said"] == "' in text
    with pytest.raises(
        CommandError, match=r"--keys sad: the state after @3 has no such key. Did you mean 'said'"
    ):
        ran.test(3, "test_other.py", keys=["sad"])
    assert not Path("test_other.py").exists()


def test_a_file_is_written_over_only_when_asked(ran):
    """Whatever is in it."""
    Path("test_mine.py").write_text("mine")
    with pytest.raises(CommandError, match=r"test_mine\.py is there already and was left as it is"):
        ran.test(0, "test_mine.py")
    assert "mine" == Path("test_mine.py").read_text()
    ran.test(0, "test_mine.py", force=True)
    assert "run_step" in Path("test_mine.py").read_text()


@pytest.mark.parametrize(
    ("where", "options", "sentence"),
    [
        (9, {}, r"@9: .* has 6 steps \(0-5\)"),
        ("@start", {}, "a test is of a step: %agent test @4"),
        (1, {"path": "check.py"}, "pytest looks for files named test_"),
        (1, {"path": "/proc/none/test_x.py"}, "test_x.py cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(ran, where, options, sentence):
    """Nothing is written."""
    with pytest.raises((CommandError, UnknownStepError), match=sentence):
        ran.test(where, **options)


LIMITED = """
from notebook_agent import action, graph
@action(reads=["n"], writes=["n"])
def grow(state):
    return state.update(n=plus(state["n"]))
limited = graph.GraphBuilder().with_actions(grow).build()
"""
PLUS = "LIMIT = {}\ndef plus(n):\n    return n + LIMIT"


def test_a_helper_that_changed_since_is_said_with_the_test(notebook):
    """The test expects what came of the one of then, so that its failing is no surprise."""
    notebook.cell(PLUS.format(3), "help")
    notebook.cell(LIMITED, "grow")
    agent = notebook.agent.use("limited", state={"n": 1})
    agent.run()
    then = agent.workspace.app.graph.get_action("grow").code[:4]
    assert 1 == len(str(agent.test(0, "test_then.py")).splitlines())
    notebook.cell(PLUS.format(30), "help")
    now = agent.workspace.app.graph.get_action("grow").code[:4]
    said = (
        f"grow has changed since ({then} → {now}: LIMIT): the test expects what it did then, and has its "
        "source, which is the same, with LIMIT as now; where that makes a difference, it fails until both "
        "agree"
    )
    assert said == str(agent.test(0, "test_now.py")).splitlines()[1]
    comments = [line[2:] for line in Path("test_now.py").read_text().splitlines() if line.startswith("# ")]
    assert said + "." == " ".join(comments)
    assert "# " not in Path("test_then.py").read_text()
    code, text = pytest_on("test_then.py", "test_now.py")
    assert (1, ["1 failed, 1 passed"]) == (code, re.findall(r"\d failed, \d passed", text))


def test_an_action_that_changed_since_is_there_as_it_was(notebook):
    """Its own source is that of then, and passes."""
    notebook.cell(PLUS.format(3), "help")
    notebook.cell(LIMITED, "grow")
    agent = notebook.agent.use("limited", state={"n": 1})
    agent.run()
    notebook.cell(LIMITED.replace('plus(state["n"])', "0"), "grow")
    told = str(agent.test(0, "test_then.py"))
    assert told.endswith("and has its source of then with LIMIT, plus, which have not changed")
    assert 0 == pytest_on("test_then.py")[0]


def test_a_helper_that_changed_with_its_action_is_named(notebook):
    """The test has the action of then and the helper of now, of which it says so."""
    notebook.cell(PLUS.format(3), "help")
    notebook.cell(LIMITED, "grow")
    agent = notebook.agent.use("limited", state={"n": 1})
    agent.run()
    notebook.cell(PLUS.format(30), "help")
    notebook.cell(LIMITED.replace("plus(state", "1 + plus(state"), "grow")
    told = str(agent.test(0, "test_then.py"))
    assert ": LIMIT): the test expects" in told
    assert "and has its source of then with LIMIT as now; where that makes a difference, it f" in told


def test_what_changed_before_this_process_is_not_known(notebook):
    """Then all is named that the action uses."""
    notebook.cell(PLUS.format(3), "help")
    notebook.cell(LIMITED, "grow")
    notebook.agent.use("limited", state={"n": 1}).run()
    notebook.cell(PLUS.format(30), "help")
    later = Agent(notebook.names, notebook.screen)
    later.resume()
    told = str(later.test(0, "test_then.py"))
    assert "which is the same, with LIMIT, plus as now; where that makes a difference, it fails" in told


BLIND = """
from notebook_agent import action
@action(reads=[], writes=["n"])
def made(state):
    return state.update(n=1)
"""


def test_code_without_source_is_one_sentence(notebook):
    """As of an action made by exec."""
    names = {}
    exec(BLIND, names)
    notebook.names["made"] = names["made"]
    notebook.cell("blind = graph.GraphBuilder().with_actions(made=made).build()")
    agent = notebook.agent.use("blind")
    agent.run()
    with pytest.raises(CommandError, match="The source of made cannot be read"):
        agent.test(0)


UNWRITABLE = """
import threading
from notebook_agent import action, graph
{lock}
@action(reads=[], writes=["n"])
def count(state):
    with lock:
        return state.update(n=1)
locked = graph.GraphBuilder().with_actions(count).build()
"""


def test_a_global_that_cannot_be_written_is_made_again_as_in_its_cell(notebook):
    """Where the cell's text is known."""
    cell = UNWRITABLE.format(lock="lock = threading.Lock()")
    notebook.names["In"] = [cell]
    notebook.cell(cell)
    notebook.agent.use("locked").run()
    notebook.agent.test(0, "test_count.py")
    assert "with offline():\n    lock = threading.Lock()\n" in Path("test_count.py").read_text()


def test_a_global_that_nothing_tells_is_named(notebook):
    """One sentence, and no file."""
    notebook.names["lock"] = __import__("threading").Lock()
    notebook.cell(UNWRITABLE.format(lock=""))
    notebook.agent.use("locked").run()
    with pytest.raises(
        CommandError, match=r"cannot be written: lock is a lock, which cannot be written down"
    ):
        notebook.agent.test(0, "test_count.py")
    assert not Path("test_count.py").exists()


def test_an_action_of_a_module_is_imported(notebook, monkeypatch):
    """From the folder that it lies in."""
    Path("agents_here.py").write_text(
        "from notebook_agent import action\n\n\n@action(reads=[], writes=['n'])\ndef count(state):\n"
        "    return state.update(n=1)\n"
    )
    monkeypatch.syspath_prepend(Path.cwd())
    notebook.cell(
        "import agents_here\nhere = graph.GraphBuilder().with_actions(count=agents_here.count).build()"
    )
    notebook.agent.use("here").run()
    notebook.agent.test(0, "tests/test_count.py")
    text = Path("tests/test_count.py").read_text()
    assert "sys.path.insert(0, str(Path(__file__).parents[1]))" in text
    assert "from agents_here import count" in text
    code, told = pytest_on("tests/test_count.py")
    assert 0 == code, told
    monkeypatch.delitem(sys.modules, "agents_here")


def test_a_step_that_was_refused_by_the_server_is_tested_too(notebook, server):
    """Its client tries again as it did, without the pauses."""
    notebook.names["In"] = [SETUP, ACTIONS, GRAPH]
    for source in (SETUP, ACTIONS, GRAPH):
        notebook.cell(source)
    agent = notebook.agent.use("agents")
    server.answer(*[Answer.error(429, "busy")] * 3)
    with pytest.raises(Exception, match="busy"):
        agent.run(prompt="hello")
    agent.test(1, "test_busy.py")
    text = Path("test_busy.py").read_text()
    assert "with pytest.raises(openai.RateLimitError" in text or "with pytest.raises(RateLimitError" in text
    code, told = pytest_on("test_busy.py")
    assert 0 == code, told


FORMS = """
from pydantic import BaseModel
from notebook_agent import State, action, graph
from notebook_agent.parallelism import MapStates


class Chat(BaseModel):
    question: str = ""
    replies: list[str] = []


def asking(mark):
    @action(reads=["question"], writes=["reply"])
    def ask(state):
        return state.update(reply=mark + _ask(state["question"]))

    return ask


@action.pydantic(reads=["question"], writes=["replies"])
def typed(state: Chat) -> Chat:
    state.replies = [_ask(state.question)]
    return state


class Fan(MapStates):
    @property
    def reads(self):
        return ["question"]

    @property
    def writes(self):
        return ["all"]

    def action(self, state, inputs):
        return branch

    def states(self, state, context, inputs):
        for mark in "abc":
            yield state.update(question=state["question"] + mark)

    def reduce(self, state, states):
        return state.update(all=[each["reply"] for each in states])


branch = asking("! ")
forms = (
    graph.GraphBuilder()
    .with_actions(ask=asking("? "), typed=typed, fan=Fan())
    .with_transitions(("ask", "typed"), ("typed", "fan"))
    .build()
)
"""


def test_closures_models_and_branches_become_tests(notebook, server):
    """What an action is made of is found in the notebook, and the calls of its branches are served."""
    notebook.names["In"] = [SETUP, FORMS]
    for source in (SETUP, FORMS):
        notebook.cell(source)
    agent = notebook.agent.use("forms", state={"question": "why"})
    agent.run()
    assert 5 == len(server.journal)
    assert str(agent.test_run()).endswith("3 steps replayed, all as recorded")
    for seq in range(3):
        agent.test(seq, f"test_form_{seq}.py")
    code, told = pytest_on(Path.cwd())
    assert 0 == code, told
    assert "3 passed" in told


@pytest.mark.kernel
def test_in_a_real_kernel(tmp_path):
    """Cells, a class without methods, async actions, and the magics' words."""
    with OpenAIServer() as server:
        environment = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": server.base_url}
        with Kernel(tmp_path, **environment) as kernel:
            kernel.run("%load_ext notebook_agent")
            for cell in (SETUP, ACTIONS, GRAPH):
                assert kernel.run(cell).error is None
            kernel.run("%agent use agents")
            assert "no pen" in (kernel.run("%agent run prompt=hello").error or "")
            told = [kernel.run(f"%agent test @{seq} --pytest tests/test_{seq}.py") for seq in (0, 1, 2, 5)]
            assert ["tests/test_0.py: step @0 (take) as a test; run it with: pytest tests/test_0.py"] == [
                told[0].text
            ]
            assert kernel.run("%agent test run").text.endswith("6 steps replayed, all as recorded")
            again = kernel.run("%agent test @0 --pytest tests/test_0.py")
            assert "is there already and was left as it is" in again.stderr
        assert 3 == len(server.journal)
    code, said = pytest_on(tmp_path / "tests")
    assert 0 == code, said
    assert "4 passed" in said


def fail(agent, prompt="draw a pen"):
    """Run into the demo's error."""
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt=prompt)


def test_a_run_is_replayed_from_its_record(ran, server):
    """All kinds of steps, the failed one too; nothing is sent, nothing kept."""
    sent, runs = len(server.journal), len(ran.runs())
    assert f"{ran.workspace.label()}: 6 steps replayed, all as recorded" == str(ran.test_run())
    assert (sent, runs) == (len(server.journal), len(ran.runs()))
    assert 6 == len(ran.app.history)


@pytest.mark.parametrize(
    ("old", "new", "steps", "told"),
    [
        (
            "mark + _ask",
            "mark + mark + _ask",
            1,
            r"@1 answer differs: it writes another answer\n  ~ answer: ",
        ),
        (
            '"content": "check"',
            '"content": "chek"',
            2,
            "@2 check differs: it asks the model something else: .*chek",
        ),
        (
            'raise DemoError("no pen")',
            "return state.update(drawn=1)",
            5,
            "it completes now; in the run it raised __main__.DemoError",
        ),
        (
            'state["answer"]}',
            'state["anser"]}',
            3,
            "@3 say differs: it raises MissingKeyError: .*; in the run it completed",
        ),
    ],
    ids=["state", "call", "no exception", "renamed key"],
)
def test_the_first_divergence_is_shown(notebook, ran, old, new, steps, told):
    """The step, and what differs."""
    assert old in ACTIONS
    notebook.cell(ACTIONS.replace(old, new), "cell 1")
    found = ran.test_run()
    assert re.search(f"{steps} steps? replayed as recorded\n(?s:.*){told}", str(found)), str(found)
    assert steps == found.divergence.seq


def test_another_decision_is_a_divergence(notebook, agent):
    """The action that is chosen counts."""
    agent.run(prompt="write hello")
    label = agent.workspace.label()
    notebook.cell(CELLS.replace('when(mode="code")', 'when(mode="image", prompt="x")'))
    agent.use("chat")
    found = agent.test_run(label)
    assert (2, "action") == (found.divergence.seq, found.divergence.kind)
    told = "@2 code differs: after decide the graph now goes to text; in the run it went to code"
    assert told == str(found).splitlines()[1]


def test_retries_and_forks_are_replayed_as_one_line(notebook, agent):
    """Attempts that failed are left out; the ancestors' steps come first."""
    fail(agent)
    parent = agent.workspace.label()
    notebook.cell(FIXED, "two")
    agent.retry()
    agent.fork("@1", state={"prompt": "draw a cat"})
    agent.run()
    label = agent.workspace.label()
    assert f"{label}: 4 steps replayed, all as recorded" == str(agent.test_run())
    told = "4 steps replayed, all as recorded (1 attempt that did not complete left out)"
    assert f"{parent}: {told}" == str(agent.test_run(parent))


def test_a_replay_can_begin_later(agent):
    """At a step that is named."""
    agent.run(prompt="what is x")
    assert "2 steps replayed" in str(agent.test_run(start="@2"))
    assert "2 steps replayed" in str(agent.test_run(agent.workspace.label(), start=2))


def test_a_graph_that_lacks_an_action_of_the_run_is_one_sentence(notebook, agent):
    """It names the action."""
    agent.run(prompt="what is x")
    less = (
        CELLS
        .replace("text=answer", "words=answer")
        .replace('"text")', '"words")')
        .replace('"text"]', '"words"]')
    )
    notebook.cell(less)
    other = type(notebook.agent)(notebook.names)
    other.use("chat")
    with pytest.raises((CommandError, GraphError), match="text"):
        other.test_run(agent.workspace.label())
    assert 4 == len(agent.app.history)


def test_a_run_without_steps_is_one_sentence(agent):
    """There is nothing to replay."""
    with pytest.raises(CommandError, match="has no step yet"):
        agent.test_run()


def test_a_large_step_is_announced_and_told_with_its_size(notebook, tmp_path):
    """It takes its time, and is a large file to commit."""
    agent = notebook.agent.use("chat", state={"chat_history": ["x " * 1_000] * 1_200})
    agent.run(prompt="what is x")
    said = str(agent.test("@0", tmp_path / "test_large.py"))
    assert ["… writing @0 prompt as a test: its state is large"] == notebook.screen.lines
    assert re.search(r"as a test, 4\.\d MB for its state is large; run it with", said)
    notebook.screen.begin()
    small = str(agent.test("@1", tmp_path / "test_small.py", keys=["mode"]))
    assert "as a test" in small


CHANCE = """
import random
import time
from notebook_agent import action, graph
MADE = []
COUNT = 0

@action(reads=["n"], writes=["n", "at", "drawn"])
def chance(state):
    global COUNT
    COUNT += 1
    MADE.append(COUNT)
    print("chance")
    return state.update(n=state["n"] + 1, at=time.time_ns(), drawn=[random.random()])

@action(reads=["key"], writes=["long", "kind"])
def measure(state):
    return state.update(long=len(state["key"]), kind=state["key"].count("-"))

@action(reads=["n"], writes=["sent"], effect="irreversible")
def send(state):
    MADE.append("sent")
    return state.update(sent=True)

@action(reads=["n"], writes=["slept"])
def sleep(state):
    time.sleep(0.6)
    return state.update(slept=True)

chances = graph.GraphBuilder().with_actions(chance, measure, send, sleep).with_transitions(
    ("chance", "measure"), ("measure", "send"), ("send", "sleep")
).build()
"""


@pytest.fixture
def chances(notebook):
    """A run of four steps: by chance, of a secret, irreversible, and slow."""
    notebook.names["In"] = [CHANCE]
    notebook.cell(CHANCE, "chance")
    agent = notebook.agent.use("chances", state={"n": 1, "key": SECRET, "unread": ["x"] * 500})
    agent.run()
    return agent


def test_what_comes_by_chance_is_not_asserted(chances, notebook, capsys):
    """The keys are named, there and in the file; the notebook's variables are as they were."""
    capsys.readouterr()
    told = "at and drawn come out otherwise when the step runs again: only their kinds are asserted"
    assert told == str(chances.test(0, "test_chance.py")).splitlines()[1]
    text = Path("test_chance.py").read_text()
    assert f"# {told}.\n" in text
    assert 'assert after["n"] == 2\n' in text
    assert 'assert isinstance(after["at"], int)\n' in text
    assert ([1, "sent"], 1) == (notebook.names["MADE"], notebook.names["COUNT"])
    assert "" == capsys.readouterr().out
    code, said = pytest_on("test_chance.py")
    assert 0 == code, said


def test_a_text_of_the_secret_s_length_stands_where_that_matters(chances):
    """So that the test passes, without the secret."""
    told = "a secret was left out, a text of the same length stands in its place"
    assert told == str(chances.test(1, "test_measure.py")).splitlines()[1]
    text = Path("test_measure.py").read_text()
    assert SECRET not in text
    assert f'assert after["long"] == {len(SECRET)}\n' in text
    code, said = pytest_on("test_measure.py")
    assert 0 == code, said


@pytest.mark.parametrize(("seq", "why"), [(2, "send is irreversible"), (3, "sleep took 0.6 s in the run")])
def test_what_is_not_to_be_run_again_is_said_to_be_untried(chances, notebook, seq, why):
    """A step with an effect, and one that takes its time."""
    untried = f"{why}, so that it was not run now, and none of what the test asserts has been tried"
    assert untried in str(chances.test(seq, "test_untried.py")).splitlines()
    assert f"# {why}, so that it was not run now" in Path("test_untried.py").read_text()
    assert [1, "sent"] == notebook.names["MADE"]


def test_a_secret_of_the_source_is_expected_as_the_file_has_it(notebook):
    """Its place is taken in the source and in what comes of it."""
    source = f"""
from notebook_agent import action, graph

@action(reads=[], writes=["sent"])
def head(state):
    return state.update(sent={{"to": "{SECRET}", "n": 1}})

heads = graph.GraphBuilder().with_actions(head).build()
"""
    notebook.names["In"] = [source]
    notebook.cell(source, "head")
    agent = notebook.agent.use("heads")
    agent.run()
    agent.test(0, "test_head.py")
    assert 'assert after["sent"] == {"to": "[openai-key]", "n": 1}\n' in Path("test_head.py").read_text()
    code, said = pytest_on("test_head.py")
    assert 0 == code, said


def test_a_test_holds_only_what_its_step_read_and_wrote(chances):
    """Another key may be large."""
    chances.test(0, "test_chance.py")
    assert "unread" not in Path("test_chance.py").read_text()
