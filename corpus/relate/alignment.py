"""Where two sequences of tokens part: a longest common subsequence, cut at anchors where the sequences are long.

Takes the numbers of tokens (`corpus/relate/tokens.py`) from `corpus/relate/difference.py` and the report; knows nothing
of what they mean.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

LIBRARIES = ("rapidfuzz",)

LONG = 5_000  # tokens of a piece that is aligned as a whole; longer ones are cut at anchors first
ANCHOR = 6  # tokens in a row that occur once in both texts

Block = tuple[int, int, int, int]  # tokens i1:i2 of one text against j1:j2 of the other


def changes(one: NDArray[np.int64], other: NDArray[np.int64]) -> Iterator[Block]:
    """The places where two sequences part, in order."""
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    for i1, i2, j1, j2 in _pieces(left, right):
        # Two pieces that are too long and share no anchor are one change: nothing in them is known to agree.
        if max(i2 - i1, j2 - j1) > LONG:
            yield i1 + head, i2 + head, j1 + head, j2 + head
            continue
        for code in _merged(Indel.opcodes(left[i1:i2].tolist(), right[j1:j2].tolist())):
            yield code[0] + i1 + head, code[1] + i1 + head, code[2] + j1 + head, code[3] + j1 + head


def _common(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """How many items agree from the start."""
    size = min(len(one), len(other))
    differ = one[:size] != other[:size]
    return int(differ.argmax()) if differ.any() else size


def _merged(codes: object) -> Iterator[Block]:
    """A deletion beside an insertion is one change."""
    held: Block | None = None
    for code in codes:  # type: ignore[attr-defined]
        if code.tag == "equal":
            continue
        block = (code.src_start, code.src_end, code.dest_start, code.dest_end)
        if held and held[1] == block[0] and held[3] == block[2]:
            held = (held[0], block[1], held[2], block[3])
            continue
        if held:
            yield held
        held = block
    if held:
        yield held


def _pieces(one: NDArray[np.int64], other: NDArray[np.int64]) -> Iterator[Block]:
    """Cut both sequences at anchors so that no piece is longer than LONG where anchors allow it."""
    start_one = start_other = 0
    if max(len(one), len(other)) > LONG:
        for i, j in _anchors(one, other):
            if max(i - start_one, j - start_other) > LONG // 2:
                yield start_one, i, start_other, j
                start_one, start_other = i, j
    yield start_one, len(one), start_other, len(other)


def _anchors(one: NDArray[np.int64], other: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Places of runs that occur once in each sequence, in rising order in both (patience sorting, D. Knuth, TAOCP
    vol. 3, 5.1.4; the idea of B. Cohen's patience diff)."""
    places, unique = [], []
    for sequence in (one, other):
        windows = _windows(sequence)
        keys, first, times = np.unique(windows, return_index=True, return_counts=True)
        unique.append(keys[times == 1])
        places.append(first[times == 1])
    _, at_one, at_other = np.intersect1d(unique[0], unique[1], assume_unique=True, return_indices=True)
    pairs = sorted(zip(places[0][at_one].tolist(), places[1][at_other].tolist(), strict=True))
    return _rising(pairs)


def _windows(sequence: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(sequence) < ANCHOR:
        return sequence[:0]
    size = len(sequence) - ANCHOR + 1
    windows = np.zeros(size, np.int64)
    for place in range(ANCHOR):
        windows = windows * 1_000_003 + sequence[place : place + size]  # wraps round; a collision costs one anchor
    return windows


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A longest run of pairs that rises on both sides."""
    tops: list[int] = []
    at: list[int] = []
    back: list[int] = []
    for place, (_, value) in enumerate(pairs):
        pile = bisect.bisect_left(tops, value)
        if pile == len(tops):
            tops.append(value)
            at.append(place)
        else:
            tops[pile], at[pile] = value, place
        back.append(at[pile - 1] if pile else -1)
    result = []
    place = at[-1] if at else -1
    while place >= 0:
        result.append(pairs[place])
        place = back[place]
    return result[::-1]
