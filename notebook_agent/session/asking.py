"""The questions that an `Agent` answers about the past of a run."""

from __future__ import annotations

from notebook_agent.history import NEAREST
from notebook_agent.session import looking, questions, watching
from notebook_agent.session.difference import Difference
from notebook_agent.session.questions import BlameView
from notebook_agent.session.references import Where
from notebook_agent.session.results import Why
from notebook_agent.session.watching import BisectView, Question, WatchView
from notebook_agent.session.workspace import Workspace

__all__ = ["Asking"]


class Asking:
    """Questions that read the store and run nothing."""

    workspace: Workspace

    def diff(self, a: Where, b: Where = None, *, code: bool = False, calls: bool = False) -> Difference:
        """Compare two steps, or two runs with the first step in which they differ.

        Args:
            a: A step, or a run's label or the beginning of its id.
            b: Another; else where the view stands, or the run in use.
            code: Show how the code of actions differs, not only of which.
            calls: Show how LLM calls differ, not only how many.
        """
        return looking.diff(self.workspace, a, b, code=code, calls=calls)

    def why(self, where: Where = None) -> Why:
        """Tell why a step's action was next; without a step, why the next one is."""
        return looking.why(self.workspace, where)

    def blame(self, path: str, where: Where = None, *, most: int | None = NEAREST) -> BlameView:
        """Tell which step wrote a value, with which code and LLM calls, and from what, back to the start.

        Args:
            path: Such as `chat_history[4].content`.
            where: The step after which to look; else where the view stands.
            most: How many causes to tell, the latest; None for all, which may be thousands.
        """
        return questions.blame(self.workspace, path, where, most)

    def watch(self, question: Question, where: Where = None) -> WatchView:
        """Return an expression over all checkpoints of a run, with its changes and a small plot.

        Args:
            question: Over the state's keys, such as `len(chat_history)`; in Python also a function.
            where: The last step to look at; `"RUN@head"` for another run than the one in use.
        """
        return watching.watch(self.workspace, question, where)

    def bisect(self, predicate: Question, where: Where = None) -> BisectView:
        """Find the first step after which a predicate over the state is false; nothing is run.

        Args:
            predicate: Such as `mode != 'unknown'`; in Python also a function.
            where: The last step to look at; `"RUN@head"` for another run than the one in use.
        """
        return watching.bisect(self.workspace, predicate, where)
