"""One recorded step once more: as a fork from before it, with the inputs that it had."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.application.pricing import Pricing
from notebook_agent.calls import Forecast
from notebook_agent.calls.protocol import LedgerMode
from notebook_agent.errors import CommandError
from notebook_agent.history import History
from notebook_agent.session import going
from notebook_agent.session.place import Place
from notebook_agent.session.turn import Plan
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import same
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.wire import PriceWire

__all__ = ["Again", "again", "price_again", "price_retry"]


@dataclass(frozen=True, slots=True)
class Again:
    """A step that is to run again.

    Attributes:
        history: Its run.
        step: The step.
        after: The step before it that completed last, from which the fork goes on; None for the start.
    """

    history: History
    step: StepRecord
    after: int | None

    def fork(self, ws: Workspace) -> tuple[Plan, str]:
        """Fork before the step and take the fork into use; return what runs it, and a sentence.

        Raises:
            CommandError: The graph, as it is now, has another action there.
        """
        coming = going.next_after(ws.in_use(), Place(self.history, self.after))
        if coming != self.step.action:
            raise CommandError(
                f"{self.step.action} cannot run again: what comes there now is {coming or 'nothing'}"
            )
        inputs = self.history.values(self.step.seq).inputs
        where = f"{self.history.key.app_id}@{'start' if self.after is None else self.after}"
        _, line = going.fork(ws, where, state=self._by_hand())
        return Plan(inputs, steps=1), line

    def _by_hand(self) -> dict[str, object]:
        """Return what was edited between the step before it and its begin."""
        begun, ended = self.history.before(self.step.seq), self.history.at(self.after)
        return {key: begun[key] for key in begun if key not in ended or not same(begun[key], ended[key])}


def again(history: History, seq: int | None) -> Again:
    """Return the step of this number as one to run again.

    Raises:
        CommandError: There is no step here.
        UnknownStepError: The run has no such step.
    """
    if seq is None:
        raise CommandError("this is the initial state: no step made it")
    completed = [step.seq for step in history if step.seq < seq and step.status == "completed"]
    return Again(history, history[seq], completed[-1] if completed else None)


def price_again(ws: Workspace, what: Again) -> PriceWire:
    """Say what running a step again takes, as things are and with the model asked anew."""
    app = ws.in_use()

    def forecast(mode: LedgerMode) -> Forecast:
        pricing = Pricing(what.history.store, app.graph, mode)
        return pricing.fork(what.history.key, what.after, most=1)

    told, fresh = forecast(app.ledger), forecast("fresh")
    anew = fresh.live and app.ledger not in {"strict", "fresh"}
    said = f"{told}; {told.beyond}" if told.unfinished else str(told)
    return PriceWire(said=said, live=told.live, fresh=str(fresh) if anew else None)


def price_retry(ws: Workspace) -> PriceWire:
    """Say what going on with the run in use takes."""
    told = ws.in_use().price()
    return PriceWire(said=f"{told}; {told.beyond}", live=told.live, fresh=None)
