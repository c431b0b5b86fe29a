"""Errors of the engine and the store, told in the words of a line."""

import pytest

import notebook_agent.store as stores
from notebook_agent.errors import AgentError, StoreError
from notebook_agent.session.spoken import spoken


def test_a_store_that_cannot_be_opened_names_the_setting(tmp_path):
    """No argument of a function that was not called."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        stores.open_store(tmp_path / "file" / "store.db")
    assert "read_only" not in spoken(caught.value)
    assert "%config AgentMagics.store" in spoken(caught.value)


def test_other_messages_stay_and_keep_to_one_line():
    """A line break would make an error look like output."""
    assert spoken(AgentError("what happened,\n  where")) == "what happened, where"


def test_a_conflict_names_commands():
    """A shell has no `app`."""
    error = AgentError(
        "Somebody else has moved the run p/1: it is at step 2 now, and not where you left it (the start). "
        "Resume it to go on from there: initialize_from(..) and with_identifiers(app_id='1'); or fork it "
        "where you are: app.fork(None)."
    )
    told = "%agent resume goes on from there; %agent fork @start from where you are."
    assert spoken(error).endswith(f"(the start). {told}")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("max_steps=-1: it is a number of steps.", "--max-steps -1: it is a number of steps."),
        ("max_cost=-1: it is in US dollars.", "--max-cost -1: it is in US dollars."),
        (
            "Wait until it is over, or close the stream: container.close().",
            "Wait until it is over, end it with %agent stop, or close the stream: container.close().",
        ),
    ],
)
def test_an_argument_is_named_as_it_was_typed(said, told):
    """And what a line can end is ended by one."""
    assert told == spoken(AgentError(said))


def test_a_secret_that_was_typed_is_masked():
    """The cell's output is saved."""
    token = "ghp_" + "a1B2c3D4e5" * 3 + "F6g7H8"
    assert "'[github-token]' names no step" == spoken(AgentError(f"{token!r} names no step"))
