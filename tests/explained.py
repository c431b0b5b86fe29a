"""Graphs made up by a random number, run, and each of their decisions put to the proof."""

from __future__ import annotations

import random
from collections import Counter

from notebook_agent import ApplicationBuilder, action, expr, when

__all__ = ["proved"]

_STEPS = 8
_TESTS = (
    lambda r: when(**{f"n__{r.choice(['lt', 'lte', 'gt', 'gte', 'eq', 'ne'])}": r.randint(-5, 5)}),
    lambda r: when(mode=r.choice(["draw", "write", "ask"])),
    lambda r: when(mode__in=r.sample(["draw", "write", "ask"], 2)),
    lambda r: when(tags__contains=r.choice("xyz")),
    lambda r: when(n=r.randint(-5, 5), mode=r.choice(["draw", "write"])),
    lambda r: expr(f"n + m {r.choice(['<', '>', '=='])} {r.randint(-5, 5)}"),
    lambda r: expr(f"len(tags) >= {r.randint(1, 4)}"),
    lambda r: expr(f"user['age'] < {r.randint(10, 60)} and not user['known']"),
    lambda r: expr(f"mode == '{r.choice(['draw', 'write'])}' or n > {r.randint(-5, 5)}"),
    lambda r: expr("mode.startswith('w')"),
)


@action(reads=["n", "m", "mode", "tags", "user"], writes=["n", "m", "mode", "tags", "user"])
def work(state, seed):
    """Write whatever the random number gives."""
    chance = random.Random(f"{seed} {state['n']} {state['m']}")
    return state.update(
        n=chance.randint(-6, 6),
        m=chance.randint(-6, 6),
        mode=chance.choice(["draw", "write", "ask", "unknown"]),
        tags=chance.choices("xyz", k=chance.randint(0, 4)),
        user={"age": chance.randint(1, 80), "known": chance.random() < 0.5},
    )


def _condition(chance):
    """One test, its opposite, or two of them together."""
    one, other = chance.choice(_TESTS)(chance), chance.choice(_TESTS)(chance)
    return chance.choice([one, one, one, ~one, one & other, one | other])


def _app(seed):
    chance = random.Random(seed)
    names = [f"a{n}" for n in range(chance.randint(2, 6))]
    edges = []
    for source in names:
        targets = chance.sample(names, chance.randint(1, len(names)))
        edges += [(source, target, _condition(chance)) for target in targets]
        edges += [(source, chance.choice(names))] * chance.randint(0, 1)
    builder = ApplicationBuilder().with_actions(**dict.fromkeys(names, work.bind(seed=seed)))
    builder.with_transitions(*edges).with_entrypoint("a0")
    return builder.with_state(n=0, m=0, mode="ask", tags=[], user={"age": 30, "known": True}).build()


def proved(seed):
    """Run a graph, explain each of its decisions, and run each flip; return how many of what there were."""
    app, told = _app(seed), Counter()
    for _ in range(_STEPS):
        if app.step() is None:
            break
    for step in app.history[1:]:
        told["decisions"] += 1
        told["explained"] += _is_explained(app.graph, step.decision)
        flip = app.history.flip(step.seq, app.graph)
        if flip is None:
            told["without a flip"] += 1
            continue
        told["flips"] += 1
        told["confirmed"] += _leads_to(app.fork(step.seq - 1, dict(flip.changes)), flip.target, step.action)
    return told


def _is_explained(graph, decision):
    """Whether each condition is there in order, with its operands and, up to the edge taken, its result."""
    edges = graph.edges_from(decision.source)
    taken = next(n for n, check in enumerate(decision.checks) if check.result)
    return (
        [edge.target for edge in edges] == [check.target for check in decision.checks]
        and decision.target == decision.checks[taken].target
        and all((check.result is None) == (n > taken) for n, check in enumerate(decision.checks))
        and all(
            set(edge.condition.keys) == set(check.operands)
            for edge, check in zip(edges, decision.checks[: taken + 1], strict=False)
        )
    )


def _leads_to(fork, target, before):
    """Whether a fork goes on with an action, which is another than before."""
    made = fork.step()
    return target != before and target == (None if made is None else made[0].name)
