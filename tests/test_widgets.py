"""The panel's Python side: messages go through, and both sides look at the same place."""

from __future__ import annotations

import pytest

from notebook_agent.errors import UnknownStepError
from notebook_agent.widgets import GraphView, Panel, StateView, TimeSlider
from tests.progress import fixture, progress


class FixtureBackend:
    """Answers with the fixture, and raises what it is told to."""

    def __init__(self):
        self.requests = []
        self.listeners = []
        self.error = None
        self.shown = fixture("overview")
        self.where = {"run": self.shown["run"], "seq": 10, "follows": True, "n": 0}
        self.looked = []
        self.reply = {"overview": self.shown, "said": "done"}
        self.held = {"mode": "rest", "at": None}
        self.watchers = []
        self.followers = []

    def overview(self):
        return self.shown

    def place(self):
        return self.where

    def control(self):
        return self.held

    def watch(self, listener):
        self.watchers.append(listener)
        return lambda: self.watchers.remove(listener)

    def follow(self, moved, rested):
        self.followers.append((moved, rested))
        return lambda: self.followers.remove((moved, rested))

    def look(self, seq, *, follows):
        self.looked.append((seq, follows))

    def handle(self, request):
        self.requests.append(request)
        if self.error:
            raise self.error
        return {"id": request["id"], **self.reply}

    def subscribe(self, listener):
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


class Heard:
    """A panel whose messages to the page are kept instead of sent."""

    def __init__(self, backend, kind=Panel):
        class Quiet(kind):
            sent = None
            buffers = None

            def send(self, content, buffers=None):
                self.sent = [*(self.sent or []), content]
                self.buffers = [*(self.buffers or []), *([buffers] if buffers else [])]

        self.panel = Quiet(backend)

    @property
    def sent(self):
        return self.panel.sent or []

    def told(self, **place):
        """Set the place as the page does."""
        self.panel.set_state({"place": {**self.panel.place, **place}})

    def ask(self, **request):
        """Deliver a message as the page does."""
        data = {"method": "custom", "content": request}
        self.panel._handle_msg({"content": {"data": data}, "buffers": []})


@pytest.fixture(name="backend")
def backend_fixture():
    return FixtureBackend()


@pytest.fixture(name="heard")
def heard_fixture(backend):
    heard = Heard(backend)
    yield heard
    heard.panel.close()


def test_a_panel_looks_at_the_head_of_its_run(heard, backend):
    """It begins where the run is."""
    assert (heard.panel.overview, heard.panel.place) == (backend.shown, backend.where)


def test_a_panel_begins_where_the_session_stands(backend):
    """Also in the past, at its start and after a refresh, which is numbered."""
    backend.where = {**backend.where, "seq": 4, "follows": False}
    panel = Panel(backend)
    assert backend.where == panel.place
    backend.where = {**backend.where, "seq": None}
    panel.refresh()
    assert {**backend.where, "n": 1} == panel.place
    panel.close()


def test_the_kernel_looks_where_the_page_looks(heard, backend):
    """A place that knows the kernel's last one is taken."""
    heard.told(seq=4, follows=False, n=0)
    assert [(4, False)] == backend.looked


def test_a_late_place_is_not_taken(heard, backend):
    """The page told it before it knew where the kernel looks now; it is told again."""
    backend.where = {**backend.where, "seq": 4, "follows": False}
    heard.panel.stand()
    heard.told(seq=9, follows=False, n=0)
    assert [] == backend.looked
    assert {**backend.where, "n": 2} == heard.panel.place


def test_a_page_that_turns_to_the_past_while_the_run_goes_on_is_heard(heard, backend):
    """That the run went on, and is told of late, is no move of the kernel's."""
    backend.where = {**backend.where, "seq": 12}
    heard.panel.refresh()
    assert backend.where == heard.panel.place
    heard.told(seq=4, follows=False, n=0)
    assert [(4, False)] == backend.looked


def test_a_place_from_before_a_run_began_is_not_taken(heard, backend):
    """Though the page could not know yet: what ran since would be left behind in another branch."""
    backend.where = {**backend.where, "seq": 12, "n": 1}
    heard.told(seq=4, follows=False, n=0)
    assert ([], {**backend.where, "seq": 10}) == (backend.looked, heard.panel.place)


def test_the_page_is_told_that_a_run_begins(heard, backend):
    """With how it is held; from then on its places are heard again."""
    backend.where = {**backend.where, "n": 1}
    backend.watchers[0]({"mode": "running", "at": None})
    assert backend.where == heard.panel.place
    heard.told(seq=4, follows=False, n=1)
    assert [(4, False)] == backend.looked


@pytest.mark.parametrize("place", [{"n": None}, {"seq": "x"}, {"seq": 4.5}, {"follows": 2}, {"run": []}])
def test_a_place_that_is_none_is_not_taken(heard, backend, place):
    """The page is told once more where the kernel looks."""
    heard.told(**place)
    assert ([], {**backend.where, "n": 1}) == (backend.looked, heard.panel.place)


