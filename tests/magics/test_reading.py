"""From a line to a call."""

import pytest

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands import Call, commands
from notebook_agent.magics.expansion import Scope
from notebook_agent.magics.reading import Line, read_line

VALUES = {"topic": "a blue pen", "draft": len}


def evaluate(expression: str) -> object:
    """Evaluate as a shell would."""
    return eval(expression, {}, VALUES)


def read(line: str, cell: str | None = None) -> Call:
    """Read a line."""
    return read_line(line, Scope(VALUES.__contains__, evaluate), cell)


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("", Call("status")),
        ("use base_graph", Call("use", ("base_graph",))),
        ("use g n:=[1, 2]", Call("use", ("g",), {"state": {"n": [1, 2]}})),
        ("use g --recorded a.json", Call("use", ("g",), {"recorded": "a.json"})),
        ('run prompt="draw a pen"', Call("run", ({"prompt": "draw a pen"},))),
        ("run prompt='set {1,2}: {\"a\": {}}'", Call("run", ({"prompt": 'set {1,2}: {"a": {}}'},))),
        ("run prompt=$topic", Call("run", ({"prompt": "a blue pen"},))),
        ("run --until a --until b", Call("run", ({},), {"until": ["a", "b"]})),
        ("run n:= 3", Call("run", ({"n": 3},))),
        ("run n:=2 --max-steps 7", Call("run", ({"n": 2},), {"max_steps": 7})),
        ("run n:=2 --background", Call("background", ("run", {"n": 2}))),
        ("retry --background --fresh", Call("background", ("retry",), {"fresh": True})),
        ("resume a --background", Call("background", ("resume", "a"))),
        ("break", Call("breakpoints", (None,))),
        ("break a --if 'n > 3'", Call("breakpoints", ("a",), {"condition": "n > 3"})),
        ("break --off", Call("breakpoints", (None,), {"off": True})),
        ("pause", Call("pause")),
        ("pause --off", Call("pause", (), {"off": True})),
        ("stop", Call("stop")),
        ("chat", Call("chat")),
        ("chat --in a --out b", Call("chat", (), {"input": "a", "output": "b"})),
        ("step", Call("step", (1, {}))),
        ("step 3 a=b", Call("step", (3, {"a": "b"}))),
        ("state", Call("state", (None,))),
        ("state @4", Call("state", ("@4",))),
        ("state mode", Call("state", (None, "mode"))),
        ("state @4 mode", Call("state", ("@4", "mode"))),
        ("goto @-1", Call("goto", ("@-1",))),
        ("fork @4 --as x prompt=hi", Call("fork", ("@4",), {"label": "x", "state": {"prompt": "hi"}})),
        ("fork @4 --as ''", Call("fork", ("@4",), {"label": ""})),
        ("fork prompt=hi", Call("fork", (None,), {"state": {"prompt": "hi"}})),
        ("retry --fresh", Call("retry", (), {"fresh": True})),
        ("fork @4 --with a=draft", Call("fork", ("@4",), {"actions": {"a": len}})),
        ("label a b", Call("label", ("b", "a"))),
        ("label b", Call("label", ("b",))),
        ("label --off", Call("label", (None,))),
        ("label a --off", Call("label", (None, "a"))),
        ("pin", Call("pin", (None,), {"off": False})),
        ("pin a --off", Call("pin", ("a",), {"off": True})),
        ("delete a", Call("delete", ("a",), {"now": False})),
        ("delete a --now", Call("delete", ("a",), {"now": True})),
        ("restore a", Call("restore", ("a",))),
        ("gc", Call("gc", (), {"now": False})),
        ("gc --now", Call("gc", (), {"now": True})),
        ("runs --tree", Call("runs", (), {"failed": False, "tree": True})),
        ("runs --size", Call("runs", (), {"size": True})),
        ("export a.html", Call("export", ("a.html",))),
        ("export a.json --with-secrets", Call("export", ("a.json",), {"with_secrets": True})),
        ("export a.json --calls", Call("export", ("a.json",), {"calls": True})),
        ("import a.json", Call("import_run", ("a.json",))),
        ("diff @1 @2", Call("diff", ("@1", "@2"))),
        ("graph --text", Call("graph", (), {"form": "text"})),
        ("test", Call("test", (None,))),
        ("test @4", Call("test", ("@4",))),
        (
            "test @4 --pytest tests/test_x.py --keys a,b --force",
            Call("test", ("@4",), {"path": "tests/test_x.py", "keys": ["a", "b"], "force": True}),
        ),
        ("test run", Call("test_run")),
        ("test run chat-7f3a --from @3", Call("test_run", ("chat-7f3a",), {"start": "@3"})),
        ("resume", Call("resume", (None,))),
        ("resume chat --look --max-calls 3", Call("resume", ("chat",), {"look": True, "max_calls": 3})),
        ("run --help", Call("help", ("run",))),
        ("help run", Call("help", ("run",))),
    ],
)
def test_a_line_makes_one_call(line, call):
    """Each command reads into the call that Python could make."""
    assert read(line) == call


