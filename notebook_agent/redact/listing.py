"""The list of rules for people, as it stands in RULES.md."""

from __future__ import annotations

from collections.abc import Iterable

from notebook_agent.redact.rules import ASSIGNED, ENVIRONMENT, RULES

__all__ = ["rule_list"]

_HEAD = """# What is taken for a secret

Each secret is shown as the name of its rule in brackets, such as `[openai-key]`. States, inputs and
responses are kept exactly, in a file that only you can read, and masked wherever they are shown; all
else is redacted before it is written. `notebook_agent.redact.trust("commit")` shows what stands
under that key as it is; `LocalTrackingClient(.., redact_state=True)` keeps secrets out of the
states in the file too.

| rule | a secret begins with, or has beside it |
| --- | --- |
"""
_VALUES = (
    "the value (8 characters or more) of an environment variable `*_KEY`, `*_TOKEN` or `*_SECRET`, or"
    " `*PASSWORD` or `*PASSWD` where it is more than letters"
)
_TELLING = "; also a whole text under a key such as `password`, `api_key`, `access_token` or `cookie`"


def rule_list() -> str:
    """Return the rules as Markdown: each name with the marks by which its secrets are known."""
    marks: dict[str, list[str]] = {}
    for rule in RULES:
        marks.setdefault(rule.name, []).extend(rule.markers)
    rows = {
        name: ", ".join(f"`{mark.strip()}`" for mark in dict.fromkeys(known)) for name, known in marks.items()
    }
    rows[ENVIRONMENT] = _VALUES
    rows[ASSIGNED] += _TELLING
    return _HEAD + "".join(f"| {name} | {known} |\n" for name, known in rows.items())


def _quoted(marks: Iterable[str]) -> str:
    return ", ".join(f"`{mark.strip()}`" for mark in dict.fromkeys(marks))
