"""The panel and its parts as widgets: they hold traits and forward messages, and compute nothing.

    agent = notebook_agent.use(graph)
    Panel(agent)                # the whole
    GraphView(agent)            # one part alone; also StateView and TimeSlider

All panels and parts of an agent stand together: where one is moved the others follow.

A cell's output that stands right after a panel's and carries the exported page is
hidden while the panel lives (`view.page.iframe`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, cast, runtime_checkable

import anywidget  # noqa: TID253 - loaded only when a panel is made
import traitlets

from notebook_agent.pace import Pace
from notebook_agent.throttle import Throttle, later
from notebook_agent.view.page import bundled
from notebook_agent.view.panel import status_line
from notebook_agent.view.wire import ChatWire, Control, Overview, Place, Progress, Reply, Request

__all__ = ["Backed", "Backend", "ChatBox", "GraphView", "Panel", "StateView", "TimeSlider"]

_SHARE = 20
"""Refreshing takes at most one part in so many of the time."""


class Backend(Protocol):
    """What stands behind a panel."""

    def overview(self) -> Overview:
        """Return all that the panel shows first."""

    def place(self) -> Place:
        """Return where the session looks; its `n` counts the runs that began."""

    def control(self) -> Control:
        """Return how the run is held."""

    def watch(self, listener: Callable[[Control], None]) -> Callable[[], None]:
        """Call the listener whenever that changes; return the way to stop it."""

    def look(self, seq: int | None, *, follows: bool) -> None:
        """Look where the page looks."""

    def follow(self, moved: Callable[[], None], rested: Callable[[], None]) -> Callable[[], None]:
        """Call `moved` as another run or step comes into view, `rested` as a run rests; return its end."""

    def handle(self, request: Request) -> Reply:
        """Carry a request out; may be called on any thread, also while a cell runs."""

    def subscribe(self, listener: Callable[[Progress], None]) -> Callable[[], None]:
        """Call the listener while runs go on; return the way to stop it."""


@runtime_checkable
class Backed(Protocol):
    """What has a panel, as `session.Agent`."""

    @property
    def backend(self) -> Backend:
        """What stands behind it."""


class Panel(anywidget.AnyWidget):
    """The panel: the graph, the state, and time.

    Args:
        shown: An agent, or what stands behind one.

    Attributes:
        overview: What it shows first; kept up to date whenever a run rests.
        place: Where one looks: run, step, and whether the view goes on with the run; numbered by what
            moved it in the kernel, of which the beginning of a run is one, and its going on is none. A
            page's place that was told before it knew of the last of these is late, and is not taken.
        control: How the run is held.
        loads: How often a page has asked for all of it again, as one does that was loaded again.
    """

    _esm = bundled("panel.js")
    _css = bundled("panel.css")

    overview = traitlets.Dict().tag(sync=True)
    place = traitlets.Dict().tag(sync=True)
    control = traitlets.Dict().tag(sync=True)
    part = traitlets.Unicode("panel", read_only=True).tag(sync=True)

    _unsubscribe: Callable[[], None] | None = None
    _unwatch: Callable[[], None] | None = None
    _unfollow: Callable[[], None] | None = None
    _due: threading.Timer | None = None
    _throttle: Throttle | None = None
    _closed = False
    loads = 0

    def __init__(self, shown: Backend | Backed) -> None:
        backend = shown.backend if isinstance(shown, Backed) else shown
        self._backend = backend
        self._stands: Place = {**backend.place(), "n": 0}
        self._begun = backend.place()["n"]
        self._renewing = Pace(_SHARE)
        super().__init__(overview=backend.overview(), place=self._stands, control=dict(backend.control()))
        self.observe(self._hear, names=["place"])
        self._throttle = Throttle(self._forward)
        self._unsubscribe = backend.subscribe(self._throttle.push)
        self._unwatch = backend.watch(self._hold)
        self._unfollow = backend.follow(self._turn, self._rest)
        self.on_msg(self._receive)
        _answer_during_cells(self.comm)

    def get_state(
        self,
        key: str | Iterable[str] | None = None,
        drop_defaults: bool = False,  # noqa: FBT001, FBT002  # ipywidgets'
    ) -> dict[str, object]:
        """Return the state that pages have; the whole of it is for one that was loaded again."""
        self.loads += key is None and self._throttle is not None
        state: dict[str, object] = super().get_state(key, drop_defaults)
        return state

    @property
    def lives(self) -> bool:
        """Whether neither anybody nor the host, as marimo with a cell that runs again, has closed it."""
        return self.comm is not None and not getattr(self.comm, "_closed", False)

    def refresh(self) -> None:
        """Show what the backend holds now, such as after a command in a cell."""
        with self._renewing.doing():
            overview = self._backend.overview()
            if self._closed:
                return
            with self.hold_sync():
                self.overview = dict(overview)
                self.stand()

    def stand(self) -> None:
        """Look where the session looks."""
        place = self._backend.place()
        moved = place["n"] != self._begun or not _is_same(place, self._stands)
        self._begun = place["n"]
        self._stands = {**place, "n": self._stands["n"] + moved}
        self.place = dict(self._stands)

    def close(self) -> None:
        """Close the widget; its page shows no more, and its backend is left alone."""
        for stop in (self._unsubscribe, self._unwatch, self._unfollow):
            if stop is not None:
                stop()
        self._unsubscribe = self._unwatch = self._unfollow = None
        if self._due is not None:
            self._due.cancel()
        self._closed = True
        if self._throttle is not None:
            self._throttle.close()
        super().close()

    def __repr__(self) -> str:
        """Return one line: the run and how it stands."""
        return status_line(cast("Overview", self.overview))

    def _hear(self, change: Mapping[str, Place]) -> None:
        told = change["new"]
        if told == self._stands:
            return
        if self._is_late(told) or not _is_place(told):
            self._begun = self._backend.place()["n"]
            self._stands = {**self._stands, "n": self._stands["n"] + 1}
            self.place = dict(self._stands)
            return
        self._stands = told
        self._backend.look(told["seq"], follows=told["follows"])

    def _turn(self) -> None:
        """Show the run and the step that have come into view."""
        if not self.lives:
            self.close()
        elif self._backend.place()["run"] == self._stands["run"]:
            self.stand()
        else:
            self.refresh()

    def _rest(self) -> None:
        """Show what has come of the run."""
        if self.lives:
            self.renew()
        else:
            self.close()

    def _is_late(self, told: Place) -> bool:
        began = self._backend.place()["n"] != self._begun
        return began or (told.get("n"), told.get("run")) != (self._stands["n"], self._stands["run"])

    def _hold(self, control: Control) -> None:
        self.control = dict(control)
        if self._backend.place()["n"] != self._begun:
            self.stand()

    def _forward(self, progress: Progress) -> None:
        self.send(progress)
        if progress["run"]["status"] != "running":
            self.renew()

    def renew(self) -> None:
        """Look where the session looks, and refresh; soon, where that takes much of the time."""
        self.stand()
        wait = self._renewing.wait()
        if wait == 0:
            self.refresh()
        elif self._due is None or not self._due.is_alive():
            self._due = later(wait, self.refresh)

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, Mapping) and "id" in content:
            reply = dict(self._answer(cast("Request", content)))
            image = reply.pop("image", None)
            self.send(reply, None if image is None else [image])

    def _answer(self, request: Request) -> Reply:
        try:
            return self._backend.handle(request)
        except Exception as error:  # noqa: BLE001 - the page has to be told, whatever it was
            return {"id": request["id"], "error": _sentence(error)}


class GraphView(Panel):
    """The graph alone, lit at the step in view."""

    part = traitlets.Unicode("graph", read_only=True).tag(sync=True)


class ChatBox(Panel):
    """The chat alone: what was said, and a box for messages.

    Attributes:
        chat: What a message is given as, and where what was said is kept.
    """

    part = traitlets.Unicode("chat", read_only=True).tag(sync=True)
    chat = traitlets.Dict().tag(sync=True)

    def __init__(self, shown: Backend | Backed, chat: ChatWire) -> None:
        super().__init__(shown)
        self.chat = dict(chat)


class StateView(Panel):
    """The step in view alone: state, diff, calls, decision, code and error."""

    part = traitlets.Unicode("state", read_only=True).tag(sync=True)


class TimeSlider(Panel):
    """The slider and the lanes of the runs alone."""

    part = traitlets.Unicode("slider", read_only=True).tag(sync=True)


def _is_place(told: Place) -> bool:
    seq: object = told.get("seq")
    return isinstance(told.get("follows"), bool) and (seq is None or type(seq) is int) and "seq" in told


def _is_same(place: Place, other: Place) -> bool:
    goes_with = place["follows"] and other["follows"]
    return place["run"] == other["run"] and (goes_with or {**place, "n": 0} == {**other, "n": 0})


def _sentence(error: Exception) -> str:
    said = str(error).strip()
    return said or type(error).__name__


def _answer_during_cells(comm: object) -> None:
    """Let ipykernel 7.4 hear the page on its own thread while a cell runs, as 7.0 to 7.3 do."""
    if hasattr(comm, "_reply_subshell_for"):
        vars(comm)["_reply_subshell_for"] = lambda _data, default: default
