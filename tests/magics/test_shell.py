"""`%agent` in a shell of this process: lines, values, errors, completion, and what unloading leaves."""

import linecache
import re

import pytest

from notebook_agent import calls
from notebook_agent.session import current
from tests.kernels import MATCHERS, NUMBERED
from tests.session.chat import CELLS, FIXED


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Give a shell with the extension loaded and the chat agent defined."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    calls.uninstall()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBOOK_AGENT_STORE", str(tmp_path / "store.db"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config, user_ns={"__name__": "__main__"})
    shell.run_line_magic("load_ext", "notebook_agent")
    shell.run_cell(CELLS)
    yield shell
    shell.run_line_magic("unload_ext", "notebook_agent")
    linecache.checkcache()


@pytest.fixture
def agent(shell, capsys):
    """Give a function that runs an `%agent` line and returns its value."""

    def run(line, cell=None):
        if cell is None:
            return shell.run_line_magic("agent", line)
        return shell.run_cell_magic("agent", line, cell)

    run("use chat")
    capsys.readouterr()
    return run


def refused(shell, source, capsys):
    """Run a cell that is refused and give what is shown."""
    capsys.readouterr()
    shell.run_cell(source)
    shown = capsys.readouterr()
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.out + shown.err).strip()


def test_a_line_returns_its_object(agent):
    """The result of the call is the value of the line."""
    assert agent('run prompt="what is x"').state["response"] == "text: what is x"


def test_values_come_from_the_users_variables(shell, agent):
    """`{expr}`, `$name` and `:=` see them, quotes and braces included."""
    shell.user_ns["q"] = 'what {is} "this"'
    agent("run prompt={q}")
    assert str(agent("state prompt")).endswith("prompt: 'what {is} \"this\"'")
    agent("run prompt:=q.upper()")
    assert agent("state prompt").value == 'WHAT {IS} "THIS"'


@pytest.mark.parametrize("text", ['set {1,2} and {"hello"}', "{In} {exit} $HOME {open}", "if (x) { y }"])
def test_what_is_no_variable_of_the_user_is_sent_as_typed(agent, text):
    """Code and JSON; the shell's own names too."""
    agent(f"run prompt='{text}'")
    assert agent("state prompt").value == text


@pytest.mark.parametrize("line", ["prompt={f()}", "prompt:=f()"])
@pytest.mark.parametrize("error", ["ValueError", "RuntimeError", "KeyError"])
def test_what_a_function_of_the_user_raises_shows_its_frame_alone(shell, agent, capsys, line, error):
    """Neither one line without a place, nor frames of ours."""
    shell.run_cell(f"def f():\n    raise {error}('mine')")
    shown = refused(shell, f"%agent run {line}", capsys)
    assert f"raise {error}('mine')" in shown
    assert "notebook_agent" not in shown


def test_a_cell_body_is_taken_as_it_stands(agent):
    """`%%agent run prompt`."""
    agent("run prompt", "what {is} $this\n")
    assert agent("state prompt").value == "what {is} $this"


def test_a_semicolon_silences(agent):
    """Nothing is returned."""
    assert agent('run prompt="what is x";') is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("%agent rnu", "no command is called 'rnu'. Did you mean 'run'?"),
        ('%agent run prompt="x', 'the quote " is never closed: "x'),
        ("%agent use chta", "'chta' is not defined. Did you mean 'chat'?"),
        (
            "%agent run",
            """The action 'prompt' needs the input 'prompt'. Give it: prompt="..", or prompt:=EXPR""",
        ),
        ("%agent fork --as 'a b'", "'a b' is no label"),
        ("%agent export /no/dir/x.html", "/no/dir/x.html cannot be written: No such file or directory"),
        ("%agent run prompt=x --before nowhere", "--before nowhere: there is no such action"),
        ("%agent run promt=x", "No action takes the input 'promt'. Did you mean 'prompt'?"),
        ("%agent state @9", "@9: "),
        ("%agent run --until nowhere prompt=x", "--until nowhere: there is no such action"),
        ("%agent retry", "nothing failed in"),
        ("%agent run prompt:=missing", "prompt:=missing: name 'missing' is not defined"),
    ],
)
def test_what_cannot_be_done_is_one_line(shell, agent, capsys, line, sentence):
    """Never a traceback of ours."""
    shown = refused(shell, line, capsys)
    assert shown.startswith("UsageError: ")
    assert sentence in shown
    assert len(shown.splitlines()) == 1


