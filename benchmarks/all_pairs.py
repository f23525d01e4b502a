"""Every pair of sets whose Jaccard similarity reaches a threshold, exactly: what an index is measured by.

Sets of hashed shingles come from `benchmarks/near_copies.py`, pairs go to `benchmarks/copies.py`. Two sets of
similarity t or more share one of the first `size - ceil(t size) + 1` members of each when both are sorted from the
rarest member to the most frequent (prefix filtering: S. Chaudhuri, V. Ganti, R. Kaushik, ICDE 2006,
doi:10.1109/ICDE.2006.9). All pairs that share one are counted out in full; nothing is left out, sampled or estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BLOCK = 256  # sets that are joined with all others at once
CHUNK = 4_096  # pairs that are counted out at once
_LITTLE = 1e-9  # 4/5 is 0.8


class Found(NamedTuple):
    """Pairs of places, the smaller one first, and their similarity."""

    one: Ints
    other: Ints
    jaccard: Floats


def all_pairs(sets: Sequence[NDArray[Any]], threshold: float) -> Found:
    """All pairs of `sets` (arrays of different members) with similarity `threshold` or more. Empty sets have none."""
    whole, sizes = _by_rarity(sets)
    prefix = _prefixes(whole, sizes, threshold)
    found = [_block(prefix, whole, sizes, start, threshold) for start in range(0, len(sets), BLOCK)]
    return Found(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _by_rarity(sets: Sequence[NDArray[Any]]) -> tuple[Any, Ints]:
    """One row a set; columns are members in order of rarity, so that a row begins with its rarest."""
    sizes = np.array([len(members) for members in sets], np.int64)
    flat = np.concatenate([np.asarray(members) for members in sets])
    _, number, times = np.unique(flat, return_inverse=True, return_counts=True)
    rank = np.empty(len(times), np.int64)
    rank[np.argsort(times, kind="stable")] = np.arange(len(times))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    columns = rank[number]
    order = np.lexsort((columns, np.repeat(np.arange(len(sets)), sizes)))
    ones = np.ones(len(columns), np.int32)
    return csr_array((ones, columns[order], starts), shape=(len(sets), max(1, len(times)))), sizes


def _prefixes(whole: Any, sizes: Ints, threshold: float) -> Any:
    """The rows cut to what two similar sets must share something of."""
    lengths = np.where(sizes > 0, sizes - np.ceil(threshold * sizes - _LITTLE).astype(np.int64) + 1, 0)
    place = np.arange(len(whole.indices)) - np.repeat(whole.indptr[:-1], sizes)
    keep = place < np.repeat(lengths, sizes)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return csr_array((whole.data[keep], whole.indices[keep], starts), shape=whole.shape)


def _block(prefix: Any, whole: Any, sizes: Ints, start: int, threshold: float) -> Found:
    """The pairs of which the first is one of BLOCK sets."""
    joined = (prefix[start : start + BLOCK] @ prefix.T).tocoo()
    one, other = joined.row.astype(np.int64) + start, joined.col.astype(np.int64)
    smaller, larger = np.minimum(sizes[one], sizes[other]), np.maximum(sizes[one], sizes[other])
    likely = (one < other) & (smaller >= threshold * larger - _LITTLE)
    one, other = one[likely], other[likely]
    shared = np.zeros(len(one), np.int64)
    for at in range(0, len(one), CHUNK):
        piece = slice(at, at + CHUNK)
        shared[piece] = whole[one[piece]].multiply(whole[other[piece]]).sum(axis=1)
    jaccard = shared / (sizes[one] + sizes[other] - shared)
    enough = jaccard >= threshold - _LITTLE
    return Found(one[enough], other[enough], jaccard[enough])
