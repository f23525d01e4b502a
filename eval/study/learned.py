"""How arms learned, drawn: of each primary metric and size a line an arm over the tokens read, means over seeds.

Takes the table of `eval/study/ways.py`; goes to `eval/study/page.py`. Drawn by `eval/page/lines.py`.
"""

from __future__ import annotations

import functools

import polars as pl

from corpus.report.html import Html, join, tag
from corpus.report.section import note
from corpus.report.wording import count, plural
from eval.page.lines import Way, chart, legend
from eval.page.whole import capital
from eval.study.results import PERCENT, SHARES, metric_name
from eval.study.ways import KEYS, means
from train.page import spelt
from train.page.curves import figure

LEAST = 2  # looks from which there is a line


def learned(found: pl.DataFrame) -> Html | None:
    """The figures; None where no arm was looked at on the way."""
    names = list(dict.fromkeys(found["arm"]))  # an arm has one colour in all figures
    drawn = [one for key, rows in means(found).group_by(KEYS, maintain_order=True)
             if (one := _figure(dict(zip(KEYS, map(str, key), strict=True)), rows, names)) is not None]  # fmt: skip
    if not drawn:
        return None
    seeds = found["pair"].n_unique()
    over = f"Means over {count(seeds)} seeds; an upright stroke goes from the lowest seed to the highest. " \
        if seeds > 1 else "One seed, so that nothing tells how far the next would lie. "  # fmt: skip
    return join(
        tag("p", "How the scores went while the arms were trained. Lines that cross or run together say nothing by "
            "themselves: whether arms differ at the end is told by the verdict alone."),
        note(over, "The ends are the scores of the effects above, but of arms that were fine-tuned or merged after "
             "their training."),
        tag("div", drawn, class_="curves learned"),
    )  # fmt: skip


def _figure(key: dict[str, str], rows: pl.DataFrame, names: list[str]) -> Html | None:
    scale = 100.0 if (share := key["metric"] in SHARES) else 1.0
    ways = [Way(str(arm), names.index(str(arm)), some["tokens"].to_numpy(),
                *(scale * some[name].to_numpy() for name in ("value", "low", "high")))
            for (arm,), some in rows.group_by("arm", maintain_order=True) if some.height >= LEAST]  # fmt: skip
    if not ways:
        return None
    metric, lower = capital(metric_name(key)), key["metric"] == "bits_per_byte"
    unit = f"{PERCENT if share else 'bits per byte' if lower else 'score'}, {'less' if lower else 'more'} is better"
    ends = [f"{float(one.ys[-1]):.{1 if share else 4}f} at the end" for one in ways]
    picture = chart(f"{metric} over tokens read", ways, spelt.short, functools.partial(_places, _digits(ways)),
                    "tokens read")  # fmt: skip
    looks = plural(max(len(one.xs) for one in ways), "look")
    return figure(metric, f"{unit}; {looks}", picture, legend(ways, ends))


def _digits(ways: list[Way]) -> int:
    """As many behind the point as tell the values of the axis apart."""
    low, high = (pick(float(pick(part)) for one in ways for part in (one.low, one.high)) for pick in (min, max))
    return next((digits for digits in range(6) if (high - low) * 10**digits >= 10), 6)


def _places(digits: int, value: float) -> str:
    return f"{value:.{digits}f}"
