"""What an `Agent` does with its runs: name, keep, remove and hand them on."""

from __future__ import annotations

from pathlib import Path

from notebook_agent.session import exporting, keeping
from notebook_agent.session.shown import Said
from notebook_agent.session.workspace import Workspace

__all__ = ["Housekeeping"]


class Housekeeping:
    """Labels, pins, removal, and files."""

    workspace: Workspace

    def label(self, label: str | None, run: str | None = None) -> Said:
        """Give a run another label, None for none; a run beside it, of the same family, must not have it."""
        return Said(keeping.relabel(self.workspace, label, run))

    def pin(self, run: str | None = None, *, off: bool = False) -> Said:
        """Keep a run, the one in use or the named one, from being removed; `off` takes that back."""
        return Said(keeping.pin(self.workspace, run, off=off))

    def delete(self, run: str, *, now: bool = False) -> Said:
        """Say what the removal of a run would take; `now` removes it. What its forks need stays."""
        return Said(keeping.delete(self.workspace, run, now=now))

    def restore(self, run: str) -> Said:
        """Bring back a run that was deleted since the last `gc(now=True)`."""
        return Said(keeping.restore(self.workspace, run))

    def gc(self, *, now: bool = False) -> Said:
        """Say how much of the store no run needs any more; `now` gives it back to the disk."""
        return Said(keeping.gc(self.workspace, now=now))

    def export(
        self, path: str | Path, *, calls: bool = False, with_secrets: bool = False, force: bool = False
    ) -> Said:
        """Write the run as a file that needs no kernel.

        Args:
            path: `.html`: a page to scrub through; `.json`: the run itself, for `import_run`.
            calls: Write its LLM calls alone, for `use(.., recorded=path)`.
            with_secrets: Write a `.json` exactly; else secrets become the names of their rules.
            force: Write over a file that is there.
        """
        place = Path(path).expanduser()
        exporting.check_free(place, force=force)
        return Said(exporting.export(self.workspace, place, calls=calls, with_secrets=with_secrets))

    def import_run(self, path: str | Path, *, project: str | None = None) -> Said:
        """Take in the run of a file that `export` wrote, with its past; `project` is where to keep it."""
        return Said(exporting.take_in(self.workspace, Path(path), project))
