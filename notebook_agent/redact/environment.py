"""Secrets of the environment: values of the variables whose names say that they are."""

from __future__ import annotations

import os
from collections.abc import Sequence

__all__ = ["SHORTEST", "environment_secrets"]

SHORTEST = 8
"""Shorter texts are no secrets."""
_PASSWORDS = ("PASSWORD", "PASSWD", "password", "passwd")
_NAMES = ("_KEY", "_TOKEN", "_SECRET", "_key", "_token", "_secret", *_PASSWORDS)
_last: list[tuple[dict[object, object] | None, Sequence[str]]] = [(None, ())]
"""An environment as it was before it was looked through, and what was found."""


def environment_secrets() -> list[str]:
    """List the secrets of the environment, longest first: one may hold another.

    A password of letters alone, such as `postgres`, is a word that texts are full of, and no secret.
    They are looked for again where the environment is another than the last time.
    """
    held = vars(os.environ).get("_data")
    known, secrets = _last[0]
    if held is None or held != known:
        known = None if held is None else dict(held)
        secrets = _found()
        _last[0] = known, secrets
    return list(secrets)


def _found() -> list[str]:
    named = [(name, os.environ.get(name, "").strip()) for name in os.environ if name.endswith(_NAMES)]
    values = {value for name, value in named if not (name.endswith(_PASSWORDS) and value.isalpha())}
    return sorted(
        (value for value in values if len(value) >= SHORTEST), key=lambda value: (-len(value), value)
    )
