"""Tables for pandas, which is asked for only when one is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from notebook_agent.errors import CommandError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame"]


def frame(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a DataFrame; CommandError where pandas is not installed."""
    try:
        import pandas as pd
    except ModuleNotFoundError:
        raise CommandError("a DataFrame needs pandas, which is not installed: pip install pandas") from None
    return pd.DataFrame(list(rows), columns=list(columns))
