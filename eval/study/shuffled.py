"""How often the verdict of a study would claim something if its arms did not differ: by shuffling their names.

Takes the primary scores of a study (`eval/study/results.py`). Of every score the mean of its arm is taken away, so that
arms differ in nothing but the luck of their seeds; then which arm got which of a seed's scores is chance: names are
dealt out anew within every seed (the same for all metrics), and the whole verdict, with its correction, is drawn up
again (a permutation of residuals: Freedman and Lane 1983, doi 10.1080/07350015.1983.10509354). The share of shuffles in
which anything is claimed is the rate of false alarms. Scores as they are would not do: with three seeds one shuffle in
four of two arms is the study itself, and claims what that claims.

How finely a rate can be told depends on how many arrangements there are: of two arms and three seeds four, whose
differences add up to nothing before signs are flipped, so that |t| is 4 at most and never the 4.3 that a claim takes. A
share of fewer arrangements than 1 / LEVEL is 0 or above LEVEL, and tells nothing of whether LEVEL is kept.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t

from corpus.report.wording import count, plural, share
from eval.statistics.many import LEVEL, holm
from eval.statistics.paired import ROUNDING
from eval.study.arms import NULL
from eval.study.ways import KEYS

DRAWS = 500
LEAST = 3  # seeds


def alarms(values: NDArray[np.float64], draws: int = DRAWS, seed: int = 0) -> float:
    """The share of shuffles in which anything is claimed. `values`: (arms, metrics, seeds), the first arm that with
    which the others are compared. NaN for fewer than two arms, and where `too_few` seeds."""
    arms, metrics, seeds = values.shape
    if arms < 2 or too_few(arms, seeds):
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


def arrangements(arms: int, seeds: int) -> int:
    """In how many ways the scores of the arms can be dealt out within every seed, but for which arm is called what."""
    each: int = math.factorial(arms)
    return int(each ** (seeds - 1))


def too_few(arms: int, seeds: int) -> bool:
    """Whether so few seeds can be arranged in too few ways to tell a rate as small as LEVEL; of two seeds the rest of
    an arm's mean is one number, whose sign alone can change."""
    return seeds < LEAST or arrangements(arms, seeds) * LEVEL < 1


def told(rate: float, arms: int, seeds: int, scored: bool = True) -> str:
    """The rate in a sentence, or why there is none and how many seeds would do. `scored`: whether every run has every
    primary score."""
    if not scored or (math.isnan(rate) and not too_few(arms, seeds)):
        return "Not tested by shuffling how often this verdict raises a false alarm: not every run has every primary " \
               "score."  # fmt: skip
    if too_few(arms, seeds):
        enough = next(more for more in range(LEAST, 100) if not too_few(arms, more))
        why = "an arm's scores less their mean tell one number at most" if seeds < LEAST else \
              f"{plural(arms, 'arm')} and {plural(seeds, 'seed')} can be arranged in " \
              f"{plural(arrangements(arms, seeds), 'way')}"  # fmt: skip
        return (
            f"How often this verdict raises a false alarm cannot be told by shuffling with so few: {why}. "
            f"{count(enough)} seeds would do."
        )
    alarmed = round(rate * DRAWS)
    how_many = (
        f"{count(alarmed)} of {DRAWS} shuffles ({share(alarmed, DRAWS)})" if alarmed else f"none of {DRAWS} shuffles"
    )
    return (
        "With the arms' means taken away and their names shuffled within every seed, something is claimed in "
        f"{how_many}: so often would this verdict raise a false alarm."
    )


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
