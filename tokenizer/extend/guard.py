"""What a new piece would change in general text, and the price that it is asked for that.

General lines come as the base writes them (`tokenizer/extend/sequences.py`); `tokenizer/extend/learn.py` asks for every
piece. A line changes exactly when two neighbours in it, as the base wrote it, are joined by a new merge: so pieces made
of new pieces change nothing more, and what a set of pieces changes is known without encoding anything again. Lines that
are not in the sample are reckoned with too (`tokenizer/extend/rates.py`).

The price is one number a language: how much of the domain's tokens a piece must save for the general lines that it
changes and that no piece before it has changed. `tokenizer/extend/price.py` finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokenizer.extend.learn import Pair, Piece
from tokenizer.extend.rates import Numbers, Pairs, keys_of, seen_in, unseen_rates
from tokenizer.extend.sequences import Ids, Sequences


class Ordinary(NamedTuple):
    """General text: its lines in the base's ids, and of each line the numbers of its language in `names` and of its
    document."""

    text: Sequences
    group: NDArray[np.int8]
    names: tuple[str, ...]
    document: NDArray[np.int32]

    def folds(self, number: int) -> list[tuple[Ordinary, Ordinary]]:
        """Each part of a text cut in so many, by document, and all the rest: (rest, part)."""
        part = self.document % number
        return [(self._only(part != one), self._only(part == one)) for one in range(number)]

    def _only(self, chosen: NDArray[np.bool_]) -> Ordinary:
        here = chosen[self.text.line]
        number = np.cumsum(chosen) - 1
        text = Sequences(self.text.ids[here], number[self.text.line[here]].astype(np.int32))
        return Ordinary(text, self.group[chosen], self.names, self.document[chosen])


class General:
    """General lines, asked which of them hold a pair of the base's ids. `domain`: the pairs of the text that pieces are
    learned from. `size`: ids of the base."""

    def __init__(self, ordinary: Ordinary, domain: Pairs, size: int, minimum: int) -> None:
        lines, self.group, self.names, document = ordinary
        self.domain = domain
        self.sizes = np.bincount(self.group, minlength=len(self.names))
        keys, places = keys_of(lines)
        order = np.argsort(keys, kind="stable")
        keys, self._lines = keys[order], lines.line[places][order]
        edges = np.flatnonzero(np.diff(keys, prepend=-1))
        self._edges = np.append(edges, len(keys))
        self._number = {key: place for place, key in enumerate(keys[edges].tolist())}
        self._rates = self._unseen(lines, first_half(document), size, minimum)

    def holding(self, pair: Pair) -> Ids:
        """The lines that hold a pair, some of them twice."""
        place = self._number.get(pair[0] << 32 | pair[1])
        return self._lines[:0] if place is None else self._lines[self._edges[place] : self._edges[place + 1]]

    def expected(self, pair: Pair) -> Numbers:
        """By group, how many further lines would hold a pair that no line of the group holds."""
        key = pair[0] << 32 | pair[1]
        place = int(np.searchsorted(self.domain.keys, key))
        known = place < len(self.domain.keys) and self.domain.keys[place] == key
        return self._rates[:, place] if known else np.zeros(len(self.names))

    def changed_by(self, pieces: Sequence[Piece]) -> Numbers:
        """By group, how many lines the pieces change."""
        changed = np.zeros(len(self.group), bool)
        for piece in pieces:
            for pair in piece.pairs:
                changed[self.holding(pair)] = True
        return np.bincount(self.group[changed], minlength=len(self.names)).astype(float)

    def _unseen(self, lines: Sequences, even: NDArray[np.bool_], size: int, minimum: int) -> Numbers:
        """For each group and pair of the domain; `even`: lines of one half."""
        rows = []
        for number in range(len(self.names)):
            mine = self.group == number
            half, other, whole = (seen_in(lines, mine & some, size) for some in (even, ~even, np.ones_like(even)))
            rows.append(unseen_rates(half, other, whole, self.domain, minimum))
        return np.stack(rows) if rows else np.zeros((0, len(self.domain.keys)))


def first_half(document: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which lines belong to it: those of every second document."""
    return np.asarray(document % 2 == 0)


class Price:
    """A guard with a price. `prices`: by group, in shares of the domain's tokens (of which there are `tokens`) for the
    share of general lines that a piece changes. `changed`: lines that other means have changed already."""

    def __init__(self, general: General, prices: Numbers, tokens: int) -> None:
        self.general, self.tokens = general, tokens
        self.changed = np.zeros(len(general.group), bool)
        self.beyond = np.zeros(len(general.names))  # lines expected outside the sample
        self._sizes = np.maximum(general.sizes, 1)
        self._each = prices / self._sizes

    def allows(self, name: str, known: list[Pair], saved: int) -> bool:
        """Whether a piece is worth its price; if so, its lines are changed from now on."""
        if not known:
            return True
        lines = np.unique(np.concatenate([self.general.holding(pair) for pair in known]))
        fresh = lines[~self.changed[lines]]
        beyond = np.sum([self.general.expected(pair) for pair in known], axis=0)
        here = np.bincount(self.general.group[fresh], minlength=len(self.beyond))
        if saved < self.tokens * float((self._each * (here + beyond)).sum()):
            return False
        self.changed[fresh] = True
        self.beyond += beyond
        return True

    @property
    def shares(self) -> Numbers:
        """By group, the share of lines that change, those outside the sample reckoned in."""
        here = np.bincount(self.general.group[self.changed], minlength=len(self.beyond))
        return np.asarray((here + self.beyond) / self._sizes)
