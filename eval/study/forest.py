"""The effects of a study in one metric, drawn: for the page of a study.

Takes effects of one metric (`eval/study/results.py`); the drawing is `eval/page/forest.py`'s, which serves every page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from corpus.report.html import Html
from corpus.report.wording import plural
from eval.page.forest import NEITHER, Mark, plain, told
from eval.page.forest import forest as drawn
from eval.statistics.verdict import Digits
from eval.study.results import SHARES, Effect

COLOURS = {True: 0, False: 1, None: NEITHER}


def forest(effects: Sequence[Effect], title: str, chance: float | None = None) -> Html:
    """One figure; shares in points of a hundred. Effects without an interval (one seed) are dots alone. `chance`: the
    level of a guess, a share, which is told beside the score of the first arm."""
    first = effects[0]
    unit = "points of a hundred" if first.key["metric"] in SHARES else "bits per byte" if first.lower_is_better else ""
    seeds = max(one.found.n for one in effects)
    over = f"95 % intervals by Student's t over {plural(seeds, 'seed')}, each of its own; colours after Holm's " \
           "correction" if seeds > 1 else "one seed: no intervals"  # fmt: skip
    first_told = f"the first arm's score is {100 * first.means[0]:.1f} %, and that of a guess {100 * chance:.1f} %" \
        if chance is not None else ""  # fmt: skip
    sides = ("better", "worse") if first.lower_is_better else ("worse", "better")
    return drawn([_mark(one) for one in effects], title, plain, sides=sides,
                 small="; ".join(part for part in (unit, over, first_told) if part))  # fmt: skip


def _mark(one: Effect) -> Mark:
    scale = 100.0 if one.key["metric"] in SHARES else 1.0
    value, between = spelt(one)
    return Mark(one.arm, scale * one.found.value, scale * one.found.low, scale * one.found.high,
                COLOURS[one.said.second_better], told=told(value, between))  # fmt: skip


def spelt(one: Effect) -> tuple[str, str]:
    """A difference with its sign, and its interval, with the digits of the verdict's sentence; of none a word."""
    digits = Digits(one.found, one.key["metric"] in SHARES)
    value = digits(one.found.value)
    signed = f"+{value}" if float(value) > 0 else value
    return signed, f"{digits(one.found.low)} to {digits(one.found.high)}" if math.isfinite(
        one.found.low
    ) else "no interval"
