"""Persisters of ours keep the whole history; savers and loaders of a user's own are told and asked."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest

from notebook_agent import ApplicationBuilder, State, action, default, expr
from notebook_agent.errors import (
    ForkError,
    RunConflictError,
    RunError,
    RunExistsError,
    StateError,
    StoreFormatError,
    UnknownRunError,
    UnknownStepError,
)
from notebook_agent.integrations.persisters.b_aiosqlite import AsyncSQLitePersister
from notebook_agent.persistence import (
    AsyncBaseStatePersister,
    AsyncInMemoryPersister,
    BaseStateLoader,
    BaseStatePersister,
    BaseStateSaver,
    DevNullPersister,
    InMemoryPersister,
    PersistedStateData,
    SQLitePersister,
    SQLLitePersister,
)
from notebook_agent.tracking import LocalTrackingClient


@action(reads=["n"], writes=["n"])
def count(state):
    return state.increment(n=1)


@action(reads=["n"], writes=["log"])
def note(state):
    if state["n"] == 3:
        raise ValueError("three")
    return state.append(log=state["n"])


@action(reads=["n"], writes=["log"])
def mended(state):
    return state.append(log=state["n"])


def builder(note=note):
    made = ApplicationBuilder().with_actions(count=count, note=note)
    return made.with_transitions(("count", "note", default), ("note", "count", default))


def begun(persister, note=note, *, at_next=True, ids=None, saver=None, **fork):
    """Build an application that begins from a persister."""
    made = builder(note).initialize_from(persister, at_next, {"n": 0, "log": []}, "count", **fork)
    if saver is not None:
        made.with_state_persister(saver)
    return made.with_identifiers(**({"app_id": "run"} if ids is None else ids)).build()


class Notebook(BaseStatePersister):
    """A persister of a user's own: a list of what it was told."""

    def __init__(self, *, ready=True):
        self.rows = []
        self.ready = ready
        self.failing = False

    def initialize(self):
        self.ready = True

    def is_initialized(self):
        return self.ready

    def list_app_ids(self, partition_key, **kwargs):
        return list(
            dict.fromkeys(row["app_id"] for row in self.rows if row["partition_key"] == partition_key)
        )

    def load(self, partition_key, app_id, sequence_id=None, **kwargs):
        rows = [row for row in self.rows if (row["partition_key"], row["app_id"]) == (partition_key, app_id)]
        return next((row for row in reversed(rows) if sequence_id in {None, row["sequence_id"]}), None)

    def save(self, partition_key, app_id, sequence_id, position, state, status, **kwargs):
        if self.failing:
            raise OSError("the disk is gone")
        row = PersistedStateData(
            partition_key=partition_key,
            app_id=app_id,
            sequence_id=sequence_id,
            position=position,
            state=state,
            created_at=datetime.now(UTC).isoformat(),
            status=status,
        )
        self.rows.append(row)

    @property
    def told(self):
        return [(row["sequence_id"], row["position"], row["status"], row["state"]["n"]) for row in self.rows]


class AsyncNotebook(AsyncBaseStatePersister):
    """The same, awaited."""

    def __init__(self):
        self.plain = Notebook()

    async def is_initialized(self):
        return self.plain.is_initialized()

    async def list_app_ids(self, partition_key, **kwargs):
        return self.plain.list_app_ids(partition_key)

    async def load(self, *key, **kwargs):
        await asyncio.sleep(0)
        return self.plain.load(*key)

    async def save(self, *checkpoint, **kwargs):
        await asyncio.sleep(0)
        self.plain.save(*checkpoint)


@pytest.fixture(params=["sqlite", "memory", "own"])
def persister(request, tmp_path):
    made = {
        "sqlite": lambda: SQLitePersister(tmp_path / "state.db", "chats"),
        "memory": InMemoryPersister,
        "own": Notebook,
    }[request.param]()
    yield made
    if isinstance(made, SQLitePersister):
        made.cleanup()


