"""Spans as lines of text."""

from __future__ import annotations

from notebook_agent.view.spans import span_lines


def span(uid, name, start=0.0, end=0.0, **more):
    return {"span": uid, "name": name, "start": start, "end": end, "status": "completed", **more}


def test_spans_are_indented_by_the_span_they_lie_in():
    """With how long each took, what left it, and what was logged."""
    events = [
        {"at": 0.1, "attributes": {"score": 1}},
        {"item": 0, "at": 0.1, "value": {}},
        span("4:0", "look it up", 0.1, 1.4, attributes={"query": "pens", "n": 2}),
        span("4:0.0", "ask", 0.1, 0.103, status="failed", error="ValueError: no"),
        span("4:1", "wait", 1.4, 1.5, status="left open"),
    ]
    assert [
        "  logged  score=1",
        "  spans   3 spans",
        "    look it up  1.3 s  query='pens', n=2",
        "      ask  3 ms  ValueError: no",
        "    wait  100 ms  left open",
    ] == span_lines(events)


def test_a_step_without_spans_says_nothing():
    """Nor one whose events are not what they should be."""
    assert [] == span_lines([]) == span_lines(None) == span_lines([1, {"note": "x"}])


def test_many_spans_are_counted():
    """The first twenty are shown."""
    lines = span_lines([span(f"0:{n}", "a") for n in range(25)])
    assert (22, "    and 5 more") == (len(lines), lines[-1])


def test_names_are_harmless_in_a_terminal():
    """They may come from anywhere."""
    assert "    a\ufffd[31m b  <1 ms  x\ufffd='\ufffd'" == span_lines([
        span("0:0", "a\x1b[31m\nb", attributes={"x\x1b": "\x1b"})
    ])[-1].replace("\\x1b", "\ufffd")
