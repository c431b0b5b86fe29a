"""State as a pydantic model: checked where it is declared, where it is built, and where it is written."""

import asyncio
import inspect
import pydoc
from collections.abc import AsyncGenerator, Generator

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from notebook_agent import ApplicationBuilder, State, action, default, streaming_action
from notebook_agent.errors import (
    ActionError,
    GraphError,
    ResultError,
    RunError,
    StateError,
    StateTypeError,
    WriteError,
)
from notebook_agent.integrations.pydantic import PydanticTypingSystem
from notebook_agent.tracking import LocalTrackingClient
from notebook_agent.typing import TypingSystem


class Chat(BaseModel):
    prompt: str = ""
    history: list[dict] = []
    count: int = 0
    answer: str | None = None
    tags: set[str] = set()
    mode: str = Field(default="text", max_length=5)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question: str
    answer: str

    @field_validator("answer")
    @classmethod
    def not_empty(cls, value):
        if not value:
            raise ValueError("say something")
        return value


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    known: int = 0


class Token(BaseModel):
    text: str


@action.pydantic(reads=["prompt", "history"], writes=["history", "count"])
def turn(state: Chat, suffix: str = "") -> Chat:
    """Add a message."""
    state.history.append({"content": state.prompt + suffix})
    state.count += 1
    return state


def application(*actions, typing=None, state=None, **values):
    builder = ApplicationBuilder().with_actions(*actions)
    names = [each.__name__ for each in actions]
    builder.with_entrypoint(names[0]).with_transitions(
        *((one, other, default) for one, other in zip(names, [*names[1:], names[0]], strict=True))
    )
    if typing is not None:
        builder.with_typing(PydanticTypingSystem(typing))
    return builder.with_state(state, **values).build()


def step_with(function, **values):
    return application(function, **values).step()


