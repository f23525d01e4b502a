"""How many general lines a pair of ids would stand in that stood in none of those looked at.

A sample of general text holds few of the pairs that general text holds: of thousands of pairs that were seen nowhere in
it, some stand in the next line. What a pair's parts do elsewhere says which. The rate is learned from the sample
itself: pairs unseen in one half of it, and how many lines of the other half hold them (Poisson regression, McCullagh
and Nelder 1989, chapter 6; the features are those of Kneser and Ney's smoothing, doi:10.1109/ICASSP.1995.479394: how
often each part occurs and with how many others, and beside them how frequent the pair is in the domain). Called by
`tokenizer/extend/guard.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokenizer.extend.sequences import Sequences

Keys = NDArray[np.int64]
Numbers = NDArray[np.float64]
LOW = (1 << 32) - 1
RARE = 0.3  # added to a count of which the logarithm is taken
RIDGE = 1.0
ROUNDS = 30
SHAPE = 0.5  # of the gamma distribution by which rates scatter around what is expected of them


class Pairs(NamedTuple):
    """Pairs of neighbours, ordered: `keys` (left id in the upper half), and `counts` of each."""

    keys: Keys
    counts: NDArray[np.int64]

    def of(self, keys: Keys) -> NDArray[np.int64]:
        """The counts of some pairs, 0 for those that are not there."""
        if not len(self.keys):
            return np.zeros(len(keys), np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.counts[place], 0)


class Seen(NamedTuple):
    """What some lines hold. `pairs`: how many lines hold each. `ids`: occurrences of each id. `lines`: how many."""

    pairs: Pairs
    ids: NDArray[np.int64]
    lines: int


def keys_of(text: Sequences) -> tuple[Keys, NDArray[np.int64]]:
    """The pair of each place where two ids of one word stand side by side, and that place."""
    places = np.flatnonzero((text.ids[:-1] >= 0) & (text.ids[1:] >= 0))
    return text.ids[places].astype(np.int64) << 32 | text.ids[places + 1], places


def pairs_of(text: Sequences) -> Pairs:
    """Every pair and how often it stands in the text."""
    keys, counts = np.unique(keys_of(text)[0], return_counts=True)
    return Pairs(keys, counts)


def seen_in(text: Sequences, chosen: NDArray[np.bool_], size: int) -> Seen:
    """What the chosen lines hold; `size`: number of ids."""
    keys, places = keys_of(text)
    line = text.line[places].astype(np.int64)
    keys, line = keys[chosen[line]], line[chosen[line]]
    order = np.lexsort((line, keys))
    keys, line = keys[order], line[order]
    first = (np.diff(keys, prepend=-1) != 0) | (np.diff(line, prepend=-1) != 0)
    found, counts = np.unique(keys[first], return_counts=True)
    ids = text.ids[(text.ids >= 0) & chosen[text.line]]
    return Seen(Pairs(found, counts), np.bincount(ids, minlength=size), int(chosen.sum()))


def unseen_rates(half: Seen, other: Seen, whole: Seen, domain: Pairs, minimum: int) -> Numbers:
    """For each pair of the domain, the lines among those of `whole` that would hold it, 0 where one does. Learned on
    pairs that occur in the domain at least `minimum` times."""
    frequent = Pairs(domain.keys[domain.counts >= minimum], domain.counts[domain.counts >= minimum])
    new = half.pairs.of(frequent.keys) == 0
    learned = _features(half, frequent)[new]
    middle = np.append(0.0, learned[:, 1:].mean(axis=0)) if len(learned) else np.zeros(learned.shape[1])
    weights = poisson(learned - middle, other.pairs.of(frequent.keys)[new].astype(float), other.lines)
    rates = np.exp(np.clip((_features(whole, domain) - middle) @ weights, -40, 0)) * other.lines
    once_more = rates * SHAPE / (SHAPE + rates)  # the other half did not hold it either
    lines = once_more * whole.lines / max(other.lines, 1)
    return np.where(whole.pairs.of(domain.keys) == 0, lines, 0.0)


def _features(seen: Seen, pairs: Pairs) -> Numbers:
    """One row a pair: logarithms of rates a line."""
    left, right = pairs.keys >> 32, pairs.keys & LOW
    size = len(seen.ids)
    followers = np.bincount(seen.pairs.keys >> 32, minlength=size)
    leaders = np.bincount(seen.pairs.keys & LOW, minlength=size)
    lines, types = max(seen.lines, 1), max(len(seen.pairs.keys), 1)
    new = seen.ids * followers / np.maximum(seen.ids + followers, 1)  # how often something new follows
    columns = [seen.ids[left], seen.ids[right], followers[left], leaders[right], new[left] * leaders[right] / types]
    domain = np.log(pairs.counts / max(int(pairs.counts.sum()), 1))
    return np.stack([np.ones(len(left)), *(np.log((column + RARE) / lines) for column in columns), domain], axis=1)


def poisson(rows: Numbers, counts: Numbers, lines: int) -> Numbers:
    """Weights under which the expected count of a row is `lines` times the exponential of its weighted sum."""
    weights = np.zeros(rows.shape[1])
    weights[0] = np.log((counts.sum() + RARE) / max(len(counts) * max(lines, 1), 1))
    ridge = RIDGE * np.append(0.0, np.ones(len(weights) - 1)) + 1e-9
    for _ in range(ROUNDS if counts.any() else 0):
        expected = np.exp(np.clip(rows @ weights, -40, 0)) * lines
        slope = rows.T @ (counts - expected) - ridge * weights
        step = np.linalg.solve((rows * expected[:, None]).T @ rows + np.diag(ridge), slope)
        weights = weights + np.clip(step, -2, 2)
        if abs(step).max() < 1e-6:
            break
    return weights
