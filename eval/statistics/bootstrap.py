"""Intervals of scores over items or documents, by resampling them.

Takes the numbers of the rows of one score (`eval/run/scores.py`); gives a value with its interval. A mean of items is
resampled by how often each is drawn (Efron 1979, doi 10.1214/aos/1176344552); of shares near 0 or 1, and of few items,
resampling says too little, so that a share has Wilson's interval (Wilson 1927, doi 10.1080/01621459.1927.10502953).
What a score over documents is, the ratio of two sums, is resampled by documents and not by tokens: tokens of one text
are alike. Its interval is studentised (Hall 1988, doi 10.1214/aos/1176350933), which covers better where lengths are
skewed. Everything is drawn from a seed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

LEVEL = 0.95
# Rows from which on they are resampled; of fewer the interval is Student's, by the linearised error: a resample of few
# rows may be nearly alike, so that what is divided by its error has no end (9 items gave a probability up to 897,105).
FEW = 20
ROOM = 4_000_000  # numbers that are drawn at once
Numbers = NDArray[np.float64]


class Interval(NamedTuple):
    """A value, where it lies with a confidence of `LEVEL`, of how many rows, and by what method."""

    value: float
    low: float
    high: float
    n: int
    method: str


def mean_interval(values: Numbers, resamples: int, seed: int, level: float = LEVEL) -> Interval:
    """Of a mean over items. Shares have Wilson's interval, one item none: its interval is all there is. That of
    probabilities stays between 0 and 1."""
    values, n = np.asarray(values, np.float64), len(values)
    mean = float(values.mean()) if n else math.nan
    if n and np.isin(values, (0.0, 1.0)).all():
        return Interval(mean, *wilson(int(values.sum()), n, level), n, "wilson")
    if n < 2:
        return Interval(mean, -math.inf, math.inf, n, "none")
    found = ratio_interval(values, np.ones(n), resamples, seed, level)
    if values.min() < 0 or values.max() > 1:
        return found
    return found._replace(low=max(found.low, 0.0), high=min(found.high, 1.0))  # of what lies between 0 and 1


def ratio_interval(top: Numbers, under: Numbers, resamples: int, seed: int, level: float = LEVEL) -> Interval:
    """Of the ratio of two sums over rows: bits over bytes. One row has no interval, and says so by an infinite one."""
    top, under, n = np.asarray(top, np.float64), np.asarray(under, np.float64), len(top)
    value = float(top.sum() / under.sum()) if n else math.nan
    if n < 2:
        return Interval(value, -math.inf, math.inf, n, "none")
    error = _error(top, under)
    if error == 0:
        return Interval(value, value, value, n, "all alike")
    if n < FEW:  # of two rows every resample that has an error is the sample itself: an interval without width
        half = float(t.ppf((1 + level) / 2, n - 1)) * error
        return Interval(value, value - half, value + half, n, "t")
    moved = _studentised(top, under, value, resamples, seed)
    tail = (1 - level) / 2
    below, above = np.quantile(moved, [tail, 1 - tail])
    return Interval(value, value - float(above) * error, value - float(below) * error, n, "bootstrap-t")


def f1_interval(
    right: NDArray[np.int64], predicted: NDArray[np.int64], resamples: int, seed: int, level: float = LEVEL
) -> Interval:
    """Of F1 over classes, each weighted by how many items are of it (`eval/cmexam/strict.py`): the quantiles of
    resamples. `right`, `predicted`: the class of each item, by number from 0."""
    n = len(right)
    if n == 0:
        return Interval(math.nan, -math.inf, math.inf, 0, "none")
    classes = int(max(right.max(), predicted.max())) + 1
    value, drawn = _weighted_f1(right, predicted, classes), np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        rows = drawn.integers(0, n, n)
        found.append(_weighted_f1(right[rows], predicted[rows], classes))
    tail = (1 - level) / 2
    low, high = np.quantile(found, [tail, 1 - tail]).tolist()
    return Interval(value, min(low, value), max(high, value), n, "quantiles")


def _weighted_f1(right: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> float:
    support, told = np.bincount(right, minlength=classes), np.bincount(predicted, minlength=classes)
    hits = np.bincount(right[right == predicted], minlength=classes)
    return float((support * 2 * hits / np.maximum(support + told, 1)).sum() / len(right))


def wilson(right: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The interval of a share of `n` items."""
    z = float(norm.ppf((1 + level) / 2))
    share, spread = right / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)  # rounding apart


def t_interval(values: Numbers, level: float = LEVEL) -> Interval:
    """Of a mean over few runs, such as seeds: by Student's t, since a bootstrap of three covers too little."""
    values, n = np.asarray(values, np.float64), len(values)
    mean = float(values.mean()) if n else math.nan
    if n < 2:
        return Interval(mean, -math.inf, math.inf, n, "none")
    half = float(t.ppf((1 + level) / 2, n - 1)) * float(values.std(ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n, "t")


def _error(top: Numbers, under: Numbers) -> float:
    """The standard error of a ratio of sums (linearised: Cochran 1977, section 6.4)."""
    n, ratio = len(top), top.sum() / under.sum()
    off = top - ratio * under
    return float(math.sqrt(n / (n - 1) * (off @ off)) / under.sum())


def _studentised(top: Numbers, under: Numbers, value: float, resamples: int, seed: int) -> Numbers:
    """How far each resample's ratio lies from the value, in its own standard errors."""
    drawn, n = np.random.default_rng(seed), len(top)
    found = []
    for start in range(0, resamples, max(ROOM // n, 1)):
        count = min(max(ROOM // n, 1), resamples - start)
        rows = drawn.integers(0, n, (count, n))
        tops, unders = top[rows], under[rows]
        whole = unders.sum(1)
        ratios = tops.sum(1) / whole
        off = tops - ratios[:, None] * unders
        errors = np.sqrt(n / (n - 1) * np.einsum("ij,ij->i", off, off)) / whole
        known = errors > 0
        found.append((ratios[known] - value) / errors[known])
    return np.concatenate(found)
