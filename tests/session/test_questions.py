"""blame, watch, bisect and why as a person sees them."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action, when
from notebook_agent.errors import AgentError
from notebook_agent.session import Agent
from tests.servers import Answer, OpenAIServer


@action(reads=[], writes=["prompt"])
def ask(state, prompt):
    return state.update(prompt=prompt)


@action(reads=["prompt"], writes=["mode"])
def decide(state):
    return state.update(mode="image" if "draw" in state["prompt"] else "text")


@action(reads=["prompt", "mode"], writes=["log"])
def answer(state):
    return state.append(log=f"{state['mode']}: {state['prompt']}")


@pytest.fixture
def agent():
    """Three turns of ask -> decide -> answer or paint."""
    builder = ApplicationBuilder().with_actions(ask=ask, decide=decide, answer=answer, paint=answer)
    builder.with_transitions(
        ("ask", "decide"),
        ("decide", "paint", when(mode="image")),
        ("decide", "answer"),
        (["answer", "paint"], "ask"),
    )
    app = builder.with_entrypoint("ask").with_state(log=[]).with_identifiers(app_id="chat").build()
    for prompt in ("hello", "draw a pen", "bye"):
        app.run(halt_after=["answer", "paint"], inputs={"prompt": prompt})
    return Agent({}).use(app)


def test_blame_names_the_writer_and_what_it_was_made_from(agent):
    """One line each, latest first."""
    lines = str(agent.blame("log[1]")).splitlines()
    assert [
        "log[1] at {run}@8: written by @5 paint",
        "  'image: draw a pen'",
        "  code as it was then",
        '    @action(reads=["prompt", "mode"], writes=["log"])',
        "    def answer(state):",
        "        return state.append(log=f\"{state['mode']}: {state['prompt']}\")",
        "made from",
        "  mode: written by @4 decide  'image'",
        "  prompt: written by @3 ask  'draw a pen'",
    ] == [line.replace(agent.workspace.label(), "{run}") for line in lines]


def test_blame_of_the_start_looks_at_the_initial_state(agent):
    """And not at the head; of a fork at what that began with."""
    run = agent.workspace.label()
    assert f"log at {run}@start: there from the start\n  []\nmade from nothing in the state" == str(
        agent.blame("log", "@start")
    )
    with pytest.raises(AgentError, match=r"There is no prompt\. The state has: log\."):
        agent.blame("prompt", "@start")
    agent.fork("@4", state={"mode": "text"})
    assert agent.state("@start", "mode").value == agent.blame("mode", "@start").found.origin.value
    assert "mode at fork@start: edited by hand in the fork from" in str(
        agent.blame("mode", "@start")
    ).replace(agent.workspace.label(), "fork")
    assert ("step", 3) == (
        (origin := agent.blame("prompt", "@start").found.origin).kind,
        origin.step.seq,
    )


def test_blame_shows_the_code_as_it_was(agent):
    """Folded below the text."""
    html = agent.blame("mode").html()
    assert "def decide(state):" in html
    assert "<details>" in html


def test_blame_shows_the_first_lines_of_long_code(agent):
    """All of it is in the view, and folded on the page."""

    @action(reads=[], writes=["n"])
    def long(state):
        n = 0
        n += 1
        n += 1
        n += 1
        n += 1
        n += 1
        n += 1
        n += 1
        n += 1
        n += 1
        n += 1
        n += 1
        return state.update(n=n)

    app = ApplicationBuilder().with_actions(long).with_entrypoint("long").build()
    app.step()
    found = agent.use(app).blame("n")
    assert [
        "  code as it was then",
        *["        n += 1"] * 9,
        "    .. and 3 more lines",
        "made from nothing in the state",
    ] == [
        line
        for line in str(found).splitlines()
        if "n += 1" in line or line.startswith(("  code", "    ..", "made"))
    ]
    assert 15 == len(found.source.splitlines())
    assert 1 == found.html().count("return state.update(n=n)")
    assert 0 == found.html().count(".. and 3 more lines")


@action(reads=[], writes=["plan"])
def plan(state, client):
    asked = [{"role": "user", "content": "which tool?"}]
    reply = client.chat.completions.create(model="m", messages=asked)
    return state.update(plan=reply.choices[0].message.tool_calls[0].function.arguments)


@action(reads=["plan"], writes=["out"])
def say(state, client):
    asked = [{"role": "user", "content": state["plan"]}]
    return state.update(
        out=client.chat.completions.create(model="m", messages=asked).choices[0].message.content
    )


TOOL_REPLY = {
    "id": "c",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city": "Ghent"}'},
                    }
                ],
            },
        }
    ],
}


def test_blame_shows_the_calls_of_causes_and_the_tools_asked_for(agent):
    """One line each, below the step that made them."""
    import openai

    with OpenAIServer() as server:
        server.answer(Answer.of(TOOL_REPLY))
        client = openai.OpenAI(base_url=server.base_url, api_key="x", max_retries=0)
        builder = ApplicationBuilder().with_actions(
            plan=plan.bind(client=client), say=say.bind(client=client)
        )
        app = builder.with_transitions(("plan", "say")).with_entrypoint("plan").build()
        app.run(halt_after="say")
        client.close()
    lines = str(agent.use(app).blame("out")).splitlines()
    assert '    LLM call: m: \'which tool?\' → asks for weather({"city": "Ghent"})' == lines[-1]
    assert "  plan: written by @0 plan" in lines[-2]
    assert 2 == sum("LLM call: " in line for line in lines)


@action(reads=[], writes=["plan"])
def think(state, client):
    for n in range(5):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"thought {n}"}])
    return state.update(plan="p")


def test_blame_shows_the_first_calls_of_a_cause_that_made_many(agent):
    """And counts the others; those of the step itself are all there."""
    import openai

    with OpenAIServer() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key="x", max_retries=0)
        builder = ApplicationBuilder().with_actions(
            plan=think.bind(client=client), say=say.bind(client=client)
        )
        app = builder.with_transitions(("plan", "say")).with_entrypoint("plan").build()
        app.run(halt_after="say")
        client.close()
    agent.use(app)
    lines = str(agent.blame("out")).splitlines()
    assert [*(f"    LLM call: m: 'thought {n}'" for n in range(3)), "    .. and 2 more calls"] == [
        line.partition(" →")[0] for line in lines[-4:]
    ]
    assert 5 == str(agent.blame("plan")).count("LLM call: ")


def test_watch_lists_changes_and_plots_numbers(agent):
    """A bar for each checkpoint."""
    text = str(agent.watch("len(log)"))
    assert ": 3 changes" in text.splitlines()[0]
    assert "▁▁▁▃▃▃▆▆▆█" == text.splitlines()[1]
    assert ["@start", "@2", "@5", "@8"] == [line.split()[0] for line in text.splitlines()[3:]]
    assert "<img alt=" in agent.watch("len(log)").html()


def test_watch_of_words_has_no_plot(agent):
    """Only the table; where it raised is one line."""
    lines = str(agent.watch("mode")).splitlines()
    assert "3 changes, raised at 2 checkpoints" in lines[0]
    assert ["@start", "@1", "@4", "@7"] == [line.split()[0] for line in lines[2:]]


def test_bisect_says_where_it_first_fails(agent):
    """With the last good step; one that turns back is said so."""
    assert 4 == agent.bisect("'image' not in str(state)").first_bad
    text = str(agent.bisect("prompt != 'draw a pen'"))
    assert "first fails after @3 ask; it still held after @2 answer" in text
    assert "it does not stay so, it turns at: @3 false, @6 true" in text
    assert "undecided at 1 checkpoint, first @start" in text


def test_bisect_says_when_it_never_fails(agent):
    """In one sentence."""
    assert "holds at every checkpoint" in str(agent.bisect("len(log) < 9"))


def test_bisect_says_that_it_never_holds(agent):
    """There was no step before."""
    told = "len(log) > 9 never holds in app-chat"
    assert told == str(agent.bisect("len(log) > 9"))


def test_bisect_counts_where_it_could_not_be_decided(agent):
    """It does not hold where it raised."""
    text = str(agent.bisect("mode in ('text', 'image')")).replace(agent.workspace.label(), "{run}")
    assert (
        "mode in ('text', 'image') never fails in {run}: it holds at 8 of 10 checkpoints (undecided at 2 "
        "checkpoints, first @start: The state has no key 'mode'. It has: log.)"
    ) == text


def test_why_says_what_had_led_elsewhere(agent):
    """The smallest change."""
    assert "  it would be answer with mode = 'not image'" == str(agent.why("@5")).splitlines()[-1]
    assert "  it would be paint with mode = 'image'" == str(agent.why("@8")).splitlines()[-1]


@pytest.mark.parametrize(
    ("ask_for", "told"),
    [
        (lambda agent: agent.blame("log[7]"), "There is no log[7]. log has 3 items; the last one is log[2]."),
        (lambda agent: agent.blame("log["), "'log[' is no path into a state."),
        (lambda agent: agent.watch("len("), "'len(' is not an expression"),
        (lambda agent: agent.bisect("nothing"), "cannot be decided at any checkpoint"),
        (lambda agent: agent.watch("open('x')"), "open() cannot be called."),
    ],
)
def test_bad_questions_are_one_sentence(agent, ask_for, told):
    """What is wrong and what there is."""
    with pytest.raises(AgentError) as caught:
        ask_for(agent)
    assert told in str(caught.value)


def stopped_at(step):
    """Return a question during which a Stop comes."""
    asked = []

    def question(state):
        asked.append(state)
        if len(asked) > step + 2:
            raise KeyboardInterrupt
        return len(state["log"])

    return question


def test_a_stop_leaves_what_a_watch_had_found(agent):
    """And so it does for a bisection, which may have its answer by then."""
    text = str(agent.watch(stopped_at(4)))
    assert ": 1 change, stopped after @4: 4 checkpoints not looked at\n" in text
    assert "stopped before the first: 10 checkpoints not looked at" in str(agent.watch(stopped_at(-2)))
    assert str(agent.bisect(lambda state: stopped_at(4)(state) == 0)).startswith(
        "<lambda> first fails after @2"
    )
    slow = stopped_at(4)
    text = str(agent.bisect(lambda state: slow(state) == 0))
    assert text.endswith("it still held after @1 decide; stopped, 4 checkpoints not looked at")
    early = stopped_at(1)
    text = str(agent.bisect(lambda state: early(state) == 0))
    assert "<lambda> has not failed in 3 checkpoints of" in text
    assert text.endswith("; stopped, 7 checkpoints not looked at")
