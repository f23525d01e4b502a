"""Intervals of scores over items or documents, by resampling them.

Takes the numbers of the rows of one score (`eval/run/scores.py`); gives a value with its interval. A mean of items is
resampled by how often each is drawn (Efron 1979, doi 10.1214/aos/1176344552); of shares near 0 or 1, and of few items,
resampling says too little, so that a share has Wilson's interval (Wilson 1927, doi 10.1080/01621459.1927.10502953).
What a score over documents is, the ratio of two sums, is resampled by documents and not by tokens: tokens of one text
are alike. Its interval is studentised (Hall 1988, doi 10.1214/aos/1176350933), which covers better where lengths are
skewed. Everything is drawn from a seed.

Rows that are all alike say nothing of how others scatter: resampling them gives one value again and again, an interval
without width, which would claim to be certain. What bounds the share of rows that are not like these, of which none was
seen in n, is Wilson's interval of none of n (the rule of three, Hanley and Lippman-Hand 1983,
doi 10.1001/jama.1983.03330370053031, is the same bound one-sided). By it a mean of numbers between 0 and 1 has an
interval, and so has F1 of answers that are all right or all wrong; what has no bounds, as bits per byte, has none.
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
ALIKE = 1e-9  # of a value: rows whose scatter is less are all alike, but for rounding
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
    probabilities stays between 0 and 1; where all are the same, v, and a share s of others may be unseen, it is
    v (1 - s) to v (1 - s) + s, as those may be anything from 0 to 1."""
    values, n = np.asarray(values, np.float64), len(values)
    mean = float(values.mean()) if n else math.nan
    if n and np.isin(values, (0.0, 1.0)).all():
        return Interval(mean, *wilson(int(values.sum()), n, level), n, "wilson")
    if n < 2:
        return none(mean, n)
    bounded = values.min() >= 0 and values.max() <= 1
    found = ratio_interval(values, np.ones(n), resamples, seed, level)
    if not bounded or found.method == "none":
        return _of_alike(mean, n, level) if bounded else found
    return found._replace(low=max(found.low, 0.0), high=min(found.high, 1.0))  # of what lies between 0 and 1


def none(value: float, n: int) -> Interval:
    """Of what nothing tells the scatter: an interval that is infinite."""
    return Interval(value, -math.inf, math.inf, n, "none")


def _of_alike(value: float, n: int, level: float) -> Interval:
    """Of a mean of numbers between 0 and 1 that are all the same."""
    unseen = wilson(0, n, level)[1]
    return Interval(value, value * (1 - unseen), value * (1 - unseen) + unseen, n, "wilson of others")


def ratio_interval(top: Numbers, under: Numbers, resamples: int, seed: int, level: float = LEVEL) -> Interval:
    """Of the ratio of two sums over rows: bits over bytes. One row has no interval, nor have rows of one ratio; that
    is said by an infinite one."""
    top, under, n = np.asarray(top, np.float64), np.asarray(under, np.float64), len(top)
    value = float(top.sum() / under.sum()) if n else math.nan
    if n < 2:
        return none(value, n)
    error = _error(top, under)
    if error <= ALIKE * abs(value) / math.sqrt(n):
        return none(value, n)
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
    resamples. `right`, `predicted`: the class of each item, by number from 0. One item has none.

    Where all are wrong, or all right, no resample is anything else. With a share s_c of items of class c, t_c told to
    be of it and h_c both, F1 is the sum of s_c 2 h_c / (s_c + t_c). As s_c / (s_c + t_c) is 1 at most, F1 is twice the
    share of right answers at most, and 1 - F1, the sum of s_c (s_c + t_c - 2 h_c) / (s_c + t_c), twice that of wrong
    ones: so that Wilson's interval of that share, twice as wide, holds F1."""
    n = len(right)
    if n < 2:
        return none(_weighted_f1(right, predicted, _classes(right, predicted)) if n else math.nan, n)
    hits, unseen = int((right == predicted).sum()), min(2 * wilson(0, n, level)[1], 1.0)
    if hits in (0, n):
        return Interval(hits / n, *((0.0, unseen) if hits == 0 else (1.0 - unseen, 1.0)), n, "wilson, doubled")
    classes = _classes(right, predicted)
    value, drawn = _weighted_f1(right, predicted, classes), np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        rows = drawn.integers(0, n, n)
        found.append(_weighted_f1(right[rows], predicted[rows], classes))
    tail = (1 - level) / 2
    low, high = np.quantile(found, [tail, 1 - tail]).tolist()
    low, high = min(low, value), max(high, value)
    return Interval(value, low, high, n, "quantiles") if low < high else none(value, n)


def _classes(right: NDArray[np.int64], predicted: NDArray[np.int64]) -> int:
    return int(max(right.max(), predicted.max())) + 1


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
    """Of a mean over few runs, such as seeds: by Student's t, since a bootstrap of three covers too little. One run has
    none, nor have runs that are all alike."""
    values, n = np.asarray(values, np.float64), len(values)
    mean = float(values.mean()) if n else math.nan
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    if spread <= ALIKE * abs(mean) or n < 2:
        return none(mean, n)
    half = float(t.ppf((1 + level) / 2, n - 1)) * spread / math.sqrt(n)
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
