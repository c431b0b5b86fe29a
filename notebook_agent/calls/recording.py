"""A ledger as a file: calls as JSON that a person can read, keep in a repository and edit.

    {"format": "notebook_agent.ledger", "version": 1, "calls": [{...}, ...]}

A body stands as `{"json": ..}` where its exact bytes follow from the value, as
`{"lines": [..]}` for other text (a stream has one line for each line of its events) and
as `{"base64": ".."}` for bytes. Keys are not kept: they follow from the request. What is
written is redacted.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.ledger import call_from_json, call_to_json
from notebook_agent.calls.paid import paid
from notebook_agent.calls.protocol import CallRecord, Task
from notebook_agent.calls.veiled import veiled
from notebook_agent.errors import LedgerFormatError

__all__ = ["Recording"]

_FORMAT = "notebook_agent.ledger"
_VERSION = 1


class Recording:
    """Recorded calls to serve a run from: a `CallSource`.

    The n-th request of equal key on a run's way gets the n-th record of that key; what was
    asked in attempts that were made again does not count, nor do records of such attempts.
    Each record belongs to one task, or to the run that was saved: a branch gets those of its task
    alone, so none is served twice to one run, in whatever order its branches go. When the records
    are used up there is no answer. Only where no record of a file tells a branch (calls that are not
    from `History.calls`) do all branches begin with the same ones. Nothing is remembered here: a run
    that is resumed goes on where it stands, and any number of runs may be served.

    Attributes:
        advice: What to do where a call has no record, in place of the usual advice.
    """

    def __init__(self, calls: Iterable[CallRecord]) -> None:
        self.advice = ""
        self._calls = tuple(calls)
        self._veiled: list[CallRecord] | None = None
        self._placed: dict[tuple[tuple[Task, ...], str], list[CallRecord]] = defaultdict(list)
        self._tells = any(call.branch for call in self._calls)
        for call in self._calls:
            if servable(call) and not call.superseded:
                self._placed[call.branch, call.key].append(call)

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """All calls, in the order of the file."""
        return self._calls

    def __len__(self) -> int:
        return len(self._calls)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._calls,), {"advice": self.advice}

    def __repr__(self) -> str:
        return f"Recording of {len(self)} call{'s' * (len(self) != 1)}"

    def take(self, key: str, /, *, n: int, branch: Sequence[Task] = ()) -> CallRecord | None:
        """The answer to a branch's request of `key` that has had `n` answers on its way."""
        records = self._records(key, branch)
        return records[n] if n < len(records) else None

    def count(self, key: str, /, *, branch: Sequence[Task] = ()) -> int:
        """How many answers there are to a branch's requests of `key`."""
        return len(self._records(key, branch))

    def _records(self, key: str, branch: Sequence[Task]) -> Sequence[CallRecord]:
        return self._placed.get((tuple(branch) if self._tells else (), key), ())

    def veiled(self) -> Sequence[CallRecord]:
        """The answers to requests in which a secret of an environment stood: see `calls.veiled`."""
        if self._veiled is None:
            self._veiled = veiled(self._calls)
        return self._veiled

    def nearest(self, endpoint: str, /) -> Sequence[CallRecord]:
        """The records that a missed request of this endpoint is compared with."""
        return [call for call in self._calls if call.endpoint == endpoint]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a ledger file.

        Raises:
            LedgerFormatError: it cannot be read, is no ledger, cut, of a newer version, or edited into
                something that no call looks like; the message says where.
        """
        name = str(path)
        try:
            told = json.loads(_bytes_of(path))
        except (ValueError, RecursionError) as error:
            raise LedgerFormatError(
                f"{name} cannot be read as JSON ({error}); was it cut short? Take it from where it was kept.",
                path=name,
            ) from None
        return cls(_call(name, n, each) for n, each in enumerate(_calls_of(name, told)))

    @staticmethod
    def save(path: str | Path, calls: Iterable[CallRecord]) -> int:
        """Write calls as a ledger file, redacted: each answer once, where the run's way used it.

        Return how many it holds.

        What was replayed is the record that it was served from, what was refused is left out, and
        what only an attempt used that was made again is marked `superseded`. `History.calls` knows
        these attempts and the branches; of calls from elsewhere both are told as far as they show.
        """
        found = [call_to_json(call) for call in paid(calls)]
        told = {"format": _FORMAT, "version": _VERSION, "calls": found}
        text = json.dumps(told, indent=1, ensure_ascii=False)
        Path(path).write_bytes(text.encode(errors="surrogatepass") + b"\n")
        return len(found)


def _bytes_of(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise LedgerFormatError(
            f"The ledger {path} cannot be read: {error.strerror or error}. Give the file that"
            " `%agent export FILE.json --calls` (Recording.save) wrote.",
            path=str(path),
        ) from None


def _calls_of(name: str, told: object) -> list[object]:
    if not isinstance(told, dict) or told.get("format") != _FORMAT:
        raise LedgerFormatError(f"{name} is no ledger: it does not say 'format': '{_FORMAT}'.", path=name)
    version, calls = told.get("version"), told.get("calls")
    if type(version) is not int or version != _VERSION:
        raise LedgerFormatError(
            f"{name} is a ledger of version {version!r}, and this notebook_agent reads version {_VERSION}:"
            " update notebook_agent, or record the run again.",
            path=name,
        )
    if not isinstance(calls, list):
        raise LedgerFormatError(f"{name}: 'calls' is not a list.", path=name)
    return calls


def _call(name: str, n: int, told: object) -> CallRecord:
    try:
        return call_from_json(told)
    except LedgerFormatError as error:
        raise LedgerFormatError(f"{name}: calls[{n}]{error}", path=f"calls[{n}]{error.path}") from None
