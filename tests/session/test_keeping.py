"""Commands that keep, weigh, remove, carry away and take in runs."""

import json
import random
import re

import pytest

from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import (
    AgentError,
    CommandError,
    RunError,
    RunExistsError,
    StoreFormatError,
    UnknownRunError,
    UnknownStepError,
)
from notebook_agent.graph import GraphBuilder
from notebook_agent.session.vocabulary import words
from notebook_agent.view.brief import short_id

SECRET = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2


@pytest.fixture
def second(agent):
    """Give a run of one turn, which is not in use any more."""
    agent.run(prompt="what is x")
    name = agent.workspace.label()
    agent.use("chat")
    return name


def test_a_removal_is_told_first(agent, second):
    """Nothing goes without --now, and both lines say how to go on."""
    told = str(agent.delete(second))
    assert re.fullmatch(
        rf"{second} \([0-9a-f]{{8}}\) would go: 4 steps of its own, [\d.]+ k?B that no other run holds\."
        rf" %agent delete {second} --now removes it",
        told,
    )
    assert second in str(agent.runs())
    done = str(agent.delete(second, now=True))
    back = f"%agent restore {second} brings it back until %agent gc --now"
    assert re.fullmatch(rf"{second} \([0-9a-f]{{8}}\) is gone, 4 steps of its own; {back}", done)
    assert second not in str(agent.runs())


def test_space_is_given_back_when_told(agent, second):
    """First how much, of what file, and what cannot be undone then; then that it is done, or nothing is."""
    agent.delete(second, now=True)
    told = str(agent.gc())
    lost = f"%agent restore cannot bring back 1 removed run ({second})"
    file = r" belong to no run any more \(the file has [\d.]+ [kM]?B\): %agent gc --now gives them back, and "
    assert re.search(file + re.escape(lost) + " then$", told)
    done = str(agent.gc(now=True))
    assert done.startswith(told.split(" belong", maxsplit=1)[0] + " are gone; the file is ")
    assert done.endswith(f" smaller; {lost} any more")
    assert re.fullmatch(
        r"nothing to give back: every value belongs to a run \(the file has [\d.]+ [kM]?B\)", str(agent.gc())
    )


def test_a_collection_that_only_ends_an_undo_says_so(agent):
    """Where forks hold all values of a removed run, and no byte of them is given back."""
    agent.run(prompt="what is x")
    name = agent.workspace.label()
    agent.fork("@1")
    agent.delete(name, now=True)
    agent.gc(now=True)
    agent.fork("@1")
    agent.delete(agent.workspace.runs()[1].key.app_id[:8], now=True)
    told = str(agent.gc())
    assert "%agent restore cannot bring back 1 removed run (" in told
    assert "nothing to give back" not in told


def test_a_removed_run_is_brought_back(agent, second):
    """By the name that TAB offers, as often as it is removed; not once its space was given back."""
    before = str(agent.runs())
    agent.delete(second, now=True)
    assert [second] == list(words(agent.workspace, "removed"))
    told = str(agent.restore(second))
    assert told == f"{second} is back, 4 steps of its own: %agent use {second} goes on with it"
    assert before == str(agent.runs())
    agent.use(second)
    agent.run(prompt="what is y")
    agent.use("chat")
    agent.delete(second, now=True)
    agent.gc(now=True)
    with pytest.raises(CommandError, match="no run of this project was deleted since the last %agent gc"):
        agent.restore(second)


def test_the_beginning_of_a_label_names_no_run_to_be_removed(agent, second):
    """It may have been meant for another run."""
    agent.label("second-try", second)
    with pytest.raises(UnknownRunError, match=r"no run is called 'second'\. Did you mean 'second-try'\?"):
        agent.delete("second", now=True)
    assert "second-try" in str(agent.runs())


def test_a_removed_run_is_told_where_it_is_asked_for(agent, second):
    """With what brings it back."""
    agent.delete(second, now=True)
    with pytest.raises(CommandError, match=f"^{second} was deleted: %agent restore {second} brings it back"):
        agent.use(second)


def test_the_run_in_use_is_not_removed(agent):
    """The sentence says what to do first."""
    with pytest.raises(CommandError, match="is in use: take another run into use first, %agent use RUN"):
        agent.delete(agent.workspace.label(), now=True)


def test_a_pinned_run_stays(agent, second):
    """Until it is taken off, which the refusal says how to."""
    assert str(agent.pin(second)) == f"{second} is pinned: %agent delete refuses it"
    with pytest.raises(RunError, match=f"^{second} is pinned: %agent pin {second} --off lets it be removed"):
        agent.delete(second)
    assert str(agent.pin(second, off=True)) == f"{second} can be removed again"
    agent.delete(second, now=True)


def test_a_pin_is_seen(agent, second):
    """In the table of runs."""
    agent.pin(second)
    assert [True] == [row[1] == f"{second} (pinned)" for row in agent.runs().rows if second in row[1]]


def test_a_label_is_taken_away(agent, second):
    """The run goes by its id from then on."""
    told = str(agent.label(None, second))
    number = told[-8:]
    assert told == f"{second} has no label any more: it goes by its id, {number}"
    assert second not in [row[1] for row in agent.runs().rows]