def test_the_cell_body_is_one_input_as_it_stands():
    """Braces and quotes below `%%agent run prompt` mean nothing."""
    body = 'say {hello} to "$you"\n'
    assert read("run prompt --until a", body) == Call(
        "run", ({"prompt": 'say {hello} to "$you"'},), {"until": ["a"]}
    )


@pytest.mark.parametrize(
    ("line", "cell", "sentence"),
    [
        ("rnu", None, "no command is called 'rnu'. Did you mean 'run'?"),
        ("run --untill a", None, "%agent run has no '--untill'. Did you mean '--until'?"),
        ("run draw a pen", None, "'draw a pen' sets nothing: write KEY=\"draw a pen\" (%agent help run)"),
        ('run prompt= "a pen"', None, 'write prompt="a pen" without a blank around the ='),
        ('run prompt = "a pen"', None, 'write prompt="a pen" without a blank around the ='),
        ("run prompt=a blue pen", None, 'put a text with blanks in quotes: prompt="a blue pen"'),
        ("fork prompt=a pen @4", None, 'put a text with blanks in quotes: prompt="a pen"'),
        ("use", None, "TARGET is missing (%agent help use)"),
        ("run --max-steps x", None, "--max-steps takes a number; not 'x' (%agent help run)"),
        (
            "state n:=4",
            None,
            "state changes nothing: %agent fork @head n:=4 makes a fork with that value",
        ),
        ("use g n:=0 n:=1", None, "n is set twice on this line: leave one out"),
        ("step x", None, "'x' is no number of steps and no KEY=TEXT (%agent help step)"),
        ("run --until", None, "--until needs a value (%agent help run)"),
        ("step 1 2", None, "step takes one number, 1 or more: %agent step 3"),
        ("step 0", None, "step takes one number, 1 or more: %agent step 3"),
        ("graph --text --dot", None, "graph takes one form: %agent graph --text, or --dot"),
        ("run n:=missing", None, "n:=missing: name 'missing' is not defined"),
        ("run n:=1+", None, "n:=1+: this is no Python expression (invalid syntax)"),
        ("fork --with a", None, "--with a: write --with ACTION=FUNCTION"),
        ("log", "text", "log takes no text below it: write %agent log"),
        ("run", "text", "name the input that the text is for: %%agent run prompt"),
        ("test @1 @2", None, "test takes one step: %agent test @4"),
        ("test @1 --from @2", None, "--from goes with a whole run: %agent test run --from @3"),
        ("test run a b", None, "test run takes one run: %agent test run chat-7f3a"),
        (
            "test run --keys a",
            None,
            "test run writes no file: --pytest, --keys and --force go with a step",
        ),
        (
            'export runs/"my run".html',
            None,
            'runs/"my run".html has quotes in it: put the whole name in quotes, "runs/my run.html"',
        ),
        ("state a b", None, "state takes one step and one key: %agent state @4 chat_history"),
    ],
)
def test_what_is_not_understood_is_one_sentence(line, cell, sentence):
    """Every message says what to type instead."""
    with pytest.raises(CommandError) as caught:
        read(line, cell)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("typed", "line", "silent"), [("run;", "run", True), ("run", "run", False), (" ; ", " ", True)]
)
def test_a_semicolon_at_the_end_silences(typed, line, silent):
    """It is taken off and remembered."""
    assert (Line(typed), Line(typed).silent) == (line, silent)


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_with_examples(name):
    """Help names the command, says in a sentence what it does, and shows examples."""
    parser = commands()[name].parser
    assert parser.format_help().startswith(f"usage: %agent {name}")
    assert f"  %agent {name}" in parser.format_help()
    assert parser.summary.endswith(".")


def test_help_is_written_as_it_is_typed():
    """Words in their order, and no word of a parser's."""
    assert commands()["label"].parser.format_help().startswith("usage: %agent label [RUN] LABEL\n")
    assert "positional" not in commands()["run"].parser.format_help()
