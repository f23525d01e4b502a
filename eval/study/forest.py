"""Effects with their intervals, a line each, in SVG and without a script: for the page of a study.

Takes effects of one metric (`eval/study/results.py`), gives markup of `corpus/report/html.py`. The line of no
difference is drawn; which side is better is written at the ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from corpus.report.html import Html, tag
from corpus.report.wording import cut
from eval.study.results import Effect

WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 720, 190, 30, 30, 14, 44
NAME = 26  # characters of an arm's name


def forest(effects: Sequence[Effect], title: str) -> Html:
    """One figure. Effects without an interval (one seed) are dots alone."""
    ends = [end for one in effects for end in (one.found.low, one.found.high, one.found.value) if math.isfinite(end)]
    most = max((abs(end) for end in ends), default=0.0) * 1.1 or 1.0
    height = TOP + ROW * len(effects) + BOTTOM

    def at(value: float) -> float:
        return LEFT + (value + most) / (2 * most) * (WIDTH - LEFT - RIGHT)

    bottom = TOP + ROW * len(effects)
    parts = [tag("line", x1=at(0), x2=at(0), y1=TOP - 6, y2=bottom, class_="rule strong")]
    for step in _ticks(most):
        parts += [tag("line", x1=at(step), x2=at(step), y1=TOP - 6, y2=bottom, class_="rule"),
                  tag("text", spelt(step), x=at(step), y=bottom + 16, text_anchor="middle")]  # fmt: skip
    for number, one in enumerate(effects):
        y = TOP + ROW * number + ROW / 2
        colour = "c0" if one.said.second_better else "c1" if one.said.second_better is False else "c4"
        parts.append(tag("text", cut(one.arm, NAME), x=LEFT - 12, y=y + 4, text_anchor="end", class_="name"))
        if math.isfinite(one.found.low):
            parts.append(
                tag("line", x1=at(one.found.low), x2=at(one.found.high), y1=y, y2=y, class_=f"whisker {colour}")
            )
        parts.append(tag("circle", cx=at(one.found.value), cy=y, r=4.5, class_=colour))
    lower = effects[0].lower_is_better if effects else True
    sides = ("better", "worse") if lower else ("worse", "better")
    parts += [tag("text", f"← {sides[0]}", x=LEFT, y=bottom + 36),
              tag("text", f"{sides[1]} →", x=WIDTH - RIGHT, y=bottom + 36, text_anchor="end")]  # fmt: skip
    drawn = tag("svg", parts, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=title, class_="curve forest")
    return tag("figure", tag("figcaption", title), drawn)


def spelt(step: float) -> str:
    """A place on the axis."""
    return f"{step:+g}" if step else "0"


def _ticks(most: float) -> list[float]:
    """A few round places on both sides of nothing."""
    power = 10.0 ** math.floor(math.log10(most))
    step = next(size * power for size in (0.2, 0.5, 1.0, 2.0, 5.0) if most / (size * power) <= 4)
    count = int(most / step)
    return [round(number * step, 10) for number in range(-count, count + 1)]