def test_a_file_that_cannot_be_written_whole_is_left(agent, tmp_path):
    """As it was, and nothing is left beside it; one that can takes its place."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "run.json"
    path.write_text("before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(CommandError, match="cannot be written: File too large"):
            agent.export(path, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ("before", [path]) == (path.read_text(), list(tmp_path.glob("*run.json*")))
    agent.export(path, force=True)
    assert "notebook_agent run" == json.loads(path.read_text())["format"]


@pytest.mark.parametrize("builder", [ApplicationBuilder(), GraphBuilder()])
def test_a_builder_is_built_first(agent, builder):
    """The sentence says how."""
    agent.workspace.namespace["plan"] = builder
    with pytest.raises(CommandError, match=r"; a builder makes one: plan = plan\.build\(\)$"):
        agent.use("plan")


def test_forks_keep_what_they_have(agent):
    """The sentence says so before and after."""
    agent.run(prompt="what is x")
    name = agent.workspace.label()
    agent.fork("@1")
    assert f"{name} ({short_id(agent.app.parent_pointer.app_id)}) would go: 2 of its 4 steps, " in str(
        agent.delete(name)
    )
    assert "is gone, 2 of its 4 steps; its forks keep what they have of it" in str(
        agent.delete(name, now=True)
    )
    assert agent.state("@1", "mode").value == "text"
    assert f"{name} is back, 4 steps of its own" in str(agent.restore(name))


def test_sizes_name_the_keys_that_cost_most(agent):
    """A table by run, and how shared content is counted."""
    agent.use("chat", state={"chat_history": [], "picture": random.Random(1).randbytes(20_000)})
    table = agent.runs(size=True)
    assert table.columns == ("", "run", "size", "its own", "of which")
    row = next(row for row in table.rows if row[0] == "→")
    assert row[1] == agent.workspace.label()
    assert row[4].startswith("picture ")
    assert "kept once, and counts for each with an equal part" in str(table)
    assert "equal part" in table.html()
    assert re.search(rf"sizes +{agent.workspace.label()} .*: picture ", str(agent.info()))


def test_a_run_is_carried_to_another_notebook(agent, tmp_path):
    """Exported exactly, removed, taken in: it can be gone on with. An editor may mark the file."""
    agent.run(prompt=f"what is {SECRET}")
    path, name, state = tmp_path / "run.json", agent.workspace.label(), agent.app.state
    told = str(agent.export(path, with_secrets=True))
    assert told.startswith(f"{path}: 4 steps, exactly as they are kept, secrets too, ")
    assert path.stat().st_mode & 0o777 == 0o600
    agent.use("chat")
    agent.delete(name, now=True)
    path.write_text(f"\ufeff{path.read_text('utf-8')}", "utf-8")
    taken = str(agent.import_run(path))
    assert taken == f"{name}: 4 steps from {path}, %agent use {name} takes it into use"
    agent.use(name)
    assert agent.app.state == state
    assert [step.seq for step in agent.run(prompt="what is y").steps] == [4, 5, 6, 7]


def test_secrets_are_masked_in_a_file_unless_asked_for(agent, tmp_path):
    """Both sentences say it."""
    agent.run(prompt=f"what is {SECRET}")
    path = tmp_path / "run.json"
    assert "secrets masked (--with-secrets keeps them)" in str(agent.export(path))
    assert SECRET not in path.read_text()
    name = agent.workspace.label()
    agent.use("chat")
    agent.delete(name, now=True)
    assert f"from {path}, with its secrets masked; %agent use {name}" in str(agent.import_run(path))


def test_what_cannot_be_taken_in_is_named(agent, tmp_path):
    """The file and the place in it, in one sentence."""
    path = tmp_path / "run.json"
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        agent.import_run(path)
    agent.export(path)
    with pytest.raises(RunExistsError, match="already"):
        agent.import_run(path)
    found = json.loads(path.read_text())
    found["runs"][0]["state"] = 5
    path.write_text(json.dumps(found))
    with pytest.raises(StoreFormatError, match=r"run\.json: runs\[0\]\.state is no JSON object\."):
        agent.import_run(path)


@pytest.mark.parametrize("project", ["bad name", "../x", ""])
def test_a_project_that_no_tracker_could_open_is_refused(agent, tmp_path, project):
    """Before anything is taken in."""
    path = tmp_path / "run.json"
    agent.export(path)
    with pytest.raises(AgentError, match="A project's name has letters, digits and"):
        agent.import_run(path, project=project)


def test_a_name_of_several_words_is_quoted(agent, tmp_path):
    """In the line that says how to go on."""
    path = tmp_path / "run.json"
    agent.export(path)
    found = json.loads(path.read_text())
    found["runs"][0] |= {"label": "two words", "app_id": "other"}
    path.write_text(json.dumps(found))
    assert str(agent.import_run(path)).endswith('%agent use "two words" takes it into use')
    assert 'would go: 0 steps of its own. %agent delete "two words" --now removes it' in str(
        agent.delete("two words")
    )


@pytest.mark.parametrize("option", ["calls", "with_secrets"])
def test_flags_of_a_json_file_go_with_no_other(agent, option):
    """The sentence shows the line to type."""
    flag = f"--{option.replace('_', '-')}"
    with pytest.raises(CommandError, match=f"{flag} goes with a .json file: %agent export run.json {flag}"):
        agent.export("run.html", **{option: True})


BRANCHED = """
from notebook_agent import ApplicationBuilder
from notebook_agent.action import action
from notebook_agent.parallelism import MapStates


