"""One run beside another: differences drawn and listed, a picture a metric, then what was forgotten, then the parts.

Takes the rows of one pair (`eval/compare/pairs.py`), gives a section to `eval/compare/page.py`. Drawn by
`eval/page/forest.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, key, note, table
from corpus.report.wording import count
from eval.compare.forgetting import FIELD, forgetting
from eval.compare.words import (
    BETTER,
    BITS,
    HEADINGS,
    ONE,
    SAME,
    WORSE,
    heading,
    interval,
    metric_of,
    name_of,
    p_of,
    points,
    reading,
    scale_of,
    tally,
    value_of,
)
from eval.page.forest import Mark, forest
from eval.page.whole import folded
from eval.run.scores import ALL
from eval.study.forest import spelt

COLOURS = {BETTER: 0, WORSE: 1, SAME: 4, ONE: 4}
TALLY = 1000
MOST = 400  # rows of a table of parts
KEYS = ["task", "formulation", "shots", "metric"]


def counts(rows: pl.DataFrame) -> tuple[int, int, int]:
    """In how many rows the second is shown to be better, to be worse, and neither."""
    there = dict(rows.group_by("second_better").len().iter_rows())
    return there.get(True, 0), there.get(False, 0), there.get(None, 0)


def pair_section(rows: pl.DataFrame, quantized: str = "") -> Html:
    """The section of a pair. `quantized`: to what the second was quantized of the first."""
    whole = rows.filter(part=ALL)
    lead = _lead(quantized) if quantized else None
    pictures = [join(_picture(some), _table(f"{heading(metric)}, in figures", some)) for metric, some in
                _by_metric(whole)]  # fmt: skip
    marks = key([("c0", "the second run is better"), ("c1", "worse"), ("c4", "no difference shown")])
    return join(lead, marks, _told(), pictures, forgetting(rows), _parts(rows))


def _lead(kind: str) -> Html:
    told = f"The second model is the first in fewer bits ({kind}): every difference is what quantizing cost. On most "
    told += "items both answer alike; what counts is on how many the answer turned, and which way."
    return tag("p", told)


def _by_metric(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for metric in dict.fromkeys([*HEADINGS, *rows["metric"]]):
        if (some := rows.filter(metric=metric)).height:
            yield metric, some


def _picture(rows: pl.DataFrame) -> Html:
    first = rows.row(0, named=True)
    lower = first["metric"] == BITS
    unit = "bits per byte" if lower else "points of a hundred"
    sides = ("second better", "second worse") if lower else ("second worse", "second better")
    title = f"{heading(first['metric'])}: second less first, {unit}"
    return forest([_mark(row) for row in rows.iter_rows(named=True)], title, spelt, sides=sides,
                  small="95 % intervals, each of its own; colours after Holm's correction")  # fmt: skip


def _mark(row: dict[str, Any]) -> Mark:
    scale = scale_of(row)
    told = join(tag("b", points(row, "difference")), f" {interval(row)}")
    return Mark(row["task"], row["difference"] * scale, row["low"] * scale, row["high"] * scale, COLOURS[reading(row)],
                told=told, more=name_of({**row, "task": row["formulation"], "formulation": ""})
                if row["formulation"] else "")  # fmt: skip


def _table(caption: str, rows: pl.DataFrame, part: bool = False) -> Html:
    columns = [Column("Task"), *([Column("Part")] if part else []), Column("First", True),
               Column("Second", True), Column("Difference", True), Column("95 %", True), Column("p, adjusted", True),
               Column("Shown to be"), Column("Better / same / worse", True), Column("Seen from", True)]  # fmt: skip
    told: list[list[Child]] = []
    for row in rows.head(MOST).iter_rows(named=True):
        won = tally(row)
        told.append([_named(row, part), *([row["part"]] if part else []), value_of(row, "first_value"),
                     value_of(row, "second_value"), points(row, "difference"), interval(row), p_of(row), reading(row),
                     join(" / ".join(map(count, won)), _bar(*won)), points(row, "detectable", signed=False)]
                    )  # fmt: skip
    more = f"{count(rows.height - MOST)} more rows are in the file of --out." if rows.height > MOST else ""
    return tag("div", table(caption, columns, told, more), class_="pair-table")


def _named(row: dict[str, Any], metric: bool) -> Child:
    """A row's name; with its metric, where a table holds several."""
    return join(name_of(row), tag("small", metric_of(row))) if metric else name_of(row)


def _told() -> Html:
    return note("Shares in per cent, their differences in points; bits per byte as they are. “Better / same / worse” "
                "counts items or texts; “seen from” is the smallest difference that would be seen, after correction, "
                "in 8 of 10 such comparisons.")  # fmt: skip


def _bar(better: int, same: int, worse: int) -> Html:
    """On how many items the second is better, the same, worse, as a bar."""
    whole, at, parts = max(better + same + worse, 1), 0.0, list[Html]()
    for kind, value in (("c0", better), ("even", same), ("c1", worse)):
        width = TALLY * value / whole
        if value:
            parts.append(tag("rect", x=f"{at:.1f}", y=0, width=f"{width:.1f}", height=10, class_=kind))
        at += width
    return tag("svg", parts, viewBox=f"0 0 {TALLY} 10", preserveAspectRatio="none", class_="tally", role="img",
               aria_label=f"better on {better}, same on {same}, worse on {worse}")  # fmt: skip


def _parts(rows: pl.DataFrame) -> Html | None:
    """Languages, subjects, sources and tiers: folded away, those that are shown first."""
    parts = rows.filter((pl.col("part") != ALL) & ~(pl.col("part").str.starts_with(FIELD) & (pl.col("metric") ==
                        "accuracy")))  # fmt: skip
    if parts.is_empty():
        return None
    shown = parts.sort("p_adjusted", nulls_last=True, maintain_order=True)
    better, worse, _ = counts(shown)
    summary = (
        f"Parts: {count(shown.height)} comparisons by language, subject, source and tier, of which {count(better)} "
    )
    summary += f"are shown to be better and {count(worse)} worse"
    return folded(summary, note("Adjusted among themselves, since they were looked at after the whole tasks."),
                  _table("Parts, the surest first", shown, part=True))  # fmt: skip
