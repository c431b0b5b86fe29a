"""What is no value for a public call: one error that says what it takes, before anything happens."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

from notebook_agent import (
    Action,
    ApplicationBuilder,
    Condition,
    GraphBuilder,
    State,
    action,
    default,
    expr,
    on_error,
    when,
)
from notebook_agent.errors import (
    ActionError,
    AgentError,
    CallError,
    ConditionError,
    GraphError,
    InputError,
    ResultError,
    RunError,
    StateError,
)
from notebook_agent.parallelism import MapStates, SubGraphTask


@action(reads=["n"], writes=["n"])
def inc(state):
    return state.increment(n=1)


def counting(*parts):
    """Return a builder of a loop that counts."""
    builder = ApplicationBuilder().with_actions(inc=inc).with_transitions(("inc", "inc", *parts))
    return builder.with_state(n=0).with_entrypoint("inc")


CALLS = {
    "halt_after takes names, such as ['answer']; not 1.": {"halt_after": [1]},
    "halt_after takes names, such as ['answer']; not the function inc.": {"halt_after": [inc]},
    "halt_before takes names, such as ['answer']; not the function inc.": {"halt_before": inc},
    "max_steps='3': it is a number of steps, 1 or more.": {"max_steps": "3"},
    "max_steps=0: it is a number of steps, 1 or more.": {"max_steps": 0},
    "max_steps=1.5: it is a number of steps, 1 or more.": {"max_steps": 1.5},
    "inputs takes values by name, such as {'prompt': 'hello'}; not [1].": {"inputs": [1]},
    "inputs: names are strings, and 1 is a int.": {"inputs": {1: 2}},
}


@pytest.mark.parametrize(("told", "given"), CALLS.items())
def test_a_run_call_says_what_it_takes(told, given):
    """And no step is made."""
    app = counting().build()
    with pytest.raises((RunError, InputError), match=re.escape(told)):
        app.run(**given)
    assert 0 == len(app.history)


STATES = {
    "State takes values by name, such as {'prompt': 'hello'}; not [1].": lambda: State([1]),
    "merge takes values by name, such as {'prompt': 'hello'}; not 3.": lambda: State().merge(3),
    "extend(l='ab'): it takes the items in a list": lambda: State().extend(l="ab"),
    "extend(l=3): it takes the items in a list": lambda: State().extend(l=3),
    "wipe takes names, such as ['prompt']; not 3.": lambda: State().wipe(delete=3),
    "subset takes names, such as ['prompt']; not 3.": lambda: State().subset(3),
    "update_state takes a State, such as app.state.update(key=..); not {'n': 1}.": (
        lambda: counting().build().update_state({"n": 1})
    ),
}


@pytest.mark.parametrize(("told", "call"), STATES.items())
def test_a_state_says_what_it_takes(told, call):
    """Each of its methods."""
    with pytest.raises(StateError, match=re.escape(told)):
        call()


def test_wipe_takes_one_name_too():
    """Not each of its letters."""
    assert {"a": 1} == State({"a": 1, "ab": 2}).wipe(delete="ab")


BUILDERS = {
    "with_entrypoint takes the name of an action: with_entrypoint('inc')": (
        GraphError,
        lambda b: b.with_entrypoint(inc),
    ),
    "with_graph takes a graph": (GraphError, lambda b: b.with_graph(3)),
    "with_parallel_executor takes a concurrent.futures.Executor": (
        RunError,
        lambda b: b.with_parallel_executor(3),
    ),
    "with_identifiers(app_id=3): it is text, such as '3'.": (RunError, lambda b: b.with_identifiers(3)),
    "sequence_id=-5: it is the number of a step, 0 or more.": (
        RunError,
        lambda b: b.with_identifiers(sequence_id=-5),
    ),
    "with_store takes a path, an open store, or None for no history; not 3.": (
        RunError,
        lambda b: b.with_store(3),
    ),
    "A project's name has letters, digits and _ - . : only; not 3.": (
        AgentError,
        lambda b: b.with_tracker(project=3),
    ),
    "params={'storage': ..}: a LocalTrackingClient takes storage_dir, durability, redact_state. "
    "Did you mean 'storage_dir'?": (RunError, lambda b: b.with_tracker(params={"storage": 1})),
    "Write with_hooks(OpenTelemetryBridge())": (RunError, lambda b: b.with_tracker(use_otel_tracing=True)),
    "backoff='a': it is in seconds, 0 or more.": (ActionError, lambda b: b.with_policy(backoff="a")),
    "backoff=nan: it is in seconds, 0 or more.": (ActionError, lambda b: b.with_policy(backoff=float("nan"))),
    "timeout='a': None for no limit; else it is in seconds, above 0.": (
        ActionError,
        lambda b: b.with_policy(timeout="a"),
    ),
    "retries=1.5: it is a number of further attempts, 0 or more.": (
        ActionError,
        lambda b: b.with_policy(retries=1.5),
    ),
}


@pytest.mark.parametrize(("told", "call"), BUILDERS.items())
def test_a_builder_says_what_it_takes(told, call):
    """At the call, not at the build or in the run."""
    kind, act = call
    with pytest.raises(kind, match=re.escape(told)):
        act(ApplicationBuilder())


CONDITIONS = {
    "expr takes an expression as text, such as expr('n < 10'); not 3.": lambda: expr(3),
    "n=1 & 3: both sides are conditions": lambda: when(n=1) & 3,
    "n=1 | 'a': both sides are conditions": lambda: when(n=1) | "a",
    "Condition.lmda takes a function of the state; not 3.": lambda: Condition.lmda(3, ["n"]),
    "state_keys takes names, such as ['prompt']; not 3.": lambda: Condition.lmda(bool, 3),
}


@pytest.mark.parametrize(("told", "call"), CONDITIONS.items())
def test_a_condition_says_what_it_takes(told, call):
    """Each way to make one."""
    with pytest.raises(ConditionError, match=re.escape(told)):
        call()


def test_a_condition_that_raises_is_named():
    """The error keeps its type; its note says which edge."""

    def broken(state):
        return state["n"] / 0

    app = counting(Condition.lmda(broken, ["n"])).build()
    app.step()
    with pytest.raises(ZeroDivisionError) as caught:
        app.step()
    assert ["Raised by the condition lmda_broken_ of the edge inc -> inc."] == caught.value.__notes__
    assert "completed" == app.history[0].status


class Whole(Action):
    reads, writes = ("n",), ("n",)

    def run(self, state):
        return {"n": 1}

    def update(self, result, state):
        """Forget to return the state."""


def test_a_class_whose_update_returns_nothing_is_told():
    """It says what came, and what is due."""
    app = ApplicationBuilder().with_actions(inc=Whole()).with_state(n=0).with_entrypoint("inc").build()
    with pytest.raises(ResultError, match="returned a pair of dict and NoneType, not"):
        app.step()


def test_a_branch_starts_with_a_state():
    """A dict is none."""
    with pytest.raises(ActionError, match=r"A branch starts with a State, .* not \{'n': 1\}"):
        SubGraphTask(inc, state={"n": 1})


def test_a_map_over_dicts_is_told():
    """`states` yields states."""

    class Fan(MapStates):
        reads, writes = ("n",), ("n",)

        def action(self, state, inputs):
            return inc

        def states(self, state, context, inputs):
            yield {"n": 1}

        def reduce(self, state, states):
            return state

    app = ApplicationBuilder().with_actions(fan=Fan()).with_state(n=0).with_entrypoint("fan").build()
    with pytest.raises(ActionError, match="A branch starts with a State"):
        app.step()


def test_a_policy_takes_a_list_of_exceptions():
    """As well as a tuple."""
    graph = GraphBuilder().with_actions(inc=inc).with_policy("inc", on=[ValueError, OSError]).build()
    assert (ValueError, OSError) == graph.get_action("inc").policy.on


def test_a_condition_that_raises_stop_iteration_is_named():
    """It would end the run loop without a word."""
    app = counting(Condition.lmda(lambda state: next(iter(())), ["n"])).build()
    app.step()
    with pytest.raises(ConditionError, match="of the edge 'inc' -> 'inc' raised StopIteration"):
        app.step()


@pytest.mark.parametrize("mode", ["Strict", "strikt", None])
def test_a_ledger_mode_is_one_of_three(mode):
    """A misspelt one would let calls leave."""
    with pytest.raises(CallError, match="it is one of auto, fresh, strict"):
        ApplicationBuilder().with_ledger(mode)
    app = counting().build()
    with pytest.raises(CallError, match="it is one of auto, fresh, strict"):
        app.ledger = mode
    assert "auto" == app.ledger


@pytest.mark.parametrize("alone", [default, on_error(OSError)], ids=["default", "on_error"])
@pytest.mark.parametrize(
    "combined",
    [
        lambda alone: ~alone,
        lambda alone: alone & when(n=1),
        lambda alone: when(n=1) | alone,
    ],
    ids=["not", "and", "or"],
)
def test_an_edge_that_stands_alone_combines_with_no_condition(combined, alone):
    """`when(..) | default` would hide that no edge after it is ever taken."""
    with pytest.raises(ConditionError, match=r"combines with no|has no other condition"):
        combined(alone)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_application_is_not_copied(copied):
    """Two would write one run; the message names what to do instead."""
    with pytest.raises(RunError, match=re.escape("Use app.fork(None) for a run of its own")):
        copied(counting().build())
