"""Many comparisons at once: which of them stand when all were looked at, and what could have been seen at all.

Takes the p values and the scatter of differences (`eval/statistics/paired.py`); used by `eval/compare` and studies.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, nct, norm, t

LEVEL, POWER = 0.05, 0.8
MOST = 1e6  # times the scatter
MANY = 100  # seeds, from which on nobody will run them


def holm(values: Sequence[float]) -> list[float]:
    """P values adjusted by Holm's step-down method (Holm 1979, Scand. J. Stat. 6:65), in their order: those that stay
    below a level are rejected together with a chance of any false one below it. What is no number stays so, and is not
    counted."""
    known = [place for place, value in enumerate(values) if not math.isnan(value)]
    adjusted, most = [math.nan] * len(values), 0.0
    for rank, place in enumerate(sorted(known, key=lambda place: values[place])):
        most = max(most, min(values[place] * (len(known) - rank), 1.0))
        adjusted[place] = most
    return adjusted


def detectable_of_items(spread: float, n: int, level: float = LEVEL, power: float = POWER) -> float:
    """The smallest difference of means over `n` items that is seen in `power` of all studies. `spread`: the standard
    deviation of the differences of items."""
    if n < 2 or math.isnan(spread) or spread == 0:
        return math.nan
    return float((norm.ppf(1 - level / 2) + norm.ppf(power)) * spread / math.sqrt(n))


def detectable_of_shares(spread: float, n: int, level: float = LEVEL, power: float = POWER) -> float:
    """The same of shares of `n` items that are compared by McNemar's exact test, and never less than what that test can
    show at all. It counts the items on which two models part, and so many must go one way alone (6 at 0.05) before
    any p is below the level. A difference d needs a share d of such items at least; the floor is the smallest d at
    which enough of them come together in `power` of all studies if all go one way and there are no others. That is
    the assumption, and the most favourable one: where some go the other way, more is needed. Where two models part on
    no item, nothing tells their scatter, and the floor is what is told; infinite where `n` are too few for any. On the
    power of tests of matched pairs: Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions,
    chapter 13, doi 10.1002/0471445428."""
    if n < 1:
        return math.nan
    floor, told = _floor_of_shares(n, level, power), detectable_of_items(spread, n, level, power)
    return floor if math.isnan(told) else max(told, floor)


@functools.cache
def _floor_of_shares(n: int, level: float, power: float) -> float:
    needed = math.floor(1 - math.log2(level) + 1e-12) + 1  # the two-sided p of k of k, 2 / 2^k, is below the level
    if n < needed:
        return math.inf
    # So many of n or more with a chance of `power`: a quantile of the beta distribution (Clopper and Pearson 1934).
    return float(beta.ppf(power, needed, n - needed + 1))


def detectable_of_seeds(spread: float, n: int, level: float = LEVEL, power: float = POWER) -> float:
    """The same over `n` paired seeds, by the non-central t: with three it is 3.3 times the scatter. Infinite where no
    difference would be seen, as of two seeds after a correction for many."""
    if n < 2 or math.isnan(spread) or spread == 0:
        return math.nan
    return _in_spreads(n, level, power) * spread


def seeds_needed(value: float, spread: float, level: float = LEVEL, most: int = MANY) -> int | None:
    """The fewest paired seeds that would show a difference of that size in POWER of all studies, if seeds scatter as
    they do here; None where not even `most` would, and where nothing tells the scatter."""
    if not value or math.isnan(value) or math.isnan(spread) or not spread:
        return None
    return next((n for n in range(2, most) if detectable_of_seeds(spread, n, level) <= abs(value)), None)


@functools.cache
def _in_spreads(n: int, level: float, power: float) -> float:
    critical = t.ppf(1 - level / 2, n - 1)

    def missed(effect: float) -> float:
        return float(nct.sf(critical, n - 1, effect * math.sqrt(n)) - power)

    highest = 100.0
    while missed(highest) < 0:
        highest *= 10
        if highest > MOST:
            return math.inf
    return float(brentq(missed, 1e-6, highest))


def sign_flips(moved: Sequence[float], most: int = 1 << 16, seed: int = 0) -> float:
    """The share of all flips of signs under which the mean lies as far from 0 or farther: an exact test of paired
    differences where they are few (Fisher 1935), drawn `most` times where they are many. Three pairs never give less
    than 1/4: so few say nothing by this test alone."""
    values = np.asarray(moved, np.float64)
    n, seen = len(values), abs(float(np.sum(moved)))
    if 2**n <= most:
        codes = np.arange(2**n)
        signs = 1 - 2 * ((codes[:, None] >> np.arange(n)) & 1)
    else:
        signs = np.random.default_rng(seed).choice([-1, 1], (most, n))
    return float((np.abs(signs @ values) >= seen * (1 - 1e-12)).mean())
