"""How much two models differ on the same items, documents or seeds: a difference with its interval and a p value.

Takes what two models scored on the same rows, in the same order (`eval/compare/pairs.py`, `eval/study`). Pairing takes
what is hard or easy about an item out of the comparison, which is most of its scatter.

    items, shares     difference of means, McNemar's exact test (McNemar 1947, doi 10.1007/BF02295996) for p; the
                      interval is Newcombe's score interval for paired shares (Newcombe 1998, method 10,
                      doi 10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C)
    items, numbers    difference of means, studentised bootstrap over items
    documents         difference of two ratios of sums, studentised bootstrap over documents
    seeds             difference of means over paired seeds, Student's t: a bootstrap of three covers too little
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import binomtest, norm, t

from eval.statistics.bootstrap import LEVEL, Numbers, ratio_interval, t_interval, wilson

ROUNDING = 1e-9  # of scores: a scatter below it is none


class Difference(NamedTuple):
    """The second less the first. `p`: of no difference, two-sided. `wins`: rows on which the second is higher, `losses`
    lower. `spread`: standard deviation of the differences of rows, of which `n` there are."""

    value: float
    low: float
    high: float
    p: float
    n: int
    wins: int
    ties: int
    losses: int
    spread: float
    method: str


def of_items(first: Numbers, second: Numbers, resamples: int = 2000, seed: int = 0) -> Difference:
    """Of two means over the same items."""
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if np.isin(one, (0.0, 1.0)).all() and np.isin(other, (0.0, 1.0)).all():
        return _of_shares(one, other)
    moved = other - one
    return _resampled(moved, np.ones(len(moved)), moved, resamples, seed)


def of_documents(first: Numbers, second: Numbers, sizes: Numbers, resamples: int = 2000, seed: int = 0) -> Difference:
    """Of two ratios of sums, such as bits per byte, over the same documents. `sizes`: the bytes of each, the same for
    both."""
    one, other, sizes = (np.asarray(some, np.float64) for some in (first, second, sizes))
    moved = np.where(np.isclose(one, other, rtol=ROUNDING, atol=0), 0.0, other - one)
    return _resampled(moved, sizes, moved / sizes, resamples, seed)


def of_seeds(first: Numbers, second: Numbers) -> Difference:
    """Of two means over runs that share a seed, pair by pair. Differences that are the same in every seed, as those of
    shares of few items may be, have no scatter to judge by: no interval and no p, and not the certainty of a t that is
    divided by nothing."""
    moved = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    found, n = t_interval(moved), len(moved)
    spread = float(moved.std(ddof=1)) if n > 1 else math.nan
    size = max(float(np.abs(first).max()), float(np.abs(second).max())) if n else 0.0
    if n > 1 and (spread <= ROUNDING * size or found.method == "none"):
        return Difference(found.value, -math.inf, math.inf, math.nan, n, *_counts(moved), 0.0, "paired t")
    p = _p_of_t(found.value, spread, n)
    return Difference(found.value, found.low, found.high, p, n, *_counts(moved), spread, "paired t")


def _of_shares(one: Numbers, other: Numbers) -> Difference:
    n = len(one)
    moved = other - one
    wins, ties, losses = _counts(moved)
    value = float(moved.mean()) if n else math.nan
    p = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    low, high = _newcombe(one, other, value) if n else (-math.inf, math.inf)
    return Difference(value, low, high, float(p), n, wins, ties, losses, float(moved.std()), "McNemar")


def _newcombe(one: Numbers, other: Numbers, value: float) -> tuple[float, float]:
    """The score interval for a difference of paired shares (method 10: with the correlation of the two)."""
    n = len(one)
    before, after = float(one.mean()), float(other.mean())
    (below_1, above_1), (below_2, above_2) = (wilson(int(some.sum()), n) for some in (one, other))
    both, neither = float((one * other).sum()), float(((1 - one) * (1 - other)).sum())
    only_1, only_2 = float((one * (1 - other)).sum()), float(((1 - one) * other).sum())
    scale = math.sqrt((both + only_1) * (only_2 + neither) * (both + only_2) * (only_1 + neither))
    off = both * neither - only_1 * only_2
    off = max(off - n / 2, 0.0) if off > 0 else off
    phi = off / scale if scale else 0.0
    low = _spread(after - below_2, above_1 - before, phi)
    high = _spread(above_2 - after, before - below_1, phi)
    return max(value - low, -1.0), min(value + high, 1.0)


def _spread(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))


def _resampled(top: Numbers, under: Numbers, rows: Numbers, resamples: int, seed: int) -> Difference:
    found = ratio_interval(top, under, resamples, seed)
    spread = float(rows.std(ddof=1)) if len(rows) > 1 else math.nan
    spread = 0.0 if found.method == "none" and found.n > 1 else spread  # but for rounding
    width = (found.high - found.low) / 2
    # As the interval has it: of few rows by Student's t, whose tails are long.
    tail: Any = t(found.n - 1) if found.method == "t" else norm
    z = abs(found.value) / width * float(tail.ppf((1 + LEVEL) / 2)) if width and math.isfinite(width) else math.nan
    p = float(2 * tail.sf(z)) if math.isfinite(z) else math.nan  # rows that all differ alike have no scatter
    return Difference(*found[:3], p, found.n, *_counts(rows), spread, found.method)


def _counts(moved: Numbers) -> tuple[int, int, int]:
    return int((moved > 0).sum()), int((moved == 0).sum()), int((moved < 0).sum())


def _p_of_t(value: float, spread: float, n: int) -> float:
    if n < 2:
        return math.nan
    return float(2 * t.sf(abs(value) / (spread / math.sqrt(n)), n - 1))
