"""What a page's script makes of rows that hold each value once."""

__all__ = ["unshared"]


def unshared(rows):
    """Put the last row's value together."""
    made = []
    for row in rows:
        if isinstance(row, dict):
            made.append({key: made[number] for key, number in row.items()})
        else:
            made.append([made[number] for number in row] if isinstance(row, list) else row)
    return made[-1]
