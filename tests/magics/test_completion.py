"""What TAB offers."""

import pytest

from notebook_agent.magics.completion import Offer, offer

WORDS = {
    "removed": ["old-run"],
    "project": ["demo", "notebooks"],
    "name": ["base_graph", "app"],
    "run": ["chat-7f3a", "retry2"],
    "step": ["head", "start", "0", "1", "prompt"],
    "action": ["prompt", "response"],
    "input": ["prompt"],
    "key": ["mode"],
    "binding": ["mode"],
    "replay": ["run"],
    "function": ["draft"],
    "executor": ["pool"],
}


def vocabulary(kind: str, run: str | None) -> list[str]:
    """Give the words; another run has one step."""
    return ["9"] if run else WORDS.get(kind, [])


def words(line: str) -> tuple[str, ...]:
    """Give what is offered at the end of a line."""
    found = offer(line, vocabulary)
    assert found is not None
    return found.words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%agent fo", ("fork",)),
        ("y = %agent re", ("retry", "resume", "restore")),
        ("%%agent ru", ("run", "runs")),
        ("%agent test r", ("run", "retry2", "retry2@")),
        ("%agent test @4 --py", ("--pytest",)),
        ("%agent test @4 --keys m", ("mode",)),
        ("%agent test @4 --keys prompt,m", ("prompt,mode",)),
        ("%agent use b", ("base_graph",)),
        ("%agent use ch", ("chat-7f3a",)),
        ("%agent fork @", ("@head", "@start", "@0", "@1", "@prompt")),
        ("%agent fork chat-7f3a@", ("chat-7f3a@9",)),
        ("%agent fork @4 m", ("mode=",)),
        ("%agent use g m", ("mode:=",)),
        ("%agent state m", ("mode",)),
        ("%agent state @0 m", ("mode",)),
        ("%agent run p", ("prompt=",)),
        ("%agent run --un", ("--until",)),
        ("%agent run --until ", ("prompt", "response")),
        ("%agent run --until=r", ("--until=response",)),
        ("%agent fork --with=prompt=d", ("--with=prompt=draft",)),
        ("%agent fork re", ("retry2@",)),
        ("%agent import x.json --project d", ("demo",)),
        ("%agent fork --with r", ("response",)),
        ("%agent map @4 --on ", ("pool",)),
        ("%agent fork --with prompt=d", ("prompt=draft",)),
        ("%agent map @4 --with prompt=draft,", ("prompt=draft,draft",)),
        ('%agent watch "', ('"mode',)),
        ('%agent watch "len(m', ('"len(mode',)),
        ("%agent goto @pr", ("@prompt",)),
        ("%agent help inf", ("info",)),
        ("%agent de", ("delete",)),
        ("%agent delete r", ("retry2",)),
        ("%agent delete retry2 --", ("--now", "--help")),
        ("%agent restore ", ("old-run",)),
        ("%agent pin c", ("chat-7f3a",)),
        ("%agent gc --", ("--now", "--help")),
        ("%agent runs --s", ("--size",)),
        ("%agent export x.json --w", ("--with-secrets",)),
        ("%agent nonsense x", ()),
    ],
)
def test_tab_offers(line, expected):
    """Commands, names, runs, steps, actions, keys, inputs and flags, each in its place."""
    assert words(line) == expected


@pytest.mark.parametrize("line", ["agent fo", "%agentfo", "%agent", "print(1)"])
def test_other_lines_are_left_alone(line):
    """Only a line that begins a command is completed."""
    assert offer(line, vocabulary) is None


@pytest.mark.parametrize(
    ("line", "fragment"),
    [("%agent run n:=le", "n:=le"), ("%agent export ru", "ru"), ("%agent import ru", "ru")],
)
def test_python_and_files_are_left_to_ipython(line, fragment):
    """Values are Python's business, file names the shell's."""
    assert offer(line, vocabulary) == Offer(fragment, (), only=False)
