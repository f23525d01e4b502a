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
from corpus.report.wording import count, cut, plural
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
    seen_from,
    tally,
    value_of,
)
from eval.page.forest import NEITHER, Mark, forest, plain, told
from eval.page.whole import NAME, folded
from eval.run.scores import ALL

COLOURS = {BETTER: 0, WORSE: 1, SAME: NEITHER, ONE: NEITHER}
SHORT = 24  # characters of a run's name in a picture or at the head of a column
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
    first, second = names_of(rows)
    marks = key([("c0", f"{second} is better"), ("c1", f"{second} is worse"),
                 (f"c{NEITHER}", "no difference is shown")])  # fmt: skip
    pictures = [join(_picture(some), _table(f"{heading(metric)}, in figures", some)) for metric, some in
                _by_metric(whole)]  # fmt: skip
    return join(tag("p", summary(whole)), _lead(quantized) if quantized else None, marks, _told(first, second),
                pictures, forgetting(rows), _parts(rows))  # fmt: skip


def names_of(rows: pl.DataFrame) -> tuple[str, str]:
    """The two runs of a pair, short enough for a picture or the head of a column."""
    row = rows.row(0, named=True)
    return cut(row["first"], SHORT), cut(row["second"], SHORT)


def summary(rows: pl.DataFrame) -> str:
    """What was found of a pair's whole tasks, in a sentence."""
    row = rows.row(0, named=True) if rows.height else {"first": "the first", "second": "the second"}
    first, second = cut(row["first"], NAME), cut(row["second"], NAME)
    better, worse, same = counts(rows)
    return f"In {plural(rows.height, 'comparison')} of whole tasks {second} is shown to be better than {first} in " \
           f"{count(better)} and worse in {count(worse)}; in {count(same)} no difference is shown."  # fmt: skip


def _lead(kind: str) -> Html:
    return tag("p", f"The second model is the first in fewer bits ({kind}): every difference is what quantizing did. "
               "What counts is on how many items the answer turned, and which way.")  # fmt: skip


def _by_metric(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for metric in dict.fromkeys([*HEADINGS, *rows["metric"]]):
        if (some := rows.filter(metric=metric)).height:
            yield metric, some


def _picture(rows: pl.DataFrame) -> Html:
    first = rows.row(0, named=True)
    lower = first["metric"] == BITS
    unit = "bits per byte" if lower else "points of a hundred"
    one, other = names_of(rows)
    sides = (f"{other} better", f"{other} worse") if lower else (f"{other} worse", f"{other} better")
    title = f"{heading(first['metric'])}: {other} less {one}, {unit}"
    return forest([_mark(row) for row in rows.iter_rows(named=True)], title, plain, sides=sides,
                  small="95 % intervals, each of its own; colours after Holm's correction")  # fmt: skip


def _mark(row: dict[str, Any]) -> Mark:
    scale = scale_of(row)
    asked = name_of({**row, "task": row["formulation"], "formulation": ""}) if row["formulation"] else ""
    return Mark(row["task"], row["difference"] * scale, row["low"] * scale, row["high"] * scale, COLOURS[reading(row)],
                told=told(points(row, "difference"), interval(row)), more=asked)  # fmt: skip


def _table(caption: str, rows: pl.DataFrame, part: bool = False) -> Html:
    first, second = names_of(rows)
    columns = [Column("Task"), *([Column("Part")] if part else []), Column(first, True),
               Column(second, True), Column("Difference", True), Column("95 %", True), Column("p, adjusted", True),
               Column("Shown to be"), Column("Better / same / worse", True), Column("Seen from", True)]  # fmt: skip
    body: list[list[Child]] = []
    for row in rows.head(MOST).iter_rows(named=True):
        won = tally(row)
        body.append([_named(row, part), *([row["part"]] if part else []), value_of(row, "first_value"),
                     value_of(row, "second_value"), points(row, "difference"), interval(row), p_of(row), reading(row),
                     join(" / ".join(map(count, won)), _bar(*won)), seen_from(row)]
                    )  # fmt: skip
    more = f"{count(rows.height - MOST)} more rows are in the file of --out." if rows.height > MOST else ""
    return tag("div", table(caption, columns, body, more), class_="pair-table")


def _named(row: dict[str, Any], metric: bool) -> Child:
    """A row's name; with its metric, where a table holds several."""
    return join(name_of(row), tag("small", metric_of(row))) if metric else name_of(row)


def _told(first: str, second: str) -> Html:
    return note(f"Shares in per cent, differences of shares in points of a hundred; of bits per byte fewer are better. "
                f"A difference is {second} less {first}. ", tag("em", "Better / same / worse"), " counts items or "
                f"texts on which {second} is so; ", tag("em", "seen from"), " is the smallest difference that would be "
                "seen, after correction, in 8 of 10 such comparisons.")  # fmt: skip


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
