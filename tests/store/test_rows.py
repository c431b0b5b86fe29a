"""What is remembered of long lists between two reads."""

from __future__ import annotations

from notebook_agent.store.codec.rows import Row, Rows

MEGABYTE = 1 << 20


def test_a_row_is_remembered_while_the_file_is_of_one_age():
    """After something was removed from the file, its numbers may stand for other rows."""
    rows = Rows()
    row = Row([1, 2])
    rows.at(3).keep(7, row, 10)
    assert row is rows.at(3).get(7)
    assert rows.at(4).get(7) is None


def test_the_least_lately_used_rows_are_forgotten():
    """What is remembered stays below 16 MB; a row that is larger alone is not remembered."""
    rows = Rows().at(0)
    for number in range(16):
        rows.keep(number, Row([number]), MEGABYTE)
    assert [0] == rows.get(0)
    rows.keep(16, Row([16]), MEGABYTE)
    rows.keep(17, Row([17]), 17 * MEGABYTE)
    assert [None, [0], [16], None] == [rows.get(number) for number in (1, 0, 16, 17)]