@pytest.fixture
def tracker(tmp_path):
    tracker = LocalTrackingClient("tests", tmp_path / "tracked")
    yield tracker
    tracker.store.close()


class TestAnyPersister:
    """What holds for ours and for a user's own."""

    def test_a_run_goes_on_after_its_last_step(self, persister):
        """At the next action, with the next number."""
        begun(persister, saver=persister).run(halt_after=["count"])
        app = begun(persister, saver=persister)
        assert (0, "note", {"n": 1, "log": []}) == (app.sequence_id, app.get_next_action().name, app.state)
        app.step()
        assert (1, [1]) == (app.sequence_id, persister.load(None, "run")["state"]["log"])

    def test_a_failed_step_is_made_again_under_the_next_number(self, persister):
        """With the action that failed, mended or not."""
        app = begun(persister, saver=persister)
        with pytest.raises(ValueError, match="three"):
            app.run(halt_after=[])
        loaded = persister.load(None, "run")
        assert (5, "note", "failed", 3) == (
            loaded["sequence_id"],
            loaded["position"],
            loaded["status"],
            loaded["state"]["n"],
        )
        again = begun(persister, mended, saver=persister)
        assert ("note", 5) == (again.get_next_action().name, again.sequence_id)
        again.step()
        assert (6, [1, 2, 3]) == (again.sequence_id, again.state["log"])

    def test_it_can_start_at_the_entrypoint_with_any_store(self, persister):
        """`resume_at_next_action=False` keeps the state and the numbers."""
        begun(persister, saver=persister).run(halt_after=["count"])
        app = begun(persister, at_next=False, saver=persister)
        app.step()
        assert (1, 2) == (app.sequence_id, app.state["n"])

    def test_nothing_to_load_begins_with_the_defaults(self, persister):
        """As a new run."""
        app = begun(persister)
        assert (None, {"n": 0, "log": []}, "count") == (
            app.sequence_id,
            app.state,
            app.get_next_action().name,
        )

    def test_a_fork_goes_on_under_its_own_id(self, persister):
        """At the number after the step it was forked from; its parent stays as it is."""
        begun(persister, saver=persister).run(halt_after=["note"])
        before = persister.load(None, "run")
        fork = begun(persister, saver=persister, ids={}, fork_from_app_id="run", fork_from_sequence_id=0)
        assert ("run", None, 0) == (
            fork.parent_pointer.app_id,
            fork.parent_pointer.partition_key,
            fork.parent_pointer.sequence_id,
        )
        fork.step()
        assert (1, "note") == (fork.sequence_id, persister.load(None, fork.uid)["position"])
        assert before == persister.load(None, "run")

    def test_w3_a_fork_can_be_resumed_rewound_and_forked(self, persister):
        """Its numbers go on from its parent's."""
        begun(persister, saver=persister).run(halt_after=["note"])
        fork = begun(
            persister,
            saver=persister,
            ids={"app_id": "fork"},
            fork_from_app_id="run",
            fork_from_sequence_id=1,
        )
        fork.step()
        back = begun(persister, saver=persister, ids={"app_id": "fork"})
        assert (2, {"n": 2, "log": [1]}) == (back.sequence_id, back.state)
        again = begun(
            persister,
            saver=persister,
            ids={"app_id": "third"},
            fork_from_app_id="fork",
            fork_from_sequence_id=2,
        )
        again.step()
        assert (3, [1, 2]) == (again.sequence_id, again.state["log"])

    def test_w4_going_back_in_place_makes_a_fork(self, persister, caplog):
        """No number is used twice, and it says so."""
        begun(persister, saver=persister).run(halt_after=["note"])
        app = begun(persister, saver=persister, ids={"app_id": "run", "sequence_id": 0})
        app.step()
        assert app.uid != "run"
        assert f"The run run has gone on after step 0: {app.key.short} is a fork there." in caplog.text
        assert ([1], 1) == (app.state["log"], app.sequence_id)
        assert 1 == persister.load(None, "run")["sequence_id"]

    def test_the_last_number_by_name_is_no_going_back(self, persister):
        """The run goes on."""
        begun(persister, saver=persister).run(halt_after=["note"])
        assert "run" == begun(persister, ids={"app_id": "run", "sequence_id": 1}).uid

    def test_values_can_be_put_over_the_checkpoint(self, persister):
        """`override_state_values`."""
        begun(persister, saver=persister).run(halt_after=["count"])
        app = begun(persister, saver=persister, override_state_values={"n": 40})
        app.run(halt_after=["count"])
        assert (41, [40]) == (app.state["n"], app.state["log"])

    def test_w5_a_fresh_tracker_may_keep_the_run_from_then_on(self, persister, tracker):
        """Its history begins with the checkpoint that was loaded."""
        begun(persister, saver=persister).run(halt_after=["note"])
        made = builder().initialize_from(persister, True, {"n": 0}, "count").with_state_persister(persister)
        app = made.with_tracker(tracker).with_identifiers(app_id="run").build()
        app.step()
        assert [(1, "note"), (2, "count")] == [(step.seq, step.action) for step in app.history]
        assert {"n": 1, "log": [1]} == app.history.at(1)
        assert 2 == persister.load(None, "run")["sequence_id"]
        again = builder().initialize_from(tracker, True, {}, "count").with_tracker(tracker)
        assert (2, "note") == (
            again.with_identifiers(app_id="run").build().sequence_id,
            again.with_identifiers(app_id="run").build().get_next_action().name,
        )

    def test_a_fork_of_nothing_is_an_error(self, persister):
        """Never a quiet start from the defaults."""
        with pytest.raises(UnknownRunError, match="nobody"):
            begun(persister, fork_from_app_id="nobody")

    def test_a_fork_onto_itself_is_an_error(self, persister):
        """The id is named."""
        begun(persister, saver=persister).run(halt_after=["note"])
        with pytest.raises(ForkError, match="needs an id of its own"):
            begun(persister, saver=persister, fork_from_app_id="run")

    def test_partitions_are_apart(self, persister):
        """The same id in two is two runs."""
        begun(persister, saver=persister, ids={"app_id": "run", "partition_key": "ann"}).step()
        begun(persister, saver=persister, ids={"app_id": "run", "partition_key": "bob"}).run(
            halt_after=["note"]
        )
        assert [0, 1] == [persister.load(who, "run")["sequence_id"] for who in ("ann", "bob")]
        assert ["run"] == persister.list_app_ids("ann")

    def test_no_history_at_all_works_too(self, persister):
        """`with_store(None)`, for bare speed."""
        begun(persister, saver=persister).run(halt_after=["count"])
        made = builder().initialize_from(persister, True, {}, "count").with_state_persister(persister)
        app = made.with_identifiers(app_id="run").with_store(None).build()
        app.step()
        assert (1, [1], None) == (app.sequence_id, app.state["log"], app.store)
        assert (1, "note") == (
            persister.load(None, "run")["sequence_id"],
            persister.load(None, "run")["position"],
        )