class TestAction:
    """`@action.pydantic`."""

    def test_it_takes_and_gives_the_model(self):
        """What it changes in place is what the state gets."""
        app = application(turn, typing=Chat, state=Chat(prompt="hi"))
        _, result, state = app.step({"suffix": "!"})
        assert ({}, [{"content": "hi!"}], 1) == (result, state["history"], state["count"])

    def test_the_state_before_is_not_touched(self):
        """The model holds a copy."""
        app = application(turn, typing=Chat, state=Chat(prompt="hi", history=[{"content": "a"}]))
        before = app.state
        app.step()
        assert [{"content": "a"}] == before["history"]

    def test_it_works_on_a_state_without_a_typing_system(self):
        """The annotation says the model."""
        assert 1 == step_with(turn, prompt="hi")[2]["count"]

    def test_an_async_one_is_awaited(self):
        """With the same checks."""

        @action.pydantic(reads=["count"], writes=["count"])
        async def add(state: Chat) -> Chat:
            await asyncio.sleep(0)
            state.count += 1
            return state

        assert 1 == asyncio.run(application(add, state=None).astep())[2]["count"]

    def test_what_it_reads_is_noted_field_by_field(self):
        """Fields that it does not declare may be read; only what it changed is a write."""

        @action.pydantic(reads=["prompt", "count"], writes=["answer", "mode"])
        def reply(state: Chat) -> Chat:
            state.answer = state.prompt * len(state.history)
            return state

        app = application(reply, typing=Chat, state=Chat(prompt="a", history=[{}, {}]))
        app.step()
        step = app.history[0]
        assert (("prompt", "history"), ("answer",)) == (step.reads, step.writes)
        assert "aa" == app.state["answer"]

    def test_a_field_that_it_does_not_declare_cannot_be_set(self):
        """Neither assigned nor changed in place, nor in a model of its own."""

        @action.pydantic(reads=[], writes=[])
        def assign(state: Chat) -> Chat:
            state.count = 5
            return state

        @action.pydantic(reads=["history"], writes=[])
        def grow(state: Chat) -> Chat:
            state.history.append({})
            return state

        @action.pydantic(reads=[], writes=[])
        def lazily(state: Chat) -> Chat:
            state.tags.add("x")
            return state

        @action.pydantic(reads=[], writes=[])
        def make(state: Chat) -> Chat:
            return Chat(mode="code")

        for function, key in ((assign, "count"), (grow, "history"), (lazily, "tags"), (make, "mode")):
            with pytest.raises(WriteError, match=f"wrote '{key}', which it does not declare"):
                application(function, typing=Chat, state=Chat()).step()

    def test_a_model_of_its_own_gives_the_writes(self):
        """What that leaves at its default, beyond them, is passed over."""

        @action.pydantic(reads=["prompt"], writes=["answer"])
        def make(state: Chat) -> Chat:
            return Chat(answer=state.prompt)

        @action.pydantic(reads=["prompt"], writes=["answer"])
        def copy(state: Chat) -> Chat:
            return state.model_copy(update={"answer": "b"})

        state = Chat(prompt="p", count=3)
        assert ("p", 3) == tuple(
            step_with(make, typing=Chat, state=state)[2][key] for key in ("answer", "count")
        )
        assert ("b", 3) == tuple(
            step_with(copy, typing=Chat, state=state)[2][key] for key in ("answer", "count")
        )

    def test_another_model_may_come_out(self):
        """`state_output_type`, or the annotation of what is returned."""

        @action.pydantic(reads=["question"], writes=["answer"])
        def ask(state: Strict) -> Chat:
            return Chat(answer=state.question.upper())

        assert "WHY" == step_with(ask, question="why")[2]["answer"]

    def test_a_list_that_grew_is_extended(self, tmp_path):
        """So its cost on disk is that of the new item, however long it is."""
        tracker = LocalTrackingClient("tests", tmp_path)
        builder = ApplicationBuilder().with_actions(turn).with_transitions(("turn", "turn", default))
        long = [{"content": str(n) * 50} for n in range(2000)]
        app = builder.with_entrypoint("turn").with_tracker(tracker).with_state(history=long).build()
        app.step()
        old = app.state["history"]
        app.step()
        assert old[5] is app.state["history"][5]
        tracker.store.close()

    def test_a_value_that_does_not_fit_names_action_and_key(self):
        """Going in and coming out."""

        @action.pydantic(reads=["count"], writes=["mode"])
        def act(state: Chat) -> Chat:
            state.mode = "much too long"
            return state

        with pytest.raises(
            StateTypeError, match=r"act\(\): state\['count'\] does not fit Chat: .*integer"
        ) as caught:
            step_with(act, count="many")
        assert ("count", "act") == (caught.value.key, caught.value.action)
        with pytest.raises(
            StateTypeError, match=r"act\(\): state\['mode'\] does not fit Chat: .*at most 5"
        ) as caught:
            step_with(act, count=1)
        assert "mode" == caught.value.key

    def test_the_models_own_validators_count(self):
        """Also where other required fields are not there yet."""

        @action.pydantic(reads=[], writes=["answer"])
        def act(state: Strict) -> Strict:
            state.answer = ""
            return state

        with pytest.raises(StateTypeError, match="say something"):
            step_with(act)

    def test_a_missing_read_is_named(self):
        """With the fix."""

        @action.pydantic(reads=["question"], writes=["answer"])
        def act(state: Strict) -> Strict:
            return state

        with pytest.raises(StateTypeError, match=r"act\(\) reads 'question', which the state does not have"):
            step_with(act)

    def test_a_field_that_is_not_there_yet_is_an_attribute_error(self):
        """As of any object; one with a default has that."""
        seen = []

        @action.pydantic(reads=[], writes=[])
        def act(state: Strict) -> Strict:
            seen.append(getattr(state, "question", "nothing"))
            return state

        step_with(act)
        assert ["nothing"] == seen

    def test_arrays_are_compared_by_content(self):
        """`==` of arrays says nothing that is true or false."""

        class Data(BaseModel):
            model_config = ConfigDict(arbitrary_types_allowed=True)
            points: np.ndarray

        @action.pydantic(reads=["points"], writes=[], state_input_type=Data, state_output_type=Data)
        def look(state):
            assert 3 == len(state.points)
            return state

        @action.pydantic(reads=["points"], writes=[], state_input_type=Data, state_output_type=Data)
        def change(state):
            state.points[0] = 9
            return state

        assert 0 == step_with(look, points=np.arange(3))[2]["points"][0]
        with pytest.raises(WriteError, match="wrote 'points'"):
            step_with(change, points=np.arange(3))

    def test_something_else_than_a_model_is_refused(self):
        """Nothing is the common case."""

        @action.pydantic(reads=[], writes=[])
        def act(state: Chat) -> Chat:
            state.count  # noqa: B018

        with pytest.raises(ResultError, match=r"act\(\) returned nothing\. It must return the model"):
            step_with(act)

    def test_a_model_that_takes_any_key_does(self):
        """`extra="allow"`."""

        @action.pydantic(reads=["known"], writes=["new"])
        def act(state: Open) -> Open:
            return Open(known=1, new=2)

        assert 2 == step_with(act, known=1)[2]["new"]

    def test_it_can_be_bound_and_named(self):
        """As any action."""
        bound = turn.bind(suffix="?")
        app = (
            ApplicationBuilder().with_actions(ask=bound).with_entrypoint("ask").with_state(prompt="a").build()
        )
        assert "a?" == app.step()[2]["history"][0]["content"]

    def test_the_decorated_function_can_be_called(self):
        """With a model, as it was written."""
        assert 1 == turn(Chat()).count


