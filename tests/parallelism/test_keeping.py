"""Where branches are kept: by savers of the user's own, and what they are paid from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from notebook_agent.application import ApplicationContext
from notebook_agent.calls import Budget
from notebook_agent.errors import ActionError, AgentError
from notebook_agent.persistence import BaseStateSaver, SQLitePersister
from tests.driving import Sync
from tests.parallelism.fans import doubling, fan, looping
from tests.servers import OpenAIServer


class Saver(BaseStateSaver):
    """Notes what it is given."""

    def __init__(self):
        self.saved = []

    def save(self, partition_key, app_id, sequence_id, position, state, status, **_):
        self.saved.append((app_id, position, status))


def test_the_parent_s_saver_is_given_the_steps_of_branches(driver):
    """Each under the branch's id."""
    saver = Saver()
    app = looping(fan(driver, doubling(driver))(), xs=[1, 2]).with_state_persister(saver).build()
    driver.step(app)
    expected = {(each.key.app_id, "double", "completed") for each in app.history.children()}
    assert expected | {(app.uid, "fan", "completed")} == set(saver.saved)


def test_branches_may_have_a_saver_of_their_own_or_none(driver):
    """As `state_persister` says."""
    own, parents = Saver(), Saver()

    class Own(fan(driver, doubling(driver))):
        def state_persister(self, **_):
            return own

    class Unsaved(fan(driver, doubling(driver))):
        def state_persister(self, **_):
            return None

    driver.step(looping(Own(), xs=[1]).build())
    driver.step(looping(Unsaved(), xs=[1]).with_state_persister(parents).build())
    assert (["double"], ["fan"]) == (
        [position for _, position, _ in own.saved],
        [position for _, position, _ in parents.saved],
    )


def test_a_persister_of_ours_keeps_the_whole_branch(driver, tmp_path):
    """As it does for an application."""
    persister = SQLitePersister(tmp_path / "branches.db")

    class Own(fan(driver, doubling(driver))):
        def state_persister(self, **_):
            return persister

    app = looping(Own(), xs=[1, 2]).build()
    driver.step(app)
    assert (2, []) == (len(persister.list_app_ids(None)), app.history.children())
    persister.store.close()


def test_an_async_saver_needs_branches_that_are_awaited():
    """Else it would be given nothing."""

    class Awaited(Saver):
        def is_async(self):
            return True

    class Own(fan(Sync(), doubling(Sync()))):
        def state_persister(self, **_):
            return Awaited()

    with pytest.raises(ActionError, match="a Awaited, is async"):
        looping(Own(), xs=[1]).build().step()


def test_a_tracker_is_one_of_ours():
    """Something else is refused by name."""

    class Own(fan(Sync(), doubling(Sync()))):
        def tracker(self, **_):
            return "somewhere"

    with pytest.raises(ActionError, match="are to be tracked by 'somewhere'"):
        looping(Own(), xs=[1]).build().step()


def test_branches_pay_from_the_budget_of_their_parent(driver):
    """Together they cannot spend more."""
    with OpenAIServer() as server:

        @driver.action(reads=["x"], writes=["y"])
        def ask(state):
            with openai.OpenAI(base_url=server.base_url, api_key="test", max_retries=0) as client:
                said = client.chat.completions.create(
                    model="small", messages=[{"role": "user", "content": f"about {state['x']}"}]
                )
            return state.update(y=said.choices[0].message.content)

        app = looping(fan(driver, ask)(), xs=[1, 2, 3]).with_budget(Budget(max_calls=2)).build()
        with pytest.raises(AgentError, match="The budget of 2 calls is spent"):
            driver.step(app)
        assert 2 == len(server.journal)


def test_the_executor_reaches_nested_branches():
    """As does what else the builder was given."""
    seen = []

    @Sync().action(reads=["x"], writes=["y"])
    def look(state, __context: ApplicationContext):
        seen.append(__context.parallel_executor_factory)
        return state.update(y=1)

    app = looping(fan(Sync(), look)(), xs=[1, 2]).with_parallel_executor(ThreadPoolExecutor).build()
    app.step()
    assert [ThreadPoolExecutor] * 2 == seen
