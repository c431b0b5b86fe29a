"""What a new run needs: where it begins, what its state must hold, what it is called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from notebook_agent.application import Application
from notebook_agent.condition import Expression
from notebook_agent.errors import CommandError, MissingKeyError, did_you_mean
from notebook_agent.graph import Graph
from notebook_agent.session.words import listing

__all__ = [
    "check_asked",
    "check_edits",
    "check_state",
    "entrypoint_of",
    "label_for",
    "missing_reads",
    "unmet_reads",
    "unwritten_reads",
]


def entrypoint_of(graph: Graph, given: str | None = None) -> str:
    """Return the action to begin with: the given one, the only one that nothing leads to, or the first.

    Raises:
        CommandError: there is no such action.
    """
    if given is not None:
        if given not in graph.names:
            near = did_you_mean(given, graph.names)
            raise CommandError(
                f"--entrypoint {given}: there is no such action.{near} There are: {listing(graph.names)}.",
                action=given,
            )
        return given
    reached = {edge.target for edge in graph.transitions}
    roots = [name for name in graph.names if name not in reached]
    return roots[0] if len(roots) == 1 else graph.names[0]


def unwritten_reads(graph: Graph, entrypoint: str) -> dict[str, str]:
    """Return the keys that an action may read before any has written them, with that action.

    A key that the same action writes is left out: `state.append` creates what is missing.
    """
    written = _certainly_written(graph, entrypoint)
    found: dict[str, str] = {}
    for name, before in written.items():
        made = graph.get_action(name)
        for key in made.reads:
            if key not in before and key not in made.writes:
                found.setdefault(key, name)
    return found


def _certainly_written(graph: Graph, entrypoint: str) -> dict[str, frozenset[str]]:
    before: dict[str, frozenset[str]] = {entrypoint: frozenset()}
    pending = [entrypoint]
    while pending:
        name = pending.pop()
        after = before[name] | frozenset(graph.get_action(name).writes)
        for edge in graph.edges_from(name):
            known = before.get(edge.target)
            now = after if known is None else known & after
            if now != known:
                before[edge.target] = now
                pending.append(edge.target)
    return before


def check_state(name: str, graph: Graph, entrypoint: str, state: Mapping[str, object]) -> None:
    """Refuse a state that lacks what is read before anything writes it.

    Raises:
        MissingKeyError: a key is missing; the message says how to give it.
    """
    for key, action in unwritten_reads(graph, entrypoint).items():
        if key not in state:
            raise MissingKeyError(
                f"{action} reads {key!r} before anything writes it: give its first value, "
                f"%agent use {name} {key}:=...",
                key=key,
                action=action,
            )


def check_edits(graph: Graph, state: Collection[str], given: Iterable[str]) -> list[str]:
    """Refuse values for keys that mean nothing to the graph; return the keys that are new to the state.

    Raises:
        CommandError: neither the state nor an action nor a condition has the key.
    """
    new = [key for key in given if key not in state]
    known = list(dict.fromkeys([*state, *graph.keys]))
    for key in new:
        if key not in known:
            advice = did_you_mean(key, known) or f" There are: {listing(known)}."
            if key in graph.input_names:
                advice = f" It is an input: %agent run {key}=.. takes it."
            raise CommandError(
                f"{key}: the state has no such key, and no action reads or writes it.{advice}", key=key
            )
    return new


def check_asked(graph: Graph, state: Collection[str], text: str) -> None:
    """Refuse an expression over the last state of runs that asks for a key which none of them can have.

    Raises:
        CommandError: neither the state nor an action has the key.
        ConditionError: it cannot be read.
    """
    known = list(dict.fromkeys([*state, *graph.keys]))
    for key in Expression(text).keys:
        if key not in known:
            advice = did_you_mean(key, known) or f" There are: {listing(known)}."
            raise CommandError(
                f"{text}: the state has no key {key!r}, and no action writes it.{advice}", key=key
            )


def label_for(name: str, app_id: str, taken: Collection[str]) -> str:
    """Return `name-` and the first 4 digits of the id, more of them where that is taken."""
    for digits in range(4, len(app_id)):
        if (label := f"{name}-{app_id[:digits]}") not in taken:
            return label
    return f"{name}-{app_id}"


def missing_reads(app: Application) -> str:
    """Say which keys the failed step now reads that the state does not have; nothing where none is missing.

    Raises:
        MissingKeyError: Its effect cannot be taken back.
    """
    node, run = app.get_next_action(), app.history.run
    if node is None or run.head is None or run.status == "completed":
        return ""
    missing = [key for key in node.reads if key not in app.state]
    if not missing or app.history[run.head].code == node.code:
        return ""
    told = f"{node.name} now reads {listing(missing)}, which the state does not have"
    if node.effect == "irreversible":
        raise MissingKeyError(
            f"{told}, and its effect cannot be taken back: it was not run. Go on in a fork that gives it: "
            f"%agent fork {missing[0]}:=..",
            key=missing[0],
            action=node.name,
        )
    return f"{told}: {_giving(missing)}"


def unmet_reads(app: Application) -> str:
    """Say which keys actions read that nothing writes and the state does not have; mostly nothing.

    Code that has completed a step of the run goes without them, and is left out.
    """
    had = {*app.state, *(key for node in app.graph.actions for key in node.writes)}
    unmet = [(node, [key for key in node.reads if key not in had]) for node in app.graph.actions]
    if not any(keys for _, keys in unmet):
        return ""
    ran = {(step.action, step.code) for step in app.history if step.status == "completed"}
    return "; ".join(
        _unmet(node.name, keys) for node, keys in unmet if keys and (node.name, node.code) not in ran
    )


def _unmet(action: str, keys: Sequence[str]) -> str:
    """Say it of one action, with the command that gives what it lacks."""
    lacks = "which nothing writes and the state does not have"
    return f"{action} now reads {listing(map(repr, keys))}, {lacks}: {_giving(keys)}"


def _giving(keys: Sequence[str]) -> str:
    given = " ".join(f"{key}:=.." for key in keys)
    return f"%agent fork {given} gives {'them' if keys[1:] else 'it'}"
