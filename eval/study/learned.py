"""How arms learned, drawn: of each primary metric and size a line an arm over the tokens read, means over seeds.

Takes the table of `eval/study/ways.py`; goes to `eval/study/page.py`. Drawn by `train/page/curves.py`.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from corpus.report.html import Html, join, tag
from corpus.report.section import note
from eval.study.results import metric_name
from eval.study.ways import KEYS, means
from train.page import spelt
from train.page.curves import WIDE, Line, chart, figure
from train.page.measured import legend

LEAST = 2  # looks from which there is a line


def learned(found: pl.DataFrame) -> Html | None:
    """The figures; None where no arm was looked at on the way."""
    drawn = [one for key, rows in means(found).group_by(KEYS, maintain_order=True)
             if (one := _figure(dict(zip(KEYS, map(str, key), strict=True)), rows)) is not None]  # fmt: skip
    if not drawn:
        return None
    lead = (
        "Means over seeds; the ends are those of the effects above, but of arms that were fine-tuned or merged after."
    )
    return join(note(lead), tag("div", drawn, class_="curves"))


def _figure(key: dict[str, str], rows: pl.DataFrame) -> Html | None:
    lines = [Line(arm, place, some["tokens"].to_numpy(), some["value"].to_numpy(), dots=True)
             for place, ((arm,), some) in enumerate(rows.group_by("arm", maintain_order=True))
             if some.height >= LEAST]  # fmt: skip
    if not lines:
        return None
    ends = ", ".join(f"{line.label} {float(np.asarray(line.ys)[-1]):.4f}" for line in lines)
    picture = chart(f"{metric_name(key)} over tokens read", lines, spelt.short, spelt.rate, WIDE)
    return figure(metric_name(key), f"at the end: {ends}", picture, legend(lines))