def test_an_empty_place_is_not_taken(heard, backend):
    """Nor does it harm."""
    heard.panel.set_state({"place": {}})
    assert ([], {**backend.where, "n": 1}) == (backend.looked, heard.panel.place)


def test_a_place_in_another_run_is_not_taken(heard, backend):
    """The page turns to another run by a command."""
    heard.told(run="another", seq=1, follows=False, n=0)
    assert ([], {**backend.where, "n": 1}) == (backend.looked, heard.panel.place)


def test_an_image_travels_beside_its_message(heard, backend):
    """As bytes, which JSON has none of."""
    backend.reply = {"image": b"\x89PNG"}
    heard.ask(id=3, do="image", image="x")
    assert [{"id": 3}] == [{"id": reply["id"]} for reply in heard.sent]
    assert [[b"\x89PNG"]] == heard.panel.buffers


def test_a_panel_as_text_is_one_line(backend):
    """What would control a terminal is written out."""
    backend.shown["runs"][0]["label"] = "chat\x1b[31m\u202e"
    panel = Panel(backend)
    data = panel._repr_mimebundle_()
    text = (data[0] if isinstance(data, tuple) else data)["text/plain"]
    panel.close()
    assert text == "chat\\x1b[31m\\u202e: @10 failed, next generate_image"


def test_a_request_is_answered_with_its_id(heard, backend):
    """The page finds its answer."""
    heard.ask(id=7, do="fork", run="r", seq=4, edits={})
    assert backend.requests == [{"id": 7, "do": "fork", "run": "r", "seq": 4, "edits": {}}]
    assert [(reply["id"], reply["said"]) for reply in heard.sent] == [(7, "done")]


def test_an_error_is_one_sentence(heard, backend):
    """The page says what went wrong; the kernel goes on."""
    backend.error = UnknownStepError("Run chat has no step 99.", seq=99)
    heard.ask(id=1, do="detail", run="chat", seq=99)
    assert heard.sent == [{"id": 1, "error": "Run chat has no step 99."}]


def test_what_is_no_request_is_passed_over(heard, backend):
    """A message without an id is not ours."""
    heard.ask(do="retry")
    assert (backend.requests, heard.sent) == ([], [])


def test_unknown_keywords_raise(backend):
    """A misspelt option is no silence."""
    with pytest.raises(TypeError):
        Panel(backend, theme="dark")


PARTS = [(GraphView, "graph"), (StateView, "state"), (TimeSlider, "slider")]


@pytest.mark.parametrize(("kind", "part"), PARTS)
def test_a_part_stands_alone(backend, kind, part):
    """The same bundle draws one part of the panel."""
    shown = kind(backend)
    assert shown.part == part
    shown.close()


def test_a_closed_panel_hears_no_more(backend):
    """Closing leaves no listener at the backend."""
    panel = Panel(backend)
    panel.close()
    assert [[], [], []] == [backend.listeners, backend.watchers, backend.followers]


def test_a_panel_knows_that_its_page_was_loaded_again(backend):
    """A page that has just begun asks for all that there is; what changes is asked for by name."""
    panel = Panel(backend)
    panel.send_state("place")
    before = panel.loads
    panel.get_state()
    assert (0, 1) == (before, panel.loads)
    panel.close()


def test_a_panel_whose_host_closed_it_leaves_at_the_next_turn(backend):
    """As marimo does with the cell's widgets before it runs the cell again."""
    panel = Panel(backend)
    panel.comm.close()
    backend.followers[0][0]()
    assert (False, []) == (panel.lives, backend.followers)


class ClosingBackend(FixtureBackend):
    """Closes its panel while that asks for the overview, as happens where a timer is late."""

    panel = None

    def overview(self):
        if self.panel is None:
            return self.shown
        self.panel.close()
        return {**self.shown, "project": "late"}


def test_a_panel_that_is_closed_while_it_refreshes_stays_as_it_was():
    """Nothing is written to a closed widget."""
    backend = ClosingBackend()
    backend.panel = Panel(backend)
    backend.panel.refresh()
    assert backend.shown == backend.panel.overview


def test_progress_goes_to_the_page(heard, backend):
    """The first message is sent as it is."""
    message = progress(1, 11)
    backend.listeners[0](message)
    assert heard.sent == [message]


def test_a_run_that_rests_renews_the_overview(heard, backend):
    """A view opened later finds the newest state."""
    backend.shown = {**backend.shown, "project": "renamed"}
    backend.listeners[0](progress(1, 11, status="completed"))
    assert heard.panel.overview["project"] == "renamed"


def test_refresh_turns_to_another_run(heard, backend):
    """A fork made in a cell is shown at its head."""
    fork = backend.shown["runs"][1]
    backend.shown = {**backend.shown, "run": fork["id"]}
    backend.where = {**backend.where, "run": fork["id"], "seq": 7}
    heard.panel.refresh()
    assert (heard.panel.overview["run"], heard.panel.place["run"]) == (fork["id"], fork["id"])
