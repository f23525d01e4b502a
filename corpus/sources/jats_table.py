"""A JATS table as lines of text: caption, then one line per row with the cells between ` | `, then its notes.

Elements come from `corpus/sources/jats.py`, after citations were marked. Spans are written so that each line can be
read by itself: a cell that spans rows is repeated in each of them; a cell that spans columns is written once and
leaves the others empty, so that columns stay in line; a cell that spans the whole row stands alone.

    Table 2. Outcomes at 12 weeks
     | Exercise |  | Control |
    Outcome | n | mean (SD) | n | mean (SD)
    Pain | 48 | 3.1 (1.2) | 47 | 4.0 (1.4)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

# Tables wider than this cannot be read by anybody; a span of a billion columns is an attack.
MAX_SPAN = 40


def table_lines(table: Any, inline: Callable[[Any], str]) -> Iterator[str]:
    """The rows of a `table` (XHTML model, or CALS `row` and `entry`); `inline` gives the text of a cell."""
    waiting: dict[int, tuple[int, str]] = {}  # column: rows still to fill, and the text
    for row in table.iter("tr", "row"):
        cells: dict[int, str] = {}
        column = _fill(waiting, cells, 0)
        for cell in row.iterchildren("td", "th", "entry"):
            text, width = inline(cell), _span(cell, "colspan")
            height = _span(cell, "rowspan")
            for place in range(column, column + width):
                cells[place] = text if place == column else ""
                if height > 1:
                    waiting[place] = (height - 1, cells[place])
            column = _fill(waiting, cells, column + width)
        line = _line(cells)
        if line:
            yield line


def _fill(waiting: dict[int, tuple[int, str]], cells: dict[int, str], column: int) -> int:
    """Write the cells that reach down from rows above, from `column` on; the first column that is free."""
    while column in waiting:
        rows, cells[column] = waiting.pop(column)
        if rows > 1:
            waiting[column] = (rows - 1, cells[column])
        column += 1
    return column


def _line(cells: dict[int, str]) -> str:
    texts = [cells[place] for place in sorted(cells)]
    if not any(texts[1:]):
        return texts[0] if texts else ""
    return " | ".join(texts).rstrip(" |")


def _span(cell: Any, attribute: str) -> int:
    value = (cell.get(attribute) or "").strip()
    return min(max(int(value), 1), MAX_SPAN) if value.isascii() and value.isdigit() and len(value) < 10 else 1
