"""Runs that grow, fork, are rewound, removed and collected in any order, beside a plain model."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.portable import export_run, import_run
from notebook_agent.store.protocol import Status, Store
from tests.store.runs import begin, end, new_run

__all__ = ["Forking", "fork_at_random"]

_MOST_RUNS = 30
_MOST_STEPS = 40
_KEYS = ("a", "b", "c")


@dataclass(slots=True)
class Forking:
    """What came of it."""

    operations: int = 0
    checkpoints: int = 0
    """Read back and compared."""
    during: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Model:
    """A run as plain values: the state it began with, those after its steps and its past's, its edit."""

    first: dict[str, object]
    states: dict[int, dict[str, object]] = field(default_factory=dict)
    edited: dict[str, object] | None = None
    begun: dict[int, dict[str, object]] = field(default_factory=dict)
    """What each step began with: an edit may lie before it."""

    @property
    def head(self) -> int | None:
        return max(self.states, default=None)

    @property
    def state(self) -> dict[str, object]:
        if self.edited is not None:
            return self.edited
        return self.first if self.head is None else self.states[self.head]


class _World:
    def __init__(self, path: Path | None, seed: int) -> None:
        self.path = path
        self.chance = random.Random(seed)
        self.store: Store = open_store(path, durability="normal")
        self.runs: dict[RunKey, _Model] = {}
        self.gone: dict[RunKey, _Model] = {}
        self.starts: dict[RunKey, bool] = {}
        self.made = 0

    def key(self) -> RunKey:
        self.made += 1
        return RunKey("forking", f"run {self.made}")

    def any(self) -> RunKey:
        return self.chance.choice(sorted(self.runs, key=str))

    def create(self) -> None:
        key, values = self.key(), {"n": self.made, "items": [self.text()]}
        self.store.create_run(new_run(key, **values))
        self.runs[key] = _Model(values)

    def text(self) -> object:
        size = self.chance.choice((1, 5, 40))
        return self.chance.choice((
            f"{self.chance.random()} " * size,
            {"deep": [self.chance.random()] * size},
        ))

    def step(self) -> None:
        key = self.any()
        run = self.runs[key]
        if len(run.states) >= _MOST_STEPS:
            return
        seq = 0 if run.head is None else run.head + 1
        self.store.begin_step(key, begin(seq), after=run.head)
        before = self.store.state(StepRef(key, seq))
        failed = self.chance.random() < 0.1
        after = before if failed else self.changed(before)
        follows = self.chance.random() < 0.3
        status: Status = "failed" if failed else "completed"
        self.store.end_step(key, end(seq, after, status), then=begin(seq + 1) if follows else None)
        if follows:
            self.store.drop_step(key, seq + 1)
        run.begun[seq] = run.state
        run.states[seq], run.edited = _plain(after), None

    def changed(self, state: State) -> State:
        match self.chance.randrange(4):
            case 0 | 1:
                return state.append(items=self.text())
            case 2:
                return state.update(**{self.chance.choice(_KEYS): self.text()})
        some = [key for key in _KEYS if key in state]
        return state.wipe(delete=some[:1]) if some else state.extend(items=[self.text()] * 33)

    def edit(self) -> None:
        key = self.any()
        run, after = self.runs[key], self.changed(self.store.head_state(key))
        self.store.edit_state(key, after, after=run.head)
        run.edited = _plain(after)

    def fork(self) -> None:
        if len(self.runs) >= _MOST_RUNS:
            self.remove()
        source = self.any()
        run, key = self.runs[source], self.key()
        seq = self.chance.choice([None, *run.states])
        state = self.store.state(StepRef(source, seq))
        over = {"n": self.made} if self.chance.random() < 0.3 else {}
        self.store.create_run(new_run(key, StepRef(source, seq), **({**state, **over} if over else {})))
        past = self.past(source) if seq is None else {n: s for n, s in run.states.items() if n <= seq}
        begun = {n: state for n, state in run.begun.items() if n in past}
        self.runs[key] = _Model({**_plain(state), **over}, dict(past), begun=begun)
        self.runs[key].edited = {**_plain(state), **over}

    def past(self, key: RunKey) -> dict[int, dict[str, object]]:
        """What a fork of a run's start inherits: what the run itself did."""
        own = {each.seq for each in self.store.steps(key) if each.ref.run == key}
        return {seq: state for seq, state in self.runs[key].states.items() if seq not in own}

    def remove(self) -> None:
        if len(self.runs) > 1:
            key = self.any()
            self.store.delete_run(key)
            self.gone[key] = self.runs.pop(key)

    def restore(self) -> None:
        if self.gone and len(self.runs) < _MOST_RUNS:
            key = self.chance.choice(sorted(self.gone, key=str))
            self.store.restore_run(key)
            self.runs[key] = self.gone.pop(key)

    def reopen(self) -> None:
        if self.path is not None:
            self.store.close()
            self.store = open_store(self.path, durability="normal")

    def carry(self) -> None:
        """Take a run away and bring it back."""
        key = self.any()
        text = export_run(self.store, key, with_secrets=True)
        self.store.delete_run(key)
        import_run(self.store, text)

    def collect(self) -> None:
        self.store.gc()
        self.gone.clear()

    def check(self, key: RunKey) -> list[str]:
        run, found = self.runs[key], []
        if _plain(self.store.head_state(key)) != run.state:
            found.append(f"{key}: its state")
        if [each.seq for each in self.store.steps(key)] != sorted(run.states):
            found.append(f"{key}: its steps")
        if _plain(self.store.state(StepRef(key, None))) != run.first:
            found.append(f"{key}: its start")
        found += [
            f"{key}@{seq}"
            for seq, state in run.states.items()
            if _plain(self.store.state(StepRef(key, seq))) != state
        ]
        seqs = sorted(run.begun)
        begun = self.store.begun([StepRef(key, seq) for seq in seqs])
        found += [
            f"{key}@{seq}: its begin"
            for seq, state in zip(seqs, begun, strict=True)
            if _plain(state) != run.begun[seq]
        ]
        return found


_OPERATIONS = (
    *("step",) * 60,
    *("fork",) * 12,
    *("edit",) * 8,
    *("create",) * 2,
    *("remove",) * 6,
    *("restore",) * 3,
    *("collect",) * 2,
    *("reopen",) * 2,
    *("carry",) * 2,
)


def fork_at_random(path: Path | None, operations: int, seed: int) -> Forking:
    """Do so many operations; look at one run now and then, and at all in the end."""
    world, found = _World(path, seed), Forking()
    world.create()
    for number in range(operations):
        name = world.chance.choice(_OPERATIONS)
        getattr(world, name)()
        found.operations += 1
        found.during[name] += 1
        if number % 20 == 0:
            _look(world, world.any(), found)
    for key in world.runs:
        _look(world, key, found)
    world.store.close()
    return found


def _look(world: _World, key: RunKey, found: Forking) -> None:
    found.checkpoints += len(world.runs[key].states) + 2
    found.wrong += world.check(key)


def _plain(state: State) -> dict[str, object]:
    return dict(state)
