"""How good a classifier is: area under the ROC curve with an interval, calibration, reliability.

Pure functions on scores and labels of documents that were not trained on, for `corpus/learn/fit.py`. Intervals are
bootstrapped over groups of related documents, since ten copies of one text are one observation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

REPLICATES = 1_000
LEVEL = 0.95
BINS = 10
SEED = 1


class Interval(NamedTuple):
    """An estimate and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def auc(scores: Floats, positive: Mask, groups: NDArray[np.integer]) -> Interval:
    """The probability that a positive document scores above a negative one (ties count half), and its percentile
    interval over groups (B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13)."""
    order = np.argsort(scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    _, members = np.unique(groups, return_inverse=True)
    size = int(members.max()) + 1
    random = np.random.default_rng(SEED)
    ones = np.ones(len(scores))
    drawn = [random.multinomial(size, np.full(size, 1 / size))[members].astype(np.float64) for _ in range(REPLICATES)]
    values = np.array([_auc(weights[order], positive[order], ends) for weights in drawn])
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return Interval(_auc(ones, positive[order], ends), float(low), float(high))


def _auc(weights: Floats, positive: Mask, ends: NDArray[np.integer]) -> float:
    """Of documents in order of score, `ends` closing each run of equal scores; NaN where a class is missing."""
    ahead = np.diff(np.cumsum(weights * positive)[ends], prepend=0.0)  # positives of each run
    below = np.diff(np.cumsum(weights * ~positive)[ends], prepend=0.0)
    whole = ahead.sum() * below.sum()
    if not whole:
        return float("nan")
    return float((ahead * (np.cumsum(below) - below / 2)).sum() / whole)


def balanced(positive: Mask) -> Floats:
    """Weights under which both classes count the same."""
    share = positive.mean()
    return np.asarray(np.where(positive, 0.5 / share, 0.5 / (1 - share)))


def platt(odds: Floats, positive: Mask) -> tuple[float, float]:
    """Slope and intercept that turn log-odds into probabilities (J. Platt, in Advances in Large Margin Classifiers,
    1999), by Newton's method on the weighted, slightly smoothed likelihood; both classes count the same."""
    weights = balanced(positive)
    count = positive.sum(), (~positive).sum()
    target = np.where(positive, (count[0] + 1) / (count[0] + 2), 1 / (count[1] + 2))
    slope, intercept = 1.0, 0.0
    for _ in range(100):
        shown = 1 / (1 + np.exp(-np.clip(slope * odds + intercept, -40, 40)))
        error, curve = weights * (shown - target), weights * shown * (1 - shown)
        gradient = np.array([(error * odds).sum(), error.sum()])
        hessian = np.array([[(curve * odds * odds).sum(), (curve * odds).sum()], [(curve * odds).sum(), curve.sum()]])
        step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
        slope, intercept = slope - float(step[0]), intercept - float(step[1])
        if np.abs(step).max() < 1e-9:
            break
    return (slope, intercept) if slope > 0 else (1.0, 0.0)  # a classifier that knows nothing stays as it is


class Bin(NamedTuple):
    """Documents whose score lies in one tenth of the range: mean score, share of positives, how many."""

    score: float
    positive: float
    documents: int


def reliability(scores: Floats, positive: Mask) -> tuple[list[Bin], float]:
    """The tenths that hold documents, and the expected calibration error (M. Naeini, G. Cooper, M. Hauskrecht, AAAI
    2015): the mean distance of score and share, both classes counting the same."""
    weights = balanced(positive)
    places = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    bins, error = [], 0.0
    for place in np.unique(places):
        inside = places == place
        weight = weights[inside]
        score, share = (
            float(np.average(scores[inside], weights=weight)),
            float(np.average(positive[inside], weights=weight)),
        )
        bins.append(Bin(score, share, int(inside.sum())))
        error += abs(score - share) * float(weight.sum())
    return bins, error / float(weights.sum())
