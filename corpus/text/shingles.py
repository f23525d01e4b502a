"""Shingles: the overlapping pieces of a text by which two texts are compared, as 32-bit hashes.

Comes from the matching view (`corpus/text/fold.py`), goes to `corpus/annotate/sketch.py` and `corpus/relate/near.py`. A
shingle that begins with a Chinese or Japanese character has 4 characters, any other one 7; so no language need be
told, and a text in two languages has both kinds. Lengths were chosen by measurement (benchmarks/copies-2026-11.md):
words as units, 3 or 5 at a time, lose English copies to changed words and typing errors, and so do 13 letters and more;
5 letters make two to three times as many pairs of unrelated texts candidates as 7 do, 3 Chinese characters half as many
again as 4.

Two different shingles of 32 bits agree with probability 2^-32: of two articles of 30,000 characters, 0.2 shingles
are taken for shared that are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.text.codepoints import NEWLINE, CodePoints, Ints
from corpus.text.fold import EAST_ASIAN

Hashes32 = NDArray[np.uint32]

VERSION = 1
LETTERS, CHARACTERS = 7, 4  # of a shingle in an alphabet, and in Chinese or Japanese
_FIRST, _LAST = np.uint32(EAST_ASIAN), np.uint32(0x3FFFF)

_SPREAD = np.uint32(0x85EBCA77)  # xxHash's second prime: code points lie close together
_BASE = 0x9E3779B1  # and its first: 2^32 over the golden ratio


class Shingles(NamedTuple):
    """`hashes` of all texts one after the other in order of place; those of text `i` are
    `hashes[starts[i]:starts[i + 1]]`, repeats included. A text shorter than a shingle has none."""

    hashes: Hashes32
    starts: Ints

    def of(self, row: int) -> Hashes32:
        """The shingles of one text."""
        return self.hashes[self.starts[row] : self.starts[row + 1]]

    @property
    def counts(self) -> Ints:
        """How many each text has."""
        return np.diff(self.starts)


def shingles(view: CodePoints) -> Shingles:
    """The shingles of every text of a folded batch."""
    codes = np.concatenate((view.codes, np.full(LETTERS, NEWLINE, np.uint32)))  # so that a shingle begins everywhere
    one = codes * _SPREAD
    one ^= one >> np.uint32(15)
    two = _joined(one, one, 1)
    four = _joined(two, two, 2)
    seven = _joined(_joined(four, two, 4), one, 6)  # 4 + 2 + 1
    east = _east_asian(codes[: len(seven)])
    np.copyto(seven, four[: len(seven)], where=east)
    fits = _fits(east, view)
    starts = np.append(view.starts, len(seven))
    return Shingles(mix32(seven[fits]), starts - np.searchsorted(np.flatnonzero(~fits), starts))


def _fits(east: NDArray[np.bool_], view: CodePoints) -> NDArray[np.bool_]:
    """Places at which a whole shingle stands inside its text."""
    fits = np.ones(len(east), np.bool_)
    fits[view.starts - 1] = False  # the frames
    fits[len(view.codes) - 1 :] = False
    for back in range(1, LETTERS):  # places whose shingle would reach over the end of their text
        at = (view.ends - back)[view.ends - back >= view.starts]
        fits[at] &= east[at] & (back >= CHARACTERS)
    return fits


def _east_asian(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    return codes - _FIRST <= _LAST - _FIRST  # unsigned: what is below the first wraps round to more


def _joined(first: Hashes32, second: Hashes32, width: int) -> Hashes32:
    """The polynomial hash of two neighbouring pieces, the first `width` characters wide."""
    size = len(second) - width
    joined = first[:size] * np.uint32(pow(_BASE, width, 1 << 32))
    joined += second[width : width + size]
    return joined


def mix32(values: Hashes32) -> Hashes32:
    """MurmurHash3's finaliser, in place: one-to-one, every bit reaches every other (A. Appleby, public domain)."""
    values ^= values >> np.uint32(16)
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


def distinct(hashes: Hashes32) -> Hashes32:
    """The different shingles of one text, sorted."""
    ordered = np.sort(hashes)
    keep = np.empty(len(ordered), np.bool_)
    keep[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


def shared(one: Hashes32, other: Hashes32) -> int:
    """How many shingles two sorted sets have in common."""
    both = np.concatenate((one, other))
    both.sort(kind="stable")  # two sorted runs: merged, not sorted
    return int(np.count_nonzero(both[1:] == both[:-1]))
