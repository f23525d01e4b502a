"""Ratios of sums with their intervals, and paired differences against the first tokenizer: the bootstrap.

Counts of documents (or of terms) come in, estimates go out. Documents are drawn with replacement, whole, because words
of one document are not independent (B. Efron, The Annals of Statistics 7, 1979, doi:10.1214/aos/1176344552); every
tokenizer sees the same draws, so that the difference of two is judged on the same documents. Intervals are
percentiles. All sums are of whole numbers below 2^53, so that no order of summation can change a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from tokenizer.compare.measures import Measure

REPLICATES = 1000
LEVEL = 0.95
FEWEST = 5  # documents below which no interval is told: it would be far too narrow
_BLOCK = 1 << 22  # weights held at a time

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Interval(NamedTuple):
    """A value and its 95 % interval; `low` and `high` are None where there are too few documents to tell."""

    value: float
    low: float | None
    high: float | None

    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


class Estimate(NamedTuple):
    """One measure of one tokenizer. `value` is None where there is nothing to divide by. `difference`: against the
    first tokenizer, in points for shares and else in per cent of the first's; None for the first."""

    value: Interval | None
    difference: Interval | None


def estimates(
    text: Ints, pieces: Sequence[Ints], names: tuple[tuple[str, ...], tuple[str, ...]], measures: Sequence[Measure],
    seed: int, group: str,
) -> dict[str, list[Estimate]]:  # fmt: skip
    """The measures of a group, one estimate a tokenizer.

    `text` (documents, counts) and, per tokenizer, `pieces` (documents, counts) hold the counts `names`, in an order of
    documents that does not depend on how they were read (of ids). `group` names the group: draws depend on it.
    """
    table = np.concatenate([text, *pieces], axis=1).astype(np.float64)
    drawn = _draws(table, seed, group)
    sums = (
        np.concatenate([table.sum(axis=0, keepdims=True), drawn])
        if len(table) >= FEWEST
        else table.sum(0, keepdims=True)
    )
    own = len(names[1])
    each = [
        dict(zip((*names[0], *names[1]), np.concatenate(
            [sums[:, : len(names[0])], sums[:, len(names[0]) + place * own : len(names[0]) + (place + 1) * own]], axis=1
        ).T, strict=True))
        for place in range(len(pieces))
    ]  # fmt: skip
    return {measure.name: _estimate(measure, each) for measure in measures}


def _estimate(measure: Measure, each: Sequence[dict[str, Floats]]) -> list[Estimate]:
    ratios = [_ratio(sums[measure.of], sums[measure.per]) for sums in each]
    found = []
    for place, ratio in enumerate(ratios):
        difference = None
        if place:
            points = 100 * (ratio - ratios[0])
            difference = _interval(points if measure.share else _ratio(points, ratios[0]))
        found.append(Estimate(_interval(ratio), difference))
    return found


def _ratio(of: Floats, per: Floats) -> Floats:
    whole = np.full(len(of), np.nan)
    np.divide(of, per, out=whole, where=per != 0)
    return whole


def _interval(values: Floats) -> Interval | None:
    """The first value is the estimate, the others are its replicates. A replicate that drew no document with anything
    to count is left out."""
    value, replicates = float(values[0]), values[1:][~np.isnan(values[1:])]
    if np.isnan(value):
        return None
    if not len(replicates):
        return Interval(value, None, None)
    low, high = np.quantile(replicates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    # A very skewed set of documents can put the estimate outside the percentiles: an interval holds its estimate.
    return Interval(value, min(float(low), value), max(float(high), value))


def _draws(table: Floats, seed: int, group: str) -> Floats:
    """The sums of REPLICATES draws of as many rows as there are, with replacement (replicates, columns)."""
    rows = len(table)
    if rows < FEWEST:
        return np.zeros((0, table.shape[1]))
    source = np.random.default_rng([seed, xxhash.xxh3_64_intdigest(group.encode())])
    step, sums = max(1, _BLOCK // rows), []
    for begin in range(0, REPLICATES, step):
        weights = source.multinomial(rows, np.full(rows, 1 / rows), size=min(step, REPLICATES - begin))
        sums.append(weights.astype(np.float64) @ table)
    return np.concatenate(sums)
