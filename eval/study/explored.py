"""What a study measured besides its primary metrics, on its page: all other effects, and how far each metric is noise.

Takes `Results` (`eval/study/results.py`); gives sections to `eval/study/page.py`.
"""

from __future__ import annotations

import math

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, note, table
from corpus.report.wording import count, cut, plural
from eval.page.whole import capital
from eval.statistics.many import LEVEL
from eval.study.forest import spelt
from eval.study.results import SHARES, Effect, Results, metric_name
from eval.study.runs_section import ANCHOR, linked
from eval.study.ways import KEYS
from train.page.spelt import NONE

MOST = 60  # rows
NAME = 24  # characters of an arm at the head of a column


def other_metrics(found: Results) -> Html:
    """The table, with what stands in it told first."""
    rows = [one for one in found.effects if not one.primary]
    rows.sort(key=lambda one: (math.isnan(one.adjusted), one.adjusted))
    base = found.study.arm[0].name
    columns = [Column("Arm"), Column("Metric"), Column(join("Arm ", _first(rows, base)), True),
               Column("This arm", True), Column("Difference", True), Column("95 %", True),
               Column("p, adjusted", True)]  # fmt: skip
    more = f"{plural(len(rows) - MOST, 'row')} more stand in effects.parquet." if len(rows) > MOST else ""
    return join(tag("p", _answer(rows)), note(
        "They were not chosen before the study: they explore, and are adjusted among themselves. Accuracies, "
        "probabilities and F1 in per cent, their differences in points; bits per byte as they are."),
        table("All other metrics, the surest first", columns, [_row(one) for one in rows[:MOST]], more),
    )  # fmt: skip


def _first(rows: list[Effect], base: str) -> Html:
    """The first arm, with a link to its runs; of several sizes to those of the first."""
    size = rows[0].key["size"] if rows else ""
    return linked(base, size, cut(base, NAME))


def _answer(rows: list[Effect]) -> str:
    known = [one for one in rows if not math.isnan(one.adjusted)]
    sure = sum(one.said.second_better is not None for one in known)
    told = f"Of {plural(len(rows), 'other comparison')} "
    if not known:
        return f"{told}none has a p value: seeds are too few or do not scatter."
    return f"{told}{count(sure) if sure else 'none'} {'is' if sure == 1 else 'are' if sure else 'is'} shown to be a " \
           f"difference after correction (p below {LEVEL})."  # fmt: skip


def _row(one: Effect) -> list[Child]:
    value, between = spelt(one)
    share = one.key["metric"] in SHARES
    means = [f"{100 * mean:.1f}" if share else f"{mean:.4f}" for mean in one.means]
    p = NONE if math.isnan(one.adjusted) else "< 0.001" if one.adjusted < 0.001 else f"{one.adjusted:.3f}"
    return [linked(one.arm, one.key["size"], one.arm), capital(metric_name(one.key)), *means, value, between, p]


def noise_section(found: Results) -> Html | None:
    """Signal and noise of each whole metric; None where one seed tells no noise."""
    rows = found.noise.filter((pl.col("part") == "all") & pl.col("noise").is_not_null())
    if rows.is_empty():
        return None
    rows = rows.with_columns(pl.when(pl.col("ratio").is_finite()).then("ratio"))  # no ratio is not the clearest one
    told = [_noise_row(row) for row in rows.sort("ratio", descending=True, nulls_last=True).to_dicts()]
    columns = [Column("Metric"), Column("Between arms", True), Column("Between seeds", True), Column("Ratio", True)]
    return join(tag("p", _expected(found.study.seeds)), note(
        "Standard deviations: of the means of arms, and of the seeds of one arm; of accuracies, probabilities and F1 "
        "in points of a hundred. Made of the scores of all ", tag("a", "runs", href=f"#{ANCHOR}"),
        " but the null arm's."),
        table("Signal and noise of each metric, the clearest first", columns, told),
    )  # fmt: skip


def _expected(seeds: int) -> str:
    """Means of arms that differ in nothing scatter as those of so many draws do, or less: what a seed does to all arms
    alike is in the noise and not in the signal."""
    return (
        "How far arms lie apart in a metric, beside how far seeds of one arm do. Where arms differ in nothing a ratio "
        f"of up to about {1 / math.sqrt(seeds):.2f} is to be expected by chance alone (1 by the root of "
        f"{plural(seeds, 'seed')}): the farther a metric is above that, the more it is worth for telling such arms "
        "apart. Whether two of them differ is told by the verdict."
    )


def _noise_row(row: dict[str, object]) -> list[Child]:
    share = row["metric"] in SHARES
    name = tag("a", capital(metric_name({key: str(row[key]) for key in KEYS})), href=f"#{ANCHOR}")
    return [name, *(_number(row[part], 100.0 if share else 1.0, 2 if share else 4) for part in ("signal", "noise")),
            _number(row["ratio"], 1.0, 2)]  # fmt: skip


def _number(value: object, scale: float, places: int) -> str:
    return f"{scale * value:.{places}f}" if isinstance(value, float) and math.isfinite(value) else NONE
