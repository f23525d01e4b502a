"""Figures of the report: a card a measure with a bar and an interval for each tokenizer, and tables of groups.

From the estimates of `tokenizer/compare/intervals.py`; used by `tokenizer/compare/page.py`. Bars begin at 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, table
from corpus.report.wording import count, size
from tokenizer.compare import spelt
from tokenizer.compare.coloured import dot
from tokenizer.compare.intervals import Estimate, Interval
from tokenizer.compare.measures import Measure
from tokenizer.compare.result import Compares, Group

WIDTH, HEIGHT = 1000.0, 16.0


def card(measure: Measure, each: Sequence[Estimate], tokenizers: Sequence[Compares]) -> Html:
    """One measure: a row a tokenizer."""
    end = _end(measure, each)
    rows = [
        tag("tr", tag("th", dot(place), tokenizers[place].label, scope="row"),
            tag("td", _gauge(one.value, end, place), class_="gauge"),
            tag("td", _figure(measure, one), class_="n"))
        for place, one in enumerate(each)
    ]  # fmt: skip
    caption = tag("figcaption", measure.heading, tag("small", measure.told))
    return tag("figure", caption, tag("table", tag("tbody", rows)), class_="card")


def _end(measure: Measure, each: Sequence[Estimate]) -> float:
    """Where the axis ends: at the largest interval; of shares at the whole, unless all are small."""
    largest = max((one.value.high or one.value.value for one in each if one.value), default=0.0)
    return 1.0 if measure.share and largest > 0.3 else 1.02 * largest or 1.0


def _gauge(interval: Interval | None, end: float, place: int) -> Html | None:
    if interval is None:
        return None
    drawn = [tag("rect", x=0, y=2, width=_at(interval.value, end), height=12, class_=f"k{place % 6}")]
    if interval.low is not None and interval.high is not None:
        low, high = _at(interval.low, end), _at(interval.high, end)
        drawn.append(tag("rect", x=low, y=7, width=max(high - low, 1.5), height=2, class_="whisker"))
        drawn += [tag("rect", x=edge - 1.5, y=3, width=3, height=10, class_="whisker") for edge in (low, high)]
    track = tag("rect", x=0, y=2, width=WIDTH, height=12, class_="track")
    return tag("svg", track, drawn, viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", preserveAspectRatio="none", class_="bar",
               aria_hidden="true")  # fmt: skip


def _at(value: float, end: float) -> float:
    return WIDTH * min(value / end, 1.0)


def _figure(measure: Measure, one: Estimate) -> Html:
    """The value, its interval, and the difference from the first."""
    lines = [tag("strong", spelt.value(measure, one.value)), _line(spelt.bounds(measure, one.value))]
    if one.difference is not None:
        told = spelt.difference(measure, one.difference)
        bounds = spelt.difference_bounds(one.difference)
        lines.append(tag("div", tag("small", told, f" ({bounds})" if bounds else None,
                                    class_=spelt.better(measure, one.difference) or None)))  # fmt: skip
    return join(lines)


def _line(text: str) -> Html | None:
    return tag("div", tag("small", text)) if text else None


def cells(measure: Measure, each: Sequence[Estimate]) -> list[Child]:
    """The values of a row of a table, with their intervals."""
    return [join(spelt.value(measure, one.value), _line(spelt.bounds(measure, one.value))) for one in each]


def columns(first: str, tokenizers: Sequence[Compares]) -> list[Column]:
    """A column for what the rows are, and one for each tokenizer."""
    heads = [Column(join(dot(place), one.label), True) for place, one in enumerate(tokenizers)]
    return [Column(first), *heads]


def group_table(
    caption: str, what: str, measure: Measure, groups: dict[str, Group], tokenizers: Sequence[Compares]
) -> Html:
    """One measure by source, or by tier; the largest first."""
    head = columns(what, tokenizers)
    head.insert(1, Column("documents", True))
    head.insert(2, Column("size", True))
    largest = sorted(groups.items(), key=lambda item: (-item[1].bytes, item[0]))
    rows = [
        [name, count(one.documents), size(one.bytes), *cells(measure, one.measures[measure.name])]
        for name, one in largest
    ]
    return table(caption, head, rows)