class TestOurs:
    """Persisters over the store."""

    def test_the_whole_history_is_there(self, tmp_path):
        """Not only the states: steps, reasons, code."""
        with SQLitePersister.from_values(tmp_path / "s.db") as persister:
            begun(persister, saver=persister).run(halt_after=["note"])
            app = begun(persister, saver=persister)
            assert ["count", "note"] == [step.action for step in app.history]
            assert app.history[0].code is not None
            assert persister.store is app.store

    def test_w3_a_fork_that_has_not_run_yet_is_resumed(self, tmp_path):
        """It stands where it was forked."""
        persister = SQLitePersister(tmp_path / "s.db")
        begun(persister, saver=persister).run(halt_after=["note"])
        begun(persister, ids={"app_id": "f"}, fork_from_app_id="run", fork_from_sequence_id=0)
        app = begun(persister, ids={"app_id": "f"})
        assert (0, 1, "note") == (app.sequence_id, app.state["n"], app.get_next_action().name)
        early = begun(persister, ids={"app_id": "f", "sequence_id": 0})
        assert "f" == early.uid
        persister.cleanup()

    def test_w6_an_earlier_checkpoint_never_changes(self):
        """Whatever is done to the state after."""
        persister = InMemoryPersister()
        begun(persister, saver=persister, note=mended).run(halt_after=["note"], inputs={})
        app = begun(persister, saver=persister, note=mended)
        for _ in range(4):
            app.step()
        assert [[], [1], [1], [1, 2]] == [
            persister.load(None, "run", seq)["state"]["log"] for seq in range(4)
        ]

    def test_w7_types_come_back(self, tmp_path):
        """A tuple is a tuple."""
        persister = SQLitePersister(tmp_path / "s.db")
        persister.save("p", "a", 0, "go", State({"k": (1, {2}, float("inf"), b"x")}), "completed")
        assert (1, {2}, float("inf"), b"x") == persister.load("p", "a")["state"]["k"]
        persister.cleanup()

    def test_checkpoints_can_be_saved_and_loaded_by_hand(self):
        """From any first number on, one after another."""
        persister = InMemoryPersister()
        for seq in (3, 4):
            persister.save("p", "a", seq, f"act{seq}", State({"n": seq}), "completed")
        persister.save("p", "a", 5, "act5", State({"n": 4}), "failed")
        loaded = persister.load("p", "a")
        assert ("p", "a", 5, "act5", {"n": 4}, "failed") == tuple(
            loaded[key] for key in ("partition_key", "app_id", "sequence_id", "position", "state", "status")
        )
        assert datetime.fromisoformat(loaded["created_at"]).tzinfo is not None
        assert {"n": 3} == persister.load("p", "a", 3)["state"]
        assert (None, None, None) == (
            persister.load("p", "a", 2),
            persister.load(None, "a"),
            persister.load("p", None),
        )
        assert (["a"], []) == (persister.list_app_ids("p"), persister.list_app_ids())

    def test_a_number_is_saved_once_and_in_order(self):
        """The error says which is due."""
        persister = InMemoryPersister()
        persister.save(None, "a", 0, "act", State(), "completed")
        for seq in (0, 2):
            with pytest.raises(RunConflictError, match="it stands at step 0, so step 1 is due"):
                persister.save(None, "a", seq, "act", State(), "completed")

    def test_a_run_saved_by_hand_goes_on(self):
        """Its first steps have no reasons; the next one has its number."""
        persister = InMemoryPersister()
        persister.save(None, "run", 7, "count", State({"n": 1, "log": []}), "completed")
        app = begun(persister, saver=persister)
        app.step()
        assert (8, [1]) == (app.sequence_id, app.state["log"])
        assert [7, 8] == [step.seq for step in app.history]
        fork = app.fork(7)
        fork.step()
        first = app.fork(None)
        first.step()
        assert (8, 8 - 1) == (fork.sequence_id, first.sequence_id)

    def test_a_status_is_one_of_two(self):
        """Another is refused."""
        with pytest.raises(StateError, match="'completed' or 'failed'"):
            InMemoryPersister().save(None, "a", 0, "act", State(), "done")

    def test_two_names_share_a_file(self, tmp_path):
        """Their runs are apart."""
        one, two = SQLitePersister(tmp_path / "s.db", "one"), SQLLitePersister(tmp_path / "s.db", "two")
        begun(one, saver=one).step()
        assert ([], ["run"]) == (two.list_app_ids(), one.list_app_ids())
        one.cleanup()
        two.cleanup()

    def test_another_programs_file_is_refused(self, tmp_path):
        """It is left as it is."""
        (tmp_path / "s.db").write_text("hello")
        with pytest.raises(StoreFormatError):
            SQLitePersister(tmp_path / "s.db")

    def test_a_tracker_wins_and_the_persister_is_told(self, tmp_path, tracker):
        """Both have every step."""
        persister = SQLitePersister(tmp_path / "s.db")
        made = builder().with_entrypoint("count").with_state(n=0, log=[]).with_tracker(tracker)
        app = made.with_state_persister(persister).with_identifiers(app_id="run").build()
        app.run(halt_after=["note"])
        assert (tracker.store, 2) == (app.store, len(app.history))
        assert (1, {"n": 1, "log": [1]}) == (
            persister.load(None, "run")["sequence_id"],
            persister.load(None, "run")["state"],
        )
        persister.cleanup()

    def test_saving_only_needs_no_initialize_from(self):
        """A taken id is an error, no second start."""
        persister = InMemoryPersister()

        def make():
            made = builder().with_entrypoint("count").with_state(n=0).with_state_persister(persister)
            return made.with_identifiers(app_id="run").build()

        make().step()
        with pytest.raises(RunExistsError, match="'run' already"):
            make()

    def test_going_back_past_the_fork_point_or_the_head(self):
        """The first is a fork of its past, the second an error."""
        persister = InMemoryPersister()
        begun(persister, saver=persister).run(halt_after=["note"])
        begun(persister, ids={"app_id": "f"}, fork_from_app_id="run", fork_from_sequence_id=1).step()
        assert 0 == begun(persister, ids={"app_id": "f", "sequence_id": 0}).sequence_id
        with pytest.raises(UnknownStepError, match="no step 9"):
            begun(persister, ids={"app_id": "f", "sequence_id": 9})

    def test_nothing_is_kept_by_dev_null(self):
        """For trying things."""
        app = begun(DevNullPersister(), saver=DevNullPersister())
        app.step()
        assert (None, [], 0) == (
            DevNullPersister().load(None, "run"),
            DevNullPersister().list_app_ids(None),
            app.sequence_id,
        )


