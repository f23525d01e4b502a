"""Documents into rows of a fixed number of tokens: nothing is cut off, and what is padded is counted.

Comes from `train/data/mixture.py` as lengths in order; goes to `train/data/rows.py` as pieces: of which document, from
where, how long, in which row. `wrap` lays documents one after another and cuts where a row is full. `best_fit` cuts
only documents longer than a row and puts each piece where it leaves least room (best fit, Johnson et al. 1974,
doi:10.1137/0203025, as in Ding et al. 2024, arXiv 2404.10830), among rows that are open near it in the order of the
run, so that the order stays what it was but for `OPEN` rows. `single` gives each piece a row of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

OPEN = 512  # rows that are filled at a time: a longer window fits better and mixes more
Numbers = NDArray[np.int64]


class Packed(NamedTuple):
    """Pieces in the order of their rows. `reading`: place in the run's list; `start`: place in the document;
    `length`: tokens. `rows`: for each row the number of its first piece, and at the end that of all. `size`: tokens
    of a row."""

    reading: Numbers
    start: Numbers
    length: Numbers
    rows: Numbers
    size: int

    @property
    def total(self) -> int:
        """How many rows there are."""
        return len(self.rows) - 1

    @property
    def tokens(self) -> int:
        """Tokens in all rows, without padding."""
        return int(self.length.sum())

    @property
    def filled(self) -> Numbers:
        """Tokens in each row."""
        return np.add.reduceat(self.length, self.rows[:-1])

    @property
    def efficiency(self) -> float:
        """The share of places in rows that hold a token."""
        return self.tokens / max(self.total * self.size, 1)

    @property
    def going_on(self) -> int:
        """Pieces that go on a cut document: the first token of each is read, and learned by no decoder."""
        return int((self.start > 0).sum())

    @property
    def cut(self) -> int:
        """Documents that are in more than one piece."""
        return int((np.bincount(self.reading) > 1).sum()) if len(self.reading) else 0


def wrap(lengths: Numbers, size: int) -> Packed:
    """Rows of one document after another; the last may be short."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    edges = np.union1d(np.append(0, ends), np.arange(0, total + size, size).clip(max=total))
    starts, stops = edges[:-1], edges[1:]
    reading = np.searchsorted(ends, starts, side="right")
    first = np.searchsorted(starts // size, np.arange(-(-total // size) + 1))
    return Packed(reading, starts - (ends - lengths)[reading], stops - starts, first, size)


def single(lengths: Numbers, size: int) -> Packed:
    """Each document in rows of its own."""
    reading, start, length = _pieces(lengths, size)
    return Packed(reading, start, length, np.arange(len(reading) + 1), size)


def best_fit(lengths: Numbers, size: int) -> Packed:
    """Rows filled with whole documents where they fit."""
    reading, start, length = _pieces(lengths, size)
    row = np.zeros(len(length), np.int64)
    first = made = 0
    while first < len(length):
        upto = first + max(int(np.searchsorted(np.cumsum(length[first : first + OPEN * size]), OPEN * size)), 1)
        rows, number = _filled(length[first:upto], size)
        row[first:upto] = made + rows
        made, first = made + number, upto
    order = np.argsort(row, kind="stable")
    edges = np.searchsorted(row[order], np.arange(made + 1))
    return Packed(reading[order], start[order], length[order], edges, size)


def _pieces(lengths: Numbers, size: int) -> tuple[Numbers, Numbers, Numbers]:
    """Documents in pieces of at most a row: of which, from where, how long."""
    number = -(-lengths // size)
    reading = np.repeat(np.arange(len(lengths)), number)
    place = np.arange(len(reading)) - np.repeat(np.cumsum(number) - number, number)
    start = place * size
    return reading, start, np.minimum(lengths[reading] - start, size)


def _filled(lengths: Numbers, size: int) -> tuple[Numbers, int]:
    """For each piece its row, the longest first into the fullest row that takes it; and the number of rows, which are
    numbered by their earliest piece."""
    row = np.zeros(len(lengths), np.int64)
    by_room: list[list[int]] = [[] for _ in range(size + 1)]
    number = 0
    for piece in np.argsort(-lengths, kind="stable").tolist():
        need = int(lengths[piece])
        room = next((room for room in range(need, size) if by_room[room]), size)
        if room == size:
            one, number = number, number + 1
        else:
            one = by_room[room].pop()
        row[piece] = one
        by_room[room - need].append(one)
    earliest = np.full(number, len(lengths))
    np.minimum.at(earliest, row, np.arange(len(lengths)))
    rank = np.empty(number, np.int64)
    rank[np.argsort(earliest)] = np.arange(number)
    return rank[row], number


PACKERS = {"wrap": wrap, "best-fit": best_fit, "single": single}
