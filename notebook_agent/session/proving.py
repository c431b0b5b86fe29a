"""What an `Agent` makes of a run for a test suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from notebook_agent.session import testing
from notebook_agent.session.references import Where
from notebook_agent.session.shown import Said
from notebook_agent.session.testing import RunReplay
from notebook_agent.session.workspace import Workspace

__all__ = ["Proving"]


class Proving:
    """Tests of steps and of whole runs; no LLM call leaves, and the record stays as it is."""

    workspace: Workspace

    def test(
        self,
        where: Where = None,
        path: str | Path | None = None,
        keys: Sequence[str] | None = None,
        *,
        force: bool = False,
    ) -> Said:
        """Write a step as one pytest file that runs offline.

        It passes at once, unless code has changed since the step: the file and the answer say so then.

        Args:
            where: The step; else where the view stands.
            path: The file, `test_*.py`; else one named after the run and the step.
            keys: Keys of the state to assert; else those that the step wrote.
            force: Write over a file that is there.
        """
        return testing.as_test(self.workspace, where, path=path, keys=tuple(keys or ()), force=force)

    def test_run(self, run: str | None = None, start: Where = None) -> RunReplay:
        """Replay a run against the present code, from its record alone, up to the first divergence.

        Args:
            run: Its label or the beginning of its id; else the run in use.
            start: The step to begin with; else the first one.
        """
        return testing.replay_run(self.workspace, run, start=start)