class TestTheirs:
    """A user's own saver and loader."""

    def test_the_saver_is_told_each_step(self):
        """Once, with the action and how it ended."""
        saver = Notebook()
        app = begun(DevNullPersister(), saver=saver)
        with pytest.raises(ValueError, match="three"):
            app.run(halt_after=[])
        assert [
            *((0, "count", "completed", 1), (1, "note", "completed", 1), (2, "count", "completed", 2)),
            *((3, "note", "completed", 2), (4, "count", "completed", 3), (5, "note", "failed", 3)),
        ] == saver.told

    def test_a_saver_that_fails_loses_nothing(self):
        """The step is in the history; the error reaches the caller; the run goes on."""
        saver = Notebook()
        app = begun(DevNullPersister(), saver=saver)
        saver.failing = True
        with pytest.raises(OSError, match="the disk is gone"):
            app.step()
        assert ("completed", {"n": 1, "log": []}) == (app.history[0].status, app.history.at(0))
        saver.failing = False
        app.step()
        assert [(1, "note", "completed", 1)] == saver.told

    def test_a_saver_that_fails_does_not_hide_the_actions_error(self):
        """It is noted on it."""
        saver = Notebook()
        app = begun(DevNullPersister(), saver=saver, override_state_values={"n": 2})
        app.step()
        saver.failing = True
        with pytest.raises(ValueError, match="three") as caught:
            app.step()
        assert any("OSError: the disk is gone" in note for note in caught.value.__notes__)

    def test_an_interrupted_step_is_saved_as_failed(self):
        """Never as completed."""

        @action(reads=[], writes=["n"])
        def stop(state):
            raise KeyboardInterrupt

        saver = Notebook()
        made = ApplicationBuilder().with_actions(stop).with_entrypoint("stop").with_state(n=0)
        with pytest.raises(KeyboardInterrupt):
            made.with_state_persister(saver).build().step()
        assert [(0, "stop", "failed", 0)] == saver.told

    def test_building_twice_gives_two_that_are_told_once_each(self):
        """No saver is registered twice."""
        saver = Notebook()
        made = builder().with_entrypoint("count").with_state(n=0).with_state_persister(saver)
        one, two = made.build(), made.build()
        one.step()
        two.step()
        assert (2, 2) == (len(saver.rows), len({one.uid, two.uid}))

    def test_one_that_is_not_initialized_is_refused(self):
        """The call that is missing is named."""
        for made in (
            builder().with_entrypoint("count").with_state(n=0).with_state_persister(Notebook(ready=False)),
            builder().initialize_from(Notebook(ready=False), True, {}, "count"),
        ):
            with pytest.raises(
                RunError, match=re.escape("Notebook is not initialized. Call its initialize()")
            ):
                made.build()

    @pytest.mark.parametrize("state", [None, 5])
    def test_a_loader_must_give_a_checkpoint(self, state):
        """Or None."""
        loader = Notebook()
        loader.rows.append({"partition_key": None, "app_id": "run", "sequence_id": 0, "position": "count"})
        loader.rows[0] |= {"state": state, "status": "completed"}
        with pytest.raises(RunError, match=r"Notebook\.load gave .*no checkpoint"):
            begun(loader)

    def test_a_loader_may_give_a_plain_dict_as_the_state(self):
        """It becomes one."""
        loader = Notebook()
        loader.save(None, "run", 3, "count", {"n": 1, "log": []}, "completed")
        app = begun(loader)
        app.step()
        assert (4, [1]) == (app.sequence_id, app.state["log"])

    def test_an_edited_checkpoint_counts(self, tracker):
        """What the loader says is where the run goes on, also where its history is known."""
        saver = Notebook()

        def build():
            made = builder().initialize_from(saver, True, {"n": 0, "log": []}, "count").with_tracker(tracker)
            return made.with_state_persister(saver).with_identifiers(app_id="run").build()

        build().step()
        saver.rows[-1]["state"] = State({"n": 10, "log": []})
        app = build()
        app.step()
        assert [10] == app.state["log"]

    def test_a_history_that_knows_more_wins(self, tracker):
        """A step that only the saver missed is not made again."""
        saver = Notebook()

        def build():
            made = builder().initialize_from(saver, True, {"n": 0, "log": []}, "count").with_tracker(tracker)
            return made.with_state_persister(saver).with_identifiers(app_id="run").build()

        app = build()
        app.step()
        saver.failing = True
        with pytest.raises(OSError):
            app.step()
        assert (1, [1]) == (build().sequence_id, build().state["log"])

    def test_a_history_with_a_gap_is_refused(self, tracker):
        """Nothing is made up."""
        saver = Notebook()
        made = builder().initialize_from(saver, True, {"n": 0}, "count").with_tracker(tracker)
        made.with_state_persister(saver).with_identifiers(app_id="run").build().step()
        saver.save(None, "run", 9, "count", State({"n": 9}), "completed")
        with pytest.raises(RunConflictError, match=r"at step 9, and .* only to step 0: steps are missing"):
            made.build()

    def test_a_saver_or_a_loader_only(self):
        """Each base class for itself."""

        class Saver(BaseStateSaver):
            saved = 0

            def save(self, *checkpoint, **kwargs):
                self.saved += 1

        class Loader(BaseStateLoader):
            def load(self, partition_key, app_id, sequence_id=None, **kwargs):
                return None

            def list_app_ids(self, partition_key, **kwargs):
                return []

        saver = Saver()
        begun(Loader(), saver=saver).step()
        assert 1 == saver.saved


