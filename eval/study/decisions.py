"""Whether small models decide as large ones do: of each pair of arms, which is better in either size.

Takes the scores of a study of several sizes (`eval/study/results.py`). Decision accuracy is the share of pairs of arms
that a small model puts in the order in which the largest has them, by means over seeds (Magnusson et al. 2025,
DataDecide, arXiv 2504.11393, section 3: the same of 25 data sets). Some pairs are told apart in neither size, so that
the share of those that the large one tells apart is given besides. A pair whose means are equal in a size has no order
there, which chance would not give half of the time either: it is left out and counted.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.run.scores import LOWER
from eval.statistics.paired import ROUNDING, of_seeds
from eval.study.arms import NULL


class Decided(NamedTuple):
    """Of one metric: `pairs` of arms that have an order in both sizes, `same` of them in the order that the largest
    gives; `told` of them whose interval there leaves out nothing, `told_same` of those in the same order. `ties`: pairs
    besides, which are equal in one of the sizes. `small`, `large`: sizes."""

    key: dict[str, str]
    small: str
    large: str
    pairs: int
    same: int
    told: int
    told_same: int
    ties: int = 0


def decisions(scores: pl.DataFrame, sizes: tuple[str, ...], keys: list[dict[str, str]]) -> list[Decided]:
    """Of each metric (`keys` without a size) and each size but the largest, which is the last. `scores`: as in
    `Results`."""
    arms = scores.filter(pl.col("arm") != NULL)
    return [_decided(arms.filter(**key), key, small, sizes[-1]) for key in keys for small in sizes[:-1]]


def _decided(rows: pl.DataFrame, key: dict[str, str], small: str, large: str) -> Decided:
    values = {(size, arm): some.sort("pair")["value"].to_numpy()
              for (size, arm), some in rows.group_by("size", "arm", maintain_order=True)}  # fmt: skip
    sign = -1.0 if rows.height and rows["better"][0] == LOWER else 1.0
    found = {"pairs": 0, "same": 0, "told": 0, "told_same": 0, "ties": 0}
    for one, other in itertools.combinations(dict.fromkeys(rows["arm"]), 2):
        here = [sign * _moved(values[size, one], values[size, other]) for size in (small, large)]
        if not all(here):
            found["ties"] += 1
            continue
        sure = of_seeds(values[large, one], values[large, other])
        told = sure.low > 0 or sure.high < 0
        same = here[0] * here[1] > 0
        for name, counts in (("pairs", True), ("same", same), ("told", told), ("told_same", told and same)):
            found[name] += counts
    return Decided(key, small, large, **found)


def _moved(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How far the mean of the other lies above that of the one; nothing where it is rounding alone."""
    first, second = float(np.mean(one)), float(np.mean(other))
    return 0.0 if abs(second - first) <= ROUNDING * max(abs(first), abs(second)) else second - first
