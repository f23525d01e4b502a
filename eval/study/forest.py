"""The effects of a study in one metric, drawn: for the page of a study.

Takes effects of one metric (`eval/study/results.py`); the drawing is `eval/page/forest.py`'s, which serves every page.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.report.html import Html
from eval.page.forest import Mark
from eval.page.forest import forest as drawn
from eval.study.results import Effect


def forest(effects: Sequence[Effect], title: str) -> Html:
    """One figure. Effects without an interval (one seed) are dots alone."""
    lower = effects[0].lower_is_better if effects else True
    return drawn([_mark(one) for one in effects], title, spelt, sides=("better", "worse") if lower else
                 ("worse", "better"))  # fmt: skip


def _mark(one: Effect) -> Mark:
    colour = {True: 0, False: 1, None: 4}[one.said.second_better]
    return Mark(one.arm, one.found.value, one.found.low, one.found.high, colour, told=f"{one.found.value:+.4f}")


def spelt(step: float) -> str:
    """A place on the axis."""
    return f"{step:+g}" if step else "0"
