"""Steps as they travel, as one dict each."""

from __future__ import annotations

__all__ = ["rows"]

_WORDS = {"c": "completed", "f": "failed", "i": "interrupted", "r": "running"}


def rows(steps):
    """Turn columns into a list of steps."""
    return [
        {
            "seq": steps["first"] + i,
            "action": steps["names"][steps["action"][i]],
            "source": None if source < 0 else steps["names"][source],
            "status": _WORDS[steps["status"][i]],
            "ms": steps["ms"][i],
            "stale": i in steps["stale"],
        }
        for i, source in enumerate(steps["source"])
    ]