class TestDeclaration:
    """What is wrong is said when it is decorated."""

    @pytest.mark.parametrize(
        ("what", "reads", "writes"), [("reads", ["promt"], []), ("writes", [], ["promt"])]
    )
    def test_a_key_that_is_no_field(self, what, reads, writes):
        """The nearest is offered."""
        with pytest.raises(ActionError, match=rf"act\(\): {what} has 'promt'.*Did you mean 'prompt'"):

            @action.pydantic(reads=reads, writes=writes)
            def act(state: Chat) -> Chat: ...

    def test_no_model_at_all(self):
        """Two ways to say it."""
        with pytest.raises(ActionError, match=r"cannot be told from its annotations.*state_input_type=Model"):

            @action.pydantic(reads=[], writes=[])
            def act(state): ...

    @pytest.mark.parametrize("wrong", [dict, State, int])
    def test_a_class_that_is_no_model(self, wrong):
        """It is named."""
        with pytest.raises(ActionError, match="no pydantic model"):
            action.pydantic(reads=[], writes=[], state_input_type=wrong)(lambda state: state)

    def test_the_decorator_is_a_plain_function_still(self):
        """Its signature, help and name are what they were."""
        assert ["reads", "writes", "tags", "effect"] == list(inspect.signature(action).parameters)
        assert ("action", "streaming_action") == (action.__name__, streaming_action.__name__)
        assert "Make a function, sync or async, an action." in pydoc.render_doc(action)
        assert "pydantic" in dir(action)
        assert [
            "reads",
            "writes",
            "state_input_type",
            "state_output_type",
            "stream_type",
            "tags",
            "effect",
        ] == list(inspect.signature(streaming_action.pydantic).parameters)


@streaming_action.pydantic(
    reads=["prompt"], writes=["answer"], state_input_type=Chat, state_output_type=Chat, stream_type=Token
)
def speak(state: Chat) -> Generator[tuple[Token, Chat | None], None, None]:
    for letter in state.prompt:
        yield Token(text=letter), None
    state.answer = state.prompt
    yield Token(text=state.prompt), state


@streaming_action.pydantic(reads=["prompt"], writes=["answer"], stream_type=Token | dict)
async def aspeak(state: Chat) -> AsyncGenerator[tuple[Token | dict, Chat | None], None]:
    for letter in state.prompt:
        yield {"text": letter}, None
    state.answer = state.prompt
    yield {}, state


class TestStream:
    """`@streaming_action.pydantic`."""

    def test_pieces_are_models(self):
        """The result is the last one's dict, and the state has what the model was given."""
        app = application(speak, typing=Chat, state=Chat(prompt="ab"))
        _, container = app.stream_result(halt_after=["speak"])
        assert [Token(text="a"), Token(text="b")] == list(container)
        result, state = container.get()
        assert ({"text": "ab"}, "ab") == (result, state.data.answer)
        assert [{"text": "a"}, {"text": "b"}] == [each["value"] for each in app.history.values(0).events]

    def test_an_async_one(self):
        """A union of classes too."""

        async def collect():
            app = application(aspeak, typing=Chat, state=Chat(prompt="ab"))
            _, container = await app.astream_result(halt_after=["aspeak"])
            return [each async for each in container], (await container.get())[1].data.answer

        assert ([{"text": "a"}, {"text": "b"}], "ab") == asyncio.run(collect())

    def test_a_piece_of_another_class_is_refused(self):
        """The class is named."""

        @streaming_action.pydantic(reads=[], writes=[], stream_type=Token)
        def act(state: Chat):
            yield {"text": "a"}, None

        app = application(act)
        with pytest.raises(ResultError, match=r"act\(\) yielded a dict, where stream_type says .*Token"):
            app.step()

    def test_a_stream_type_that_is_no_class(self):
        """When it is decorated."""
        with pytest.raises(ActionError, match="stream_type is dict"):
            streaming_action.pydantic(reads=[], writes=[], stream_type=dict[str, int])(speak)


@action(reads=["prompt"], writes=["count"])
def plain(state):
    return state.update(count=state["prompt"])


