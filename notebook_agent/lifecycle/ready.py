"""Hooks that are ready to be given to `with_hooks`: a log of all steps, and a brake."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, Unpack

from notebook_agent import redact
from notebook_agent.errors import RunError
from notebook_agent.lifecycle.base import (
    PostRunStepHook,
    PostRunStepHookAsync,
    PreRunStepHook,
    PreRunStepHookAsync,
)
from notebook_agent.lifecycle.told import AfterStep, BeforeStep

__all__ = [
    "SlowDownHook",
    "SlowDownHookAsync",
    "StateAndResultsFullLogger",
    "StateAndResultsFullLoggerAsync",
]

_Step = tuple[str, str | None, int]


class _Lines:
    """A file of one JSON object for each step; several applications may share it.

    Args:
        jsonl_path: The file, made with its folder where it is not there.
        mode: `"append"`, or `"w"` to begin it anew.
        json_dump: Writes a record as one line of text; `json.dumps`, with `str` for what is no JSON,
            by default.
    """

    def __init__(
        self,
        jsonl_path: str | Path,
        mode: Literal["append", "w"] = "append",
        json_dump: Callable[[dict[str, object]], str] | None = None,
    ) -> None:
        if mode not in {"append", "w"}:
            raise RunError(f"mode={mode!r}: it is 'append', or 'w' to begin the file anew.")
        self.jsonl_path = Path(jsonl_path)
        self.jsonl_path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.jsonl_path.open("a" if mode == "append" else "w", encoding="utf-8")
        self._dump = json_dump or _dump
        self._started: dict[_Step, str] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def _begin(self, event: BeforeStep) -> None:
        self._started[_step(event)] = _now()

    def _write(self, event: AfterStep) -> None:
        record = {**_record(event), "start_time": self._started.pop(_step(event), None), "end_time": _now()}
        line = self._dump({key: redact.mask(value) for key, value in record.items()})
        with self._lock:
            self._file.write(f"{line}\n")
            self._file.flush()


class StateAndResultsFullLogger(_Lines, PreRunStepHook, PostRunStepHook):
    """Write a line of JSON after each step: its state, result, exception and times, secrets masked.

    Use it as a context manager, or `close` it. The state is written whole each time, so the
    file of a long chat grows with its square; the history itself does not.
    """

    def pre_run_step(self, **event: Unpack[BeforeStep]) -> None:
        """Note when the step begins."""
        self._begin(event)

    def post_run_step(self, **event: Unpack[AfterStep]) -> None:
        """Write the step's line."""
        self._write(event)


class StateAndResultsFullLoggerAsync(_Lines, PreRunStepHookAsync, PostRunStepHookAsync):
    """As StateAndResultsFullLogger, writing in a thread while the event loop goes on."""

    async def pre_run_step(self, **event: Unpack[BeforeStep]) -> None:
        """Note when the step begins."""
        self._begin(event)

    async def post_run_step(self, **event: Unpack[AfterStep]) -> None:
        """Write the step's line."""
        import asyncio

        await asyncio.to_thread(self._write, event)


class SlowDownHook(PreRunStepHook, PostRunStepHook):
    """Wait before and after each step, to watch a run go on; times are in seconds."""

    def __init__(self, pre_sleep_time: float = 0.5, post_sleep_time: float = 0.5) -> None:
        self.pre_sleep_time = pre_sleep_time
        self.post_sleep_time = post_sleep_time

    def pre_run_step(self, **_: Unpack[BeforeStep]) -> None:
        """Wait before a step."""
        time.sleep(self.pre_sleep_time)

    def post_run_step(self, **_: Unpack[AfterStep]) -> None:
        """Wait after a step."""
        time.sleep(self.post_sleep_time)


class SlowDownHookAsync(PreRunStepHookAsync, PostRunStepHookAsync):
    """As SlowDownHook, while the event loop goes on."""

    def __init__(self, pre_sleep_time: float = 0.5, post_sleep_time: float = 0.5) -> None:
        self.pre_sleep_time = pre_sleep_time
        self.post_sleep_time = post_sleep_time

    async def pre_run_step(self, **_: Unpack[BeforeStep]) -> None:
        """Wait before a step."""
        import asyncio

        await asyncio.sleep(self.pre_sleep_time)

    async def post_run_step(self, **_: Unpack[AfterStep]) -> None:
        """Wait after a step."""
        import asyncio

        await asyncio.sleep(self.post_sleep_time)


def _step(event: BeforeStep | AfterStep) -> _Step:
    return event["app_id"], event["partition_key"], event["sequence_id"]


def _record(event: AfterStep) -> dict[str, object]:
    error = event["exception"]
    return {
        "app_id": event["app_id"],
        "partition_key": event["partition_key"],
        "sequence_id": event["sequence_id"],
        "action": event["action"].name,
        "state": event["state"].get_all(),
        "result": event["result"],
        "exception": None if error is None else f"{type(error).__name__}: {error}",
    }


def _dump(record: Mapping[str, object]) -> str:
    return json.dumps(record, default=_text, skipkeys=True)


def _text(value: Any) -> str:
    return redact.redact_text(str(value))


def _now() -> str:
    return datetime.now(UTC).isoformat()
