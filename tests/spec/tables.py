"""Tables drawn with `|`: read into dicts of cells, and drawn again for a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def read_table(text: str) -> list[dict[str, str]]:
    """The rows under the first line, which names the columns; lines of dashes are decoration.

    >>> read_table('''
    ... | product | total |
    ... |---------|-------|
    ... | Seats   | 12.5  |
    ... ''')
    [{'product': 'Seats', 'total': '12.5'}]
    """
    lines = [line.strip() for line in text.splitlines() if line.strip().strip("|-+: ")]
    if not lines:
        return []
    columns, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    if len(set(columns)) < len(columns):
        raise ValueError(f"a column is named twice: {columns}")
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"{len(row)} cells in a table of {len(columns)} columns: {row}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def draw_table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """The rows in columns of even width, as `read_table` reads them."""
    cells = [list(columns), *([row[column] for column in columns] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells)
