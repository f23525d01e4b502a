"""How often the verdict of a study would claim something if its arms did not differ: by shuffling their names.

Takes the primary scores of a study (`eval/study/results.py`). Of every score the mean of its arm is taken away, so that
arms differ in nothing but the luck of their seeds; then which arm got which of a seed's scores is chance: names are
dealt out anew within every seed (the same for all metrics), and the whole verdict, with its correction, is drawn up
again (a permutation of residuals: Freedman and Lane 1983, doi 10.1080/07350015.1983.10509354). The share of shuffles in
which anything is claimed is the rate of false alarms. Scores as they are would not do: with three seeds one shuffle in
four of two arms is the study itself, and claims what that claims.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t

from eval.statistics.many import LEVEL, holm
from eval.statistics.paired import ROUNDING
from eval.study.arms import NULL
from eval.study.ways import KEYS

DRAWS = 500
LEAST = 3  # seeds


def alarms(values: NDArray[np.float64], draws: int = DRAWS, seed: int = 0) -> float:
    """The share of shuffles in which anything is claimed. `values`: (arms, metrics, seeds), the first arm that with
    which the others are compared. NaN for fewer than two arms or three seeds: of two seeds the rest is one number."""
    arms, metrics, seeds = values.shape
    if arms < 2 or seeds < LEAST:
        return float("nan")
    rest = values - values.mean(axis=-1, keepdims=True)
    drawn = np.random.default_rng(seed)
    order = drawn.permuted(np.tile(np.arange(arms)[:, None], (draws, 1, seeds)), axis=1)  # (draws, arms, seeds)
    dealt = np.take_along_axis(rest[None], order[:, :, None, :].repeat(metrics, axis=2), axis=1)
    moved = dealt[:, 1:] - dealt[:, :1]
    spread = moved.std(axis=-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 2 * t.sf(np.abs(moved.mean(axis=-1)) / (spread / np.sqrt(seeds)), seeds - 1)
    found[spread <= ROUNDING * np.abs(values).max()] = np.nan  # of which nothing is claimed (`of_seeds`)
    return float(np.mean([any(one < LEVEL for one in holm(some.ravel().tolist())) for some in found]))


def of_study(scores: pl.DataFrame, primary: set[tuple[str, ...]]) -> float:
    """The same of a study's scores (as in `Results`); `primary`: task, formulation, metric and part of each. NaN where
    an arm lacks a score."""
    rows = scores.filter(pl.col("arm") != NULL)
    rows = rows.filter(pl.struct(KEYS[1:]).map_elements(lambda row: tuple(row.values()) in primary, pl.Boolean))
    arms, keys = list(dict.fromkeys(rows["arm"])), list(dict.fromkeys(rows.select(KEYS).iter_rows()))
    seeds = sorted(set(rows["pair"]))
    found = {(row["arm"], tuple(row[key] for key in KEYS), row["pair"]): row["value"]
             for row in rows.iter_rows(named=True)}  # fmt: skip
    try:
        values = [[[found[arm, key, pair] for pair in seeds] for key in keys] for arm in arms]
    except KeyError:
        return float("nan")
    return alarms(np.array(values, np.float64)) if arms and keys else float("nan")