def test_an_actions_error_shows_its_own_frame_and_the_report(shell, agent, capsys):
    """The user's exception is on top; the report tells what the action saw."""
    shown = refused(shell, "%agent run prompt='draw x'", capsys)
    assert 'raise ValueError("Demo error")' in shown
    assert "notebook_agent/engine" not in shown
    assert shown.count("image failed at step @2") == 1


SECRET = "sk-proj-abcdefghijklmnopqrstuvwx1234"
LEAKING = f"""
from notebook_agent import GraphBuilder, action

@action(reads=[], writes=[])
def leak(state):
    raise ValueError("Rate limit of {SECRET} is reached")

leaking = GraphBuilder().with_actions(leak).build()
"""


@pytest.mark.parametrize("line", ["%agent run", "app.step()"])
def test_a_traceback_shows_no_secret(shell, agent, capsys, line):
    """A provider's message may quote a key; the exception itself keeps it."""
    shell.run_cell(LEAKING)
    agent("use leaking")
    shell.run_cell("app = __import__('notebook_agent').ApplicationBuilder().with_graph(leaking)")
    shell.run_cell("app = app.with_entrypoint('leak').build()")
    capsys.readouterr()
    result = shell.run_cell(line)
    shown = capsys.readouterr()
    assert SECRET not in shown.out + shown.err
    assert "ValueError: Rate limit of [openai-key] is reached" in shown.out
    assert f"Rate limit of {SECRET} is reached" == str(result.error_in_exec)


INTERRUPTED = """
import signal

@action(reads=[], writes=[])
def stopped(state):
    signal.raise_signal(signal.SIGINT)
    return state

once = graph.GraphBuilder().with_actions(stopped).build()
"""


def test_an_interrupt_in_an_action_ends_at_its_line(shell, agent, capsys):
    """In the cell, and in what is kept of it, as the panel shows it."""
    shell.run_cell(INTERRUPTED)
    shell.run_cell("%agent use once")
    shown = refused(shell, "%agent run", capsys)
    assert re.search(r"-+> \d+ +signal.raise_signal", shown)
    kept = shell.ev("agent.app.history[-1].failure.traceback")
    assert [False, False] == ["interrupts.py" in text for text in (shown, kept)]


@NUMBERED
def test_an_interrupt_that_was_held_back_ends_at_the_command(shell, agent, capsys):
    """It came in no line of the user's."""
    interrupt = "lambda _: signal.raise_signal(signal.SIGINT)"
    shell.run_cell(f"import notebook_agent, signal; notebook_agent.use().app.subscribe({interrupt})")
    shown = refused(shell, "%agent run prompt=what", capsys)
    assert 1 == len(re.findall(r"^(?:Cell|File) ", shown, re.MULTILINE))
    assert "KeyboardInterrupt: \nprompt interrupted at step @0 of chat-" in shown


def test_a_traceback_of_others_stays_as_it_is(shell, capsys):
    """What a cell raises itself is its own affair."""
    shell.run_cell(f"raise ValueError('{SECRET}')")
    assert f"ValueError: {SECRET}" in re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("returned", "error", "sentence"),
    [
        ("state", "WriteError", "did not write 'response'"),
        ("state.update(response='', more=1)", "WriteError", "wrote 'more'"),
        ("5", "ResultError", "The action 'image' returned"),
        ("state.update(response=iter(()))", "UnstorableError", "state['response']"),
    ],
)
def test_an_action_that_breaks_its_declaration_is_a_failed_step(
    shell, agent, capsys, returned, error, sentence
):
    """The report says which action and step, what to mend, and that a retry goes on with it."""
    shell.run_cell(FIXED.replace("state.update(response=f\"picture: {state['prompt']}\")", returned))
    agent("fork @start --with image=image")
    shown = refused(shell, "%agent run prompt='draw x'", capsys)
    assert re.search(r"^UsageError: image failed at step @2 of run [0-9a-f]{8}$", shown, re.MULTILINE)
    assert f"  notebook_agent.errors.{error}: " in shown
    assert sentence in shown
    assert "%agent retry" in shown
    assert "@2 image failed" in str(agent(""))