class TestApplication:
    """`with_typing`."""

    def test_the_data_is_the_model_everywhere(self):
        """In what a step returns, a fork and after an edit."""
        app = application(turn, typing=Chat, state=Chat(prompt="a"))
        state = app.step()[2]
        fork, again = app.fork(0), app.reopen()
        app.update_state(State({**app.state, "count": 7}))
        assert [1, 1, 1, 7] == [each.data.count for each in (state, fork.state, again.state, app.state)]
        assert isinstance(state.data, Chat)

    def test_the_data_is_a_copy(self):
        """Free to change."""
        app = application(turn, typing=Chat, state=Chat(history=[{}]))
        app.state.data.history.append({})
        assert [{}] == app.state["history"]

    def test_a_plain_action_is_checked_too(self):
        """The error names it and the key, and the step failed."""
        app = application(plain, typing=Chat, state=Chat(prompt="x"))
        with pytest.raises(
            StateTypeError, match=r"action 'plain' wrote what does not fit: state\['count'\]"
        ) as caught:
            app.step()
        assert ("plain", "count", "failed") == (caught.value.action, caught.value.key, app.history[0].status)

    def test_an_action_whose_keys_the_model_lacks_is_refused_at_build(self):
        """Before anything runs."""

        @action(reads=["propmt"], writes=[])
        def act(state): ...

        with pytest.raises(
            GraphError, match=r"'act' reads 'propmt', which Chat lacks\. Did you mean 'prompt'"
        ):
            application(act, typing=Chat)

    def test_the_first_state_is_checked(self):
        """Where it is built."""
        with pytest.raises(StateTypeError, match=r"state\['count'\]"):
            application(turn, typing=Chat, count="many")

    def test_state_and_typing_may_come_in_either_order(self):
        """The model becomes a state when it is built."""
        builder = ApplicationBuilder().with_actions(turn).with_entrypoint("turn").with_state(Chat(prompt="z"))
        assert "z" == builder.with_typing(PydanticTypingSystem(Chat)).build().state.data.prompt

    def test_a_model_without_its_typing_system_is_refused(self):
        """With the call that is missing."""
        with pytest.raises(RunError, match=r"with_typing\(PydanticTypingSystem\(Chat\)\)"):
            application(turn, state=Chat())

    @pytest.mark.parametrize("wrong", [Chat, dict, "Chat", 5])
    def test_what_is_no_typing_system_is_refused(self, wrong):
        """The class of the model is the common mistake."""
        with pytest.raises(StateError, match="no typing system"):
            ApplicationBuilder().with_typing(wrong)

    @pytest.mark.parametrize("wrong", [dict, Chat(), "Chat"])
    def test_a_typing_system_takes_a_model(self, wrong):
        """Its class."""
        with pytest.raises(StateError, match="takes a class of pydantic models"):
            PydanticTypingSystem(wrong)

    def test_a_required_key_that_is_missing_is_named(self):
        """When the data is asked for."""
        state = State({"question": "q"}, PydanticTypingSystem(Strict))
        with pytest.raises(StateTypeError, match="The state has no 'answer', which Strict needs") as caught:
            _ = state.data
        assert "answer" == caught.value.key

    def test_construct_state_checks_the_model(self):
        """Another one is refused."""
        system = PydanticTypingSystem(Chat)
        assert Chat(count=2) == system.construct_state(Chat(count=2)).data
        with pytest.raises(StateTypeError, match="The state's type is Chat"):
            system.construct_state(Strict(question="a", answer="b"))

    def test_a_typing_system_of_ones_own(self):
        """A subclass that says what the data is."""

        class Count(TypingSystem):
            def state_type(self):
                return int

            def construct_data(self, state):
                return state["count"]

            def construct_state(self, data):
                return State({"count": data}, self)

        builder = ApplicationBuilder().with_actions(turn).with_entrypoint("turn").with_typing(Count())
        assert 1 == builder.with_state(count=0).build().step()[2].data

    def test_a_resumed_run_is_typed(self, tmp_path):
        """What the store gives back."""
        tracker = LocalTrackingClient("tests", tmp_path)

        def build():
            builder = ApplicationBuilder().with_actions(turn).with_transitions(("turn", "turn", default))
            builder.with_typing(PydanticTypingSystem(Chat)).with_identifiers(app_id="a")
            return builder.initialize_from(tracker, True, Chat(prompt="q"), "turn").build()

        build().step()
        assert (1, "q") == (build().state.data.count, build().state.data.prompt)
        tracker.store.close()
