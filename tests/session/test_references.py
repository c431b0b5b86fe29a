"""How a person names a run and a step."""

import pytest

from notebook_agent.errors import CommandError, UnknownRunError, UnknownStepError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.references import Reference, find_run, find_step, is_reference, read_reference
from notebook_agent.store.protocol import RunRecord, StepRecord

ACTIONS = ["prompt", "decide_mode", "answer", "response", "prompt"]


def step(seq: int, action: str) -> StepRecord:
    """Make a completed step."""
    ref = StepRef(RunKey("p", "7f3a"), seq)
    return StepRecord(ref, action, "completed", 0.0, 1.0, None, None, None, None, (), ())


def run(app_id: str, label: str | None) -> RunRecord:
    """Make a run without steps."""
    key = RunKey("p", app_id)
    return RunRecord(key, label, 0.0, 0.0, "prompt", None, None, None, None, None, None, 0)


STEPS = [step(seq, action) for seq, action in enumerate(ACTIONS)]
RUNS = [run("7f3aaa", "chat"), run("7f3bbb", None), run("c0ffee", "other")]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, Reference()),
        (5, Reference(step="5")),
        ("@5", Reference(step="5")),
        ("@-1", Reference(step="-1")),
        ("chat-7f3a@head", Reference(run="chat-7f3a", step="head")),
    ],
)
def test_references_are_read(where, expected):
    """A number, `@step` and `run@step` name a step."""
    assert read_reference(where) == expected


@pytest.mark.parametrize("text", ["5", "chat", "@", "chat@"])
def test_other_words_are_no_references(text):
    """What lacks an `@` or a step is refused with the forms there are."""
    assert not is_reference(text)
    with pytest.raises(CommandError, match="names no step: write @5, @-1, @head, @start, @ACTION or RUN@5"):
        read_reference(text)


def test_a_number_is_told_how_it_is_written():
    """It was meant as a step, and needs its `@`."""
    with pytest.raises(CommandError, match="'3' names no step: write @3, @-1, @head"):
        read_reference("3")


@pytest.mark.parametrize(
    ("name", "seq"),
    [
        ("0", 0),
        ("4", 4),
        ("-1", 4),
        ("-5", 0),
        ("head", 4),
        (None, 4),
        ("start", None),
        ("prompt", 4),
        ("answer", 2),
    ],
)
def test_steps_are_found(name, seq):
    """By number, from the end, by action (the last time), head and start."""
    assert find_step(name, STEPS, "chat") == seq


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("14", "@14: chat has 5 steps (0-4)"),
        ("-6", "@-6: chat has 5 steps (0-4)"),
        ("anser", "no step of chat ran 'anser'. Did you mean 'answer'?"),
        ("zzz", "no step of chat ran 'zzz'. (actions so far: prompt, decide_mode, answer, response)"),
    ],
)
def test_a_step_that_is_not_there_is_named_with_what_there_is(name, sentence):
    """The message carries the extent or the nearest name."""
    with pytest.raises(UnknownStepError) as caught:
        find_step(name, STEPS, "chat")
    assert str(caught.value) == sentence


def test_a_run_without_steps_has_only_its_start():
    """The head of a fresh run is its initial state."""
    assert find_step(None, [], "chat") is None


@pytest.mark.parametrize(("name", "app_id"), [("chat", "7f3aaa"), ("7f3b", "7f3bbb"), ("c0ffee", "c0ffee")])
def test_runs_are_found_by_label_or_unique_beginning(name, app_id):
    """A label, a whole id or enough of it."""
    assert find_run(name, RUNS).key.app_id == app_id


def test_a_name_means_the_run_of_the_family_first():
    """What two runs could be called is the branch at hand, whatever else the project holds."""
    assert find_run("7f3", RUNS, family=[RUNS[1]]).key.app_id == "7f3bbb"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("7f3", "'7f3' begins several runs' names (chat, 7f3bbb): write more of it"),
        ("othre", "no run is called 'othre'. Did you mean 'other'?"),
        ("zzz", "no run is called 'zzz'. (runs: chat, 7f3bbb, other)"),
    ],
)
def test_a_run_that_is_not_there_is_named_with_what_there_is(name, sentence):
    """The message carries the candidates or the nearest name."""
    with pytest.raises(UnknownRunError) as caught:
        find_run(name, RUNS)
    assert str(caught.value) == sentence
