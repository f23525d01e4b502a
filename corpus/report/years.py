"""Stacked columns by year of publication: a figure of the tiers section.

Counts of kept documents by year and by tier or evidence level come from `corpus/report/tiers.py`. The latest years
stand one by one, older ones by decade, and what is older still in one column.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from corpus.report.html import Html, tag
from corpus.report.wording import count, short

SINGLE, DECADES = 49, 6  # years drawn one by one at most, and decades before them
LATE = 0.999  # share of the dated documents that the last single year leaves behind
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 900, 240, 46, 14, 22
YEAR = pl.col("document.date").str.extract(r"^([12]\d{3})(?:\D|$)").alias("year")

Cells = Mapping[tuple[str, str], int]  # by year and kind


class Column(NamedTuple):
    """Years that stand in one column: the first and the last of them, and what is written below."""

    first: int
    last: int
    label: str


class Kind(NamedTuple):
    """A part of the columns: its name among the counts, and its CSS class."""

    name: str
    css: str


def columns(years: Mapping[int, int]) -> list[Column]:
    """The columns for documents by year."""
    high = _late(years)
    first = max(min(years), -(-(high - SINGLE) // 10) * 10)
    result = [Column(year, year, str(year)) for year in range(first, high + 1)]
    start = first // 10 * 10
    if min(years) < first:
        oldest = max(min(years) // 10 * 10, start - 10 * DECADES)
        result = [Column(year, year + 9, f"{year}s") for year in range(oldest, start, 10)] + result
        if min(years) < oldest:
            result = [Column(0, oldest - 1, f"to {oldest - 1}"), *result]
    return [*result, Column(high + 1, 9999, "later")] if max(years) > high else result


def _late(years: Mapping[int, int]) -> int:
    wanted, seen = LATE * sum(years.values()), 0
    for year, number in sorted(years.items()):
        seen += number
        if seen >= wanted:
            return year
    raise AssertionError


def draw(cells: Cells, kinds: Sequence[Kind], title: str) -> Html:
    """The columns as SVG, the first kind at the bottom."""
    years: dict[int, int] = {}
    for (year, _), number in cells.items():
        years[int(year)] = years.get(int(year), 0) + number
    shown = columns(years)
    heights = [[_within(cells, column, kind.name) for kind in kinds] for column in shown]
    highest = max(sum(parts) for parts in heights)
    step = (WIDTH - LEFT) / len(shown)
    drawn = [_stack(LEFT + place * step, step, column, list(zip(kinds, parts, strict=True)), highest)
             for place, (column, parts) in enumerate(zip(shown, heights, strict=True))]  # fmt: skip
    drawn += [_border(LEFT + place * step) for place in _borders(shown)]
    figure = tag(
        "svg", tag("title", title), _grid(highest), drawn, [_label(LEFT + place * step, step, column, place, shown)
                                                            for place, column in enumerate(shown)],
        viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="years", role="img",
    )  # fmt: skip
    return tag("div", figure, class_="scroll", tabindex=0, role="region", aria_label=title)


def _within(cells: Cells, column: Column, kind: str) -> int:
    return sum(number for (year, name), number in cells.items()
               if name == kind and column.first <= int(year) <= column.last)  # fmt: skip


def _y(value: float, highest: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / highest


def _stack(x: float, width: float, column: Column, parts: list[tuple[Kind, int]], highest: int) -> Html:
    total, below, drawn = sum(number for _, number in parts), 0, []
    for kind, number in parts:
        if number:
            top, ground = _y(below + number, highest), _y(below, highest)
            drawn.append(tag("rect", x=x + 1, y=top, width=width - 2, height=max(ground - top, 0.6), class_=kind.css))
        below += number
    said = "; ".join(f"{kind.name} {count(number)}" for kind, number in parts if number)
    return tag("g", tag("title", f"{column.label}: {count(total)} ({said})" if total else column.label), drawn)


def _borders(shown: Sequence[Column]) -> list[int]:
    """Before which columns the years that a column holds change in number."""
    single = [column.first == column.last for column in shown]
    return [place for place in range(1, len(shown)) if single[place] != single[place - 1]]


def _border(x: float) -> Html:
    return tag("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="threshold")


def _grid(highest: int) -> list[Html]:
    raw = max(highest / 4, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    drawn = []
    for place in range(math.floor(highest / step) + 1):
        y = _y(place * step, highest)
        drawn.append(tag("line", x1=LEFT, x2=WIDTH, y1=y, y2=y, class_="ground"))
        drawn.append(tag("text", short(place * step), x=LEFT - 6, y=y + 3.5, text_anchor="end", class_="tick"))
    return drawn


def _label(x: float, width: float, column: Column, place: int, shown: Sequence[Column]) -> Html | None:
    """Below every column where there is room, else below decades and every fifth year."""
    single = column.first == column.last
    beside = [other.first != other.last for other in shown[max(0, place - 1) : place + 2]]
    if width < 36 and single and (any(beside) or (column.first % 5 and place)):
        return None
    if width < 40 and not single and place % 2 and len(shown) > 12:
        return None
    return tag("text", column.label, x=x + width / 2, y=HEIGHT - 6, text_anchor="middle", class_="tick")
