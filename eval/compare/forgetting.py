"""What was forgotten: general exams by field of knowledge, before and after, with bars.

Takes differences (`eval/compare/pairs.py`), whose parts of MMLU and CMMLU are fields (`eval/tasks/categories.py`);
gives a part of a pair's section to `eval/compare/pair_section.py`.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, key, note, table
from corpus.report.wording import count, cut, plural
from eval.compare.words import BETTER, WORSE, interval, name_of, p_of, points, reading
from eval.page.whole import NAME
from eval.run.scores import ALL

FIELD = "field "
HIGH = 20  # of a pair of bars


def forgetting(rows: pl.DataFrame) -> Html | None:
    """The tables of one pair of runs, a task each; None where no exam is by field. `rows`: of the pair."""
    accuracy = rows.filter(metric="accuracy")
    found = list[Html]()
    for (task, formulation, shots), some in accuracy.group_by("task", "formulation", "shots", maintain_order=True):
        if (fields := some.filter(pl.col("part").str.starts_with(FIELD))).height:
            whole = some.filter(part=ALL)
            name = name_of({"task": task, "formulation": formulation, "shots": shots})
            found.append(tag("p", _answer(name, fields)))
            found.append(_table(name, [*fields.iter_rows(named=True), *whole.iter_rows(named=True)]))
    if not found:
        return None
    first, second = rows.row(0, named=True)["first"], rows.row(0, named=True)["second"]
    return join(
        tag("h3", "General knowledge by field, before and after"),
        key([("before", f"before: {cut(first, NAME)}"), ("c0", f"after: {cut(second, NAME)}")]), found,
        note("Accuracy on the same items. Chance is 25 %, a guess among four options: where accuracy was no better "
             "before, there was nothing to forget, and a difference of nothing says nothing. Fields are those of the "
             "publishers; of CMMLU ", tag("em", "China specific"), " lies across the others. P values of fields are "
             "adjusted among all parts of the comparison, those of all fields among whole tasks."),
    )  # fmt: skip


def _answer(name: str, fields: pl.DataFrame) -> str:
    read = [reading(row) for row in fields.iter_rows(named=True)]
    second = cut(fields.row(0, named=True)["second"], NAME)
    return f"Of {plural(len(read), 'field')} of {name} {second} is shown to be better in {count(read.count(BETTER))} " \
           f"and worse in {count(read.count(WORSE))}."  # fmt: skip


def _table(name: str, rows: list[dict[str, Any]]) -> Html:
    columns = [Column("Field"), Column("Before, %", True), Column("After, %", True), Column(""),
               Column("Difference, points", True), Column("95 %", True), Column("p, adjusted", True),
               Column("Shown to be"),
               Column("Items", True)]  # fmt: skip
    told: list[list[Child]] = [
        [tag("strong", "all fields") if row["part"] == ALL else row["part"].removeprefix(FIELD),
         f"{100 * row['first_value']:.1f}", f"{100 * row['second_value']:.1f}",
         bars(row["first_value"], row["second_value"]), points(row, "difference"), interval(row), p_of(row),
         reading(row), count(row["n"])]
        for row in rows
    ]  # fmt: skip
    return table(name, columns, told)


def bars(before: float, after: float) -> Html:
    """Two bars over each other, of 0 to 100 %."""
    parts = [tag("rect", x=0, y=y, width=1000, height=8, class_="track") for y in (1, 11)]
    for y, value, kind in ((1, before, "even"), (11, after, "c0")):
        parts.append(tag("rect", x=0, y=y, width=f"{1000 * min(max(value, 0.0), 1.0):.1f}", height=8, class_=kind))
    return tag("svg", parts, viewBox=f"0 0 1000 {HIGH}", preserveAspectRatio="none", class_="beside", role="img",
               aria_label=f"before {100 * before:.1f} %, after {100 * after:.1f} %")  # fmt: skip
