"""What the page asks about a run: one step, a part of its state, an image, other runs."""

from __future__ import annotations

from collections import OrderedDict

from notebook_agent import view
from notebook_agent.errors import AgentError
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.again import again, price_again, price_retry
from notebook_agent.session.parting import comparison
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import RunRecord
from notebook_agent.view.light import LIGHT, images_apart, light
from notebook_agent.view.origin import MOST_CAUSES, blame_wire, path_at
from notebook_agent.view.paging import value_page
from notebook_agent.view.wire import Detail, Reply, Request

__all__ = ["Answers"]

_IMAGES = 48_000_000
_MOST_RUNS = 500


class Answers:
    """Answers questions and changes nothing. What was just told of is kept to be asked for."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._images = _Images()

    def of(self, request: Request) -> Reply | None:
        """Answer a request; None where it is a command."""
        ask = {
            "detail": self._detail,
            "value": self._value,
            "image": self._image,
            "runs": self._runs,
            "compare": self._compare,
            "blame": self._blame,
            "price": self._price,
        }.get(request["do"])
        return None if ask is None else ask(request)

    def told(self, detail: Detail, *, whole: bool = False) -> Detail:
        """Make a detail ready to travel; its larger images are kept here to be asked for."""
        images: dict[str, bytes] = {}
        apart = images_apart(detail, images)
        self._images.keep(images)
        return apart if whole else light(apart)

    def key(self, request: Request) -> RunKey:
        """Return the run that a request is about, or the one in use."""
        key = self._ws.in_use().key
        return RunKey(key.project, request.get("run", key.app_id), key.partition_key)

    def _ref(self, request: Request) -> StepRef:
        return StepRef(self.key(request), request.get("seq"))

    def _detail(self, request: Request) -> Reply:
        whole = request.get("whole", False)
        detail = self.told(self._read(request, whole=whole), whole=whole)
        return Reply(id=request["id"], detail=detail)

    def _read(self, request: Request, *, whole: bool) -> Detail:
        app = self._ws.in_use()
        return view.detail(app.history, app.graph, self._ref(request), None if whole else LIGHT)

    def _value(self, request: Request) -> Reply:
        state = self._ws.store().state(self._ref(request))
        return Reply(
            id=request["id"], value=value_page(state, request.get("path", []), request.get("start", 0))
        )

    def _image(self, request: Request) -> Reply:
        name = request.get("image", "")
        if name not in self._images:
            self.told(self._read(request, whole=True), whole=True)
        if name not in self._images:
            raise AgentError("This image is no longer there: look at the step again.")
        return Reply(id=request["id"], image=self._images[name])

    def _blame(self, request: Request) -> Reply:
        ref = self._ref(request)
        history = History(self._ws.store(), ref.run)
        path = path_at(history.at(ref.seq), request.get("path", []))
        found = history.blame_at(path, ref.seq, most=MOST_CAUSES)
        return Reply(id=request["id"], blame=blame_wire(history, found, ref.seq))

    def _price(self, request: Request) -> Reply:
        if "seq" not in request:
            return Reply(id=request["id"], price=price_retry(self._ws))
        history = History(self._ws.store(), self.key(request))
        return Reply(id=request["id"], price=price_again(self._ws, again(history, request["seq"])))

    def _runs(self, request: Request) -> Reply:
        runs = sorted(self._ws.runs(), key=self._rank)
        return Reply(id=request["id"], runs=view.run_lines(runs)[:_MOST_RUNS])

    def _rank(self, run: RunRecord) -> int:
        """Put the run in use first, then those that run; the others stay in their order."""
        if run.key == self._ws.in_use().key:
            return 0
        return 1 if run.status == "running" else 2

    def _compare(self, request: Request) -> Reply:
        store, here = self._ws.store(), self.key(request)
        there = RunKey(here.project, request.get("other", ""), here.partition_key)
        return Reply(id=request["id"], comparison=comparison(History(store, here), History(store, there)))


class _Images(OrderedDict[str, bytes]):
    """Images by their id, the latest of at most 48 MB."""

    def keep(self, images: dict[str, bytes]) -> None:
        for name, data in images.items():
            self[name] = data
            self.move_to_end(name)
        while len(self) > len(images) and sum(map(len, self.values())) > _IMAGES:
            self.popitem(last=False)
