"""What an answer that is always the same would get: the share of the answer that is right most often.

Taken by `eval/run/scores.py` and `eval/generate/scores.py` of the items of a score, beside the level of chance. Chance
is a guess among all answers, and no bound on knowing nothing: of 31 sets of letters one is guessed in 3.2 of 100, and
always naming one letter is right in about 20 where most right answers are one letter; of PubMedQA's test 55 of 100
answers are yes (Jin et al. 2019, arXiv 1909.06146, call that the majority baseline). Where options are texts
(`cloze`) no answer is the same as another.
"""

from __future__ import annotations

import polars as pl

from eval.tasks.question import CLOZE, SUBSETS


def constant(answers: pl.Series, formulation: str, metric: str) -> float | None:
    """The level, from 0 to 1; None of options that are texts and where there is no item. `answers`: the right options
    of each item, by number. An accuracy asks for all of an item's right answers, the probability for any of them, but
    where sets are asked for."""
    if formulation == CLOZE or not len(answers):
        return None
    if metric == "probability" and formulation != SUBSETS:
        told = answers.explode()
    else:
        told = answers.cast(pl.List(pl.String)).list.join(" ")
    return most_frequent(told, len(answers))


def most_frequent(told: pl.Series, items: int) -> float:
    """Of how many of the items the value that stands most often is."""
    most = told.value_counts()["count"].max()
    return float(most) / items if isinstance(most, int) else 0.0
