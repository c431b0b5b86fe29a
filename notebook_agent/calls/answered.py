"""Which requests of a step were answered in the end, and which were not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.protocol import CallRecord

__all__ = ["Asks", "asked_again", "unanswered"]


class Asks(NamedTuple):
    """What unchanged code asks again: the answers that are served, and the requests that had none."""

    served: list[CallRecord]
    live: list[CallRecord]


def asked_again(calls: Iterable[CallRecord]) -> Asks:
    """Tell which of a step's calls unchanged code makes again.

    A request that failed and was then answered is made once; one that was never answered is made
    again and leaves.
    """
    found = list(calls)
    return Asks([call for call in found if servable(call)], unanswered(found))


def unanswered(calls: Iterable[CallRecord]) -> list[CallRecord]:
    """Find the last record of each request that was not answered in the end."""
    last: dict[str, CallRecord] = {}
    for call in calls:
        last[call.key] = call
    return [call for call in last.values() if not servable(call)]
