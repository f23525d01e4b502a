"""Whether small models decide as large ones do: of each pair of arms, which is better in either size.

Takes the scores of a study of several sizes (`eval/study/results.py`). Decision accuracy is the share of pairs of arms
that a small model puts in the order in which the largest has them, by means over seeds (Magnusson et al. 2025,
DataDecide, arXiv 2504.11393, section 3: the same of 25 data sets). Some pairs are told apart in neither size, so that
the share of those that the large one tells apart is given besides.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import polars as pl

from eval.run.scores import LOWER
from eval.statistics.paired import of_seeds
from eval.study.arms import NULL


class Decided(NamedTuple):
    """Of one metric: `pairs` of arms, `same` of them in the order that the largest size gives; `told` of them whose
    interval there leaves out nothing, `told_same` of those in the same order. `small`, `large`: sizes."""

    key: dict[str, str]
    small: str
    large: str
    pairs: int
    same: int
    told: int
    told_same: int


def decisions(scores: pl.DataFrame, sizes: tuple[str, ...], keys: list[dict[str, str]]) -> list[Decided]:
    """Of each metric (`keys` without a size) and each size but the largest, which is the last. `scores`: as in
    `Results`."""
    arms = scores.filter(pl.col("arm") != NULL)
    return [_decided(arms.filter(**key), key, small, sizes[-1]) for key in keys for small in sizes[:-1]]


def _decided(rows: pl.DataFrame, key: dict[str, str], small: str, large: str) -> Decided:
    values = {(size, arm): some.sort("pair")["value"].to_numpy()
              for (size, arm), some in rows.group_by("size", "arm", maintain_order=True)}  # fmt: skip
    sign = -1.0 if rows.height and rows["better"][0] == LOWER else 1.0
    found = {"pairs": 0, "same": 0, "told": 0, "told_same": 0}
    for one, other in itertools.combinations(dict.fromkeys(rows["arm"]), 2):
        here = [sign * float(np.mean(values[size, other]) - np.mean(values[size, one])) for size in (small, large)]
        sure = of_seeds(values[large, one], values[large, other])
        told = sure.low > 0 or sure.high < 0
        same = here[0] * here[1] > 0
        for name, counts in (("pairs", True), ("same", same), ("told", told), ("told_same", told and same)):
            found[name] += counts
    return Decided(key, small, large, **found)
