"""Data of a page with each value once, since neighbouring steps hold nearly the same.

The text is a JSON list of rows. A scalar stands for itself; a list has the numbers of its members' rows, and
so has a mapping under its keys. Members come before what holds them, and the last row is the whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from notebook_agent.ids import Json

__all__ = ["Shared"]


@dataclass(slots=True)
class Shared:
    """Rows that grow by what they do not hold yet."""

    _rows: list[str] = field(default_factory=list)
    _numbers: dict[object, int] = field(default_factory=dict)

    def put(self, value: Json) -> int:
        """Return the number of a value's row, which is written if it is a new one."""
        if isinstance(value, dict):
            members: Json = {key: self.put(member) for key, member in value.items()}
            known: object = (*value, *members.values())  # type: ignore[union-attr]  # just made
        elif isinstance(value, list | tuple):
            members = list(map(self.put, value))
            known = (list, *members)
        else:
            members, known = value, (value if type(value) is str else (repr(value),))
        number = self._numbers.get(known)
        return self._write(known, members) if number is None else number

    def text(self) -> str:
        """Return the rows as JSON."""
        return f"[{','.join(self._rows)}]"

    def _write(self, known: object, row: Json) -> int:
        written = json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        self._rows.append(written)
        self._numbers[known] = len(self._rows) - 1
        return len(self._rows) - 1