@action(reads=["n"], writes=["square"])
def square(state):
    return state.update(square=state["n"] ** 2)


class Squares(MapStates):
    reads = ["n"]
    writes = ["squares"]

    def action(self, state, inputs):
        return square

    def states(self, state, context, inputs):
        for n in range(3):
            yield state.update(n=n)

    def reduce(self, state, states):
        return state.update(squares=[each["square"] for each in states])


builder = ApplicationBuilder().with_actions(squares=Squares()).with_entrypoint("squares")
builder = builder.with_state(n=0).with_store("branches.db")
"""


def test_branches_go_with_their_run(notebook):
    """The sentence counts them, and those that stay."""
    notebook.cell(BRANCHED)
    notebook.cell("made = builder.build()")
    agent = notebook.agent
    agent.use("made")
    agent.run()
    name, branches = agent.workspace.label(), agent.app.history.children()
    assert "run.json: 1 step and 3 runs that they started, secrets masked" in str(agent.export("run.json"))
    agent.label("kept", branches[0].key.app_id)
    notebook.cell("made = builder.build()")
    agent.use("made")
    told = str(agent.delete(name))
    assert "would go: 1 step of its own and 2 branches of them (1 branch is pinned, labelled" in told
    agent.delete(name, now=True)
    assert ["kept"] == [run.label for run in agent.workspace.runs() if run.label == "kept"]
    assert 2 == len(agent.workspace.runs())


def test_a_name_of_several_runs_removes_none(agent):
    """Their ids are named, with what each holds; an id removes that one and says so."""
    ids = []
    for prompt in ("what is x", "write x"):
        agent.run(prompt=prompt)
        agent.label("x")
        ids.append(short_id(agent.app.uid))
        agent.use("chat")
    with pytest.raises(UnknownRunError) as refused:
        agent.delete("x", now=True)
    told = f"'x' names several runs: say which by its id ({ids[1]} with 4 steps, {ids[0]} with 4 steps)"
    assert told == str(refused.value)
    assert str(agent.delete(ids[0], now=True)).startswith(f"x ({ids[0]}) is gone, 4 steps of its own")
    assert str(agent.delete("x", now=True)).startswith(f"x ({ids[1]}) is gone")


def test_a_label_that_another_run_has_is_told(agent):
    """One of the same family is refused; of another one it is allowed, and said."""
    agent.label("x")
    first = short_id(agent.app.uid)
    agent.use("chat")
    name = agent.workspace.label()
    told = f"{name} is now called x; {first} of another family is called so too: each goes by its id"
    assert told == str(agent.label("x"))


def test_a_run_keeps_its_own_label(agent):
    """Giving it again changes nothing, and is no error."""
    agent.label("x")
    assert "x is called so already" == str(agent.label("x"))
    assert "x" == agent.workspace.label()


def test_a_file_that_is_there_is_not_written_over_unless_told(agent, tmp_path):
    """As with the file of a test."""
    path = tmp_path / "run.json"
    path.write_text("mine")
    with pytest.raises(CommandError, match=r"is there already and was left as it is: .* with --force$"):
        agent.export(path)
    assert "mine" == path.read_text()
    agent.export(path, force=True)
    assert "mine" != path.read_text()


def test_a_run_that_is_here_is_taken_in_under_another_project(agent, tmp_path):
    """The line says how it is taken into use from here."""
    agent.run(prompt="what is x")
    path, name = tmp_path / "run.json", agent.workspace.label()
    agent.export(path)
    told = str(agent.import_run(path, project="colleague"))
    assert told.endswith(f"%agent use {name} --project colleague takes it into use")
    agent.use(name, project="colleague")
    assert "colleague" == agent.app.key.project
    assert ["colleague", "demo"] == list(words(agent.workspace, "project"))


def test_the_beginning_of_several_names_is_said_to_be_that(agent):
    """Also where a graph or an application could have been meant."""
    agent.run(prompt="what is x")
    agent.fork("@1")
    with pytest.raises(UnknownRunError, match=r"'chat-' begins several runs' names"):
        agent.use("chat-")


def test_a_run_without_a_label_goes_by_its_id_in_short(agent):
    """As it is typed; of its only step no range is told."""
    agent.step(prompt="what is x")
    short = agent.app.uid[:8]
    assert str(agent.label(None)).endswith(f"it goes by its id, {short}")
    assert str(agent.status()).startswith(f"{short}: 6 actions, 1 step")
    with pytest.raises(UnknownStepError, match=re.escape(f"@9: {short} has 1 step (0)")):
        agent.state(f"{short}@9")