def test_an_edited_cell_is_retried(shell, agent, capsys):
    """Run the failing cell again, then `%agent retry`."""
    refused(shell, "%agent run prompt='draw x'", capsys)
    shell.run_cell(FIXED)
    assert "image was defined again in another cell: %agent retry goes on with it" in capsys.readouterr().out
    assert agent("retry").state["response"] == "picture: draw x"


def test_a_second_load_changes_nothing(shell, agent):
    """Also when the hook is called directly."""
    import notebook_agent

    before = len(shell.Completer.custom_matchers)
    notebook_agent.load_ipython_extension(shell)
    assert len(shell.Completer.custom_matchers) == before


def test_unloading_leaves_nothing(shell):
    """Magics, matcher, events, and the recording of calls are gone; a second time nothing happens."""
    shell.run_line_magic("unload_ext", "notebook_agent")
    assert shell.find_line_magic("agent") is None
    assert shell.find_cell_magic("agent") is None
    assert shell.Completer.custom_matchers == []
    assert all("notebook_agent" not in repr(hook) for hook in shell.events.callbacks["post_run_cell"])
    assert not calls.installed()
    shell.run_line_magic("load_ext", "notebook_agent")
    assert calls.installed()


def test_settings_reach_the_session(shell, agent, capsys, caplog):
    """`%config AgentMagics.max_steps = 2` holds for the next run; a wrong value is refused."""
    shell.run_line_magic("config", "AgentMagics.max_steps = 2")
    shown = refused(shell, "%agent run prompt=x", capsys)
    assert "halted after 2 steps, the most of one command (--max-steps): %agent run goes on" in shown
    assert "Error" not in shown
    shell.run_line_magic("config", "AgentMagics.display = 'nothing'")
    assert "expected any of ['auto', 'widget', 'html', 'text']" in caplog.text


def test_a_wrong_setting_does_not_keep_the_extension_out(shell, capsys):
    """The shell keeps what `%config` refused; loading again says so and takes the others."""
    shell.run_line_magic("config", "AgentMagics.max_cost = 'x'")
    shell.run_line_magic("config", "AgentMagics.max_steps = 2")
    shell.run_line_magic("unload_ext", "notebook_agent")
    capsys.readouterr()
    shell.run_line_magic("load_ext", "notebook_agent")
    told = capsys.readouterr().out
    assert told.startswith("AgentMagics.max_cost is left as it was. The 'max_cost' trait of")
    assert (2, None) == (current().settings.max_steps, current().settings.max_cost)
    shell.run_line_magic("config", "AgentMagics.max_cost = 0.5")
    assert current().settings.max_cost == pytest.approx(0.5)


@MATCHERS
def test_tab_completes_through_the_shell(shell, agent):
    """The matcher is asked, and nobody else's words are mixed in."""
    from IPython.core.completer import provisionalcompleter

    agent("run prompt='what is x'")
    with provisionalcompleter():
        found = [each.text for each in shell.Completer.completions("%agent fork @s", 14)]
    assert found == ["@start"]


def test_help_lists_and_explains(shell, agent):
    """Every command has a line; one is shown in full."""
    assert "%agent fork     Start a new run from a step" in str(agent("help"))
    assert str(agent("run --help")) == str(agent("help run"))
    assert "%agent test     Write a step as a pytest" in str(agent("help"))
    assert max(map(len, str(agent("help")).splitlines())) <= 120
    assert "Examples::" in shell.find_line_magic("agent").__doc__
