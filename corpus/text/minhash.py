"""MinHash sketches: 128 numbers of 16 bits from which the Jaccard similarity of two texts' shingles is read.

Made of `corpus/text/shingles.py` by `corpus/annotate/sketch.py`, for `corpus/relate/bands.py` and `corpus/similar.py`.

The scheme is one-permutation hashing (P. Li, A. Owen, C.-H. Zhang, NeurIPS 2012, arXiv:1208.1259) whose empty bins are
filled as in fast similarity sketching (S. Dahlgaard, M. Knudsen, M. Thorup, FOCS 2017, arXiv:1704.04370): each shingle
falls into one of 128 bins by one hash, and every bin keeps its smallest. Bins that stay empty get another round with
other hashes, and after ROUNDS rounds a hash of their own over all shingles. A long text needs one round, so a sketch
costs little more than reading the text; short texts get true minima too, where copying from a neighbouring bin would
make the estimate noisier. Of each minimum the lowest 16 bits are kept (b-bit minwise hashing, P. Li, A. C. Koenig, WWW
2010, arXiv:0910.3349): two different ones agree with probability 2^-16.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from corpus.text.codepoints import Ints, Mask, mix
from corpus.text.shingles import Shingles, mix32

Sketches = NDArray[np.uint16]  # one row of SIZE a text

SCHEME = "oph-fss-128x16"
VERSION = 1
SEED = 1
SIZE = 128
ROUNDS = 8
BANDS, ROWS = 25, 5  # of the sketch as an index: 125 of the 128 numbers
_BIN_BITS = SIZE.bit_length() - 1
_SHIFT = np.uint32(32 - _BIN_BITS)
_VALUE = np.uint32((1 << (32 - _BIN_BITS)) - 1)
_EMPTY = np.uint32(0xFFFFFFFF)
_SEEDS = mix(np.arange(SEED, SEED + ROUNDS + SIZE, dtype=np.uint64)).astype(np.uint32)


def sketches(text: Shingles) -> Sketches:
    """The sketch of every text; all zeros for a text without shingles."""
    minima = np.full((len(text.starts) - 1, SIZE), _EMPTY, np.uint32)
    bins, values = text.hashes >> _SHIFT, text.hashes & _VALUE
    starts = text.starts.tolist()
    for row, (start, end) in enumerate(itertools.pairwise(starts)):
        np.minimum.at(minima[row], bins[start:end], values[start:end])
    minima[np.diff(text.starts) == 0] = 0
    _fill(minima, text)
    return minima.astype(np.uint16)


def _fill(minima: NDArray[np.uint32], text: Shingles) -> None:
    """More rounds for the bins that are still empty, all texts at once: of a short one nearly every text has some."""
    flat = minima.reshape(-1)
    rows = np.flatnonzero((minima == _EMPTY).any(axis=1))
    hashes = text.hashes[_belonging(rows, text)]
    for number in range(1, ROUNDS):
        if not len(rows):
            return
        again = mix32(hashes ^ _SEEDS[number])
        bins = np.repeat(rows * SIZE, text.counts[rows]) + (again >> _SHIFT)
        landing = flat[bins] == _EMPTY
        np.minimum.at(flat, bins[landing], again[landing] & _VALUE)
        wanting = (minima[rows] == _EMPTY).any(axis=1)
        hashes, rows = hashes[np.repeat(wanting, text.counts[rows])], rows[wanting]
    for row in rows.tolist():  # of a text of few shingles: all its bins at once
        places = np.flatnonzero(minima[row] == _EMPTY)
        minima[row, places] = mix32(text.of(row)[None, :] ^ _SEEDS[ROUNDS + places, None]).min(axis=1) & _VALUE


def _belonging(rows: Ints, text: Shingles) -> Mask:
    """Which of all shingles are those of `rows`."""
    chosen = np.zeros(len(text.counts), np.bool_)
    chosen[rows] = True
    return np.repeat(chosen, text.counts)


def similarity(one: Sketches, other: Sketches) -> NDArray[np.float64]:
    """The estimated Jaccard similarity of sketches, row by row (either side may be a single sketch)."""
    return np.asarray(np.equal(one, other).mean(axis=-1))


def band_keys(rows: Sketches) -> NDArray[np.uint64]:
    """The BANDS index keys of each sketch: two sketches share one where all ROWS numbers of a band agree. Of two texts
    with Jaccard similarity s, 1 - (1 - s^5)^25 share a key: 0.99 at 0.7, 0.87 at 0.6, 0.55 at 0.5, 0.06 at 0.3."""
    bands = rows[:, : BANDS * ROWS].reshape(len(rows), BANDS, ROWS).astype(np.uint64)
    keys = mix(bands[:, :, 0] + (np.arange(1, BANDS + 1, dtype=np.uint64) << np.uint64(16)))
    for row in range(1, ROWS):
        keys = mix(keys + bands[:, :, row])
    return keys