class TestBadInput:
    """Each refusal names the thing and the fix."""

    @pytest.mark.parametrize("wrong", [{}, "state.db", SQLitePersister, None])
    def test_what_is_no_persister(self, wrong):
        """A path and a class are the common mistakes."""
        with pytest.raises(RunError, match=r"with_state_persister takes an object with the methods"):
            builder().with_state_persister(wrong)
        with pytest.raises(RunError, match=r"initialize_from takes an object with the methods"):
            builder().initialize_from(wrong, True, {}, "count")

    def test_only_each_step_can_be_saved(self):
        """Another word is refused."""
        with pytest.raises(RunError, match="on_every='run'"):
            builder().with_state_persister(InMemoryPersister(), on_every="run")

    def test_with_state_and_initialize_from_exclude_each_other(self):
        """Two first states contradict each other."""
        made = builder().with_state(n=1).initialize_from(InMemoryPersister(), True, {}, "count")
        with pytest.raises(
            RunError, match="initialize_from has its own default_entrypoint and default_state"
        ):
            made.build()

    def test_an_async_persister_in_a_sync_build(self):
        """Both ways to give it."""
        for made in (
            builder().with_entrypoint("count").with_state_persister(AsyncNotebook()),
            builder().initialize_from(AsyncInMemoryPersister(), True, {}, "count"),
        ):
            with pytest.raises(RunError, match=r"is async, and build\(\) cannot await\. .*abuild"):
                made.build()

    def test_a_sync_persister_in_an_async_build(self):
        """And the reverse."""
        made = builder().with_entrypoint("count").with_state_persister(InMemoryPersister())
        with pytest.raises(RunError, match=r"InMemoryPersister\): it is not async.*AsyncSQLitePersister"):
            asyncio.run(made.abuild())


async def abegun(persister, note=note):
    made = builder(note).initialize_from(persister, True, {"n": 0, "log": []}, "count")
    return await made.with_state_persister(persister).with_identifiers(app_id="run").abuild()


class TestAwaited:
    """`abuild` and persisters that are awaited."""

    @pytest.mark.parametrize("make", [AsyncNotebook, AsyncInMemoryPersister])
    def test_a_run_is_saved_and_goes_on(self, make):
        """As with the plain ones."""

        async def story():
            persister = make()
            await (await abegun(persister)).arun(halt_after=["count"])
            app = await abegun(persister)
            await app.astep()
            loaded = await persister.load(None, "run")
            return app.sequence_id, app.state["log"], loaded["position"], await persister.list_app_ids(None)

        assert (1, [1], "note", ["run"]) == asyncio.run(story())

    def test_sqlite(self, tmp_path):
        """By its documented way of making it."""

        async def story():
            persister = await AsyncSQLitePersister.from_values(db_path=tmp_path / "s.db", table_name="t")
            await persister.initialize()
            async with persister:
                await (await abegun(persister)).arun(halt_after=["note"])
                await persister.save("p", "a", 0, "act", State({"n": 1}), "completed")
                return (await persister.load("p", "a"))["state"], len((await abegun(persister)).history)

        assert ({"n": 1}, 2) == asyncio.run(story())

    def test_a_sync_method_is_refused_before_anything_runs(self):
        """Its saver could not be awaited, so it would be told nothing."""

        async def build():
            return await abegun(AsyncNotebook())

        app = asyncio.run(build())
        for call in (app.step, app.run, app.iterate, lambda: app.stream_result(["note"]), app.stream_iterate):
            with pytest.raises(RunError, match=r"saves with AsyncNotebook, which is async: await a"):
                call()
        assert (None, 0) == (app.sequence_id, len(app.history))

    def test_abuild_needs_no_persister(self):
        """It gives the same application."""
        app = asyncio.run(builder().with_entrypoint("count").with_state(n=0).abuild())
        assert 1 == asyncio.run(app.astep())[2]["n"]


def test_conditions_decide_after_a_foreign_checkpoint():
    """On the loaded state, at the edge of the action that made it."""
    made = ApplicationBuilder().with_actions(count=count, note=mended)
    made.with_transitions(("count", "note", expr("n > 5")), ("count", "count", default))
    loader = Notebook()
    loader.save(None, "run", 2, "count", State({"n": 6}), "completed")
    app = made.initialize_from(loader, True, {}, "count").with_identifiers(app_id="run").build()
    assert "note" == app.get_next_action().name
