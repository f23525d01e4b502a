"""Whole words as new pieces of a byte-level BPE: a word that is a piece is written as it, and nothing else changes.

A merge on the way to a long word (`hy|per`) fires in every other word that has the same parts, and so in general text;
a word that is looked up before any merge is tried does not (`ignore_merges` in `tokenizer.json`, as Llama 3's has it
and as tiktoken works). So whole words come first, those that save most for the general lines in which they would
stand, and `tokenizer/extend/price.py` learns merges from what they leave. Domain and general text come as arrays
(`tokenizer/extend/sequences.py`); the words go to `tokenizer/extend/choose.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokenizer.extend.family import Family
from tokenizer.extend.guard import Ordinary, first_half
from tokenizer.extend.learn import Piece
from tokenizer.extend.rates import RARE, SHAPE, Numbers, Seen, poisson, seen_in
from tokenizer.extend.sequences import BREAK, Ids, Sequences

SHARE = 0.6  # of the general lines that are aimed at (`price.py`); merges get the rest
MOST_IDS = 12  # old ids in a word
LOWEST, HIGHEST = -6.0, 9.0  # powers of ten of a price
STEPS, ROUNDS = 40, 3


class Words(NamedTuple):
    """Candidates. `ids`: of each word its old ids, -1 behind the last. `counts`: occurrences in the domain."""

    ids: Ids
    counts: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.asarray((self.ids >= 0).sum(axis=1))

    @property
    def saved(self) -> Numbers:
        """Tokens that each saves in the domain."""
        return np.asarray(self.counts * (self.lengths - 1), float)


def whole_words(
    family: Family, domain: Sequences, ordinary: Ordinary, minimum: int, aim: Numbers, room: int, longest: int
) -> tuple[list[Piece], Numbers]:
    """At most `room` words that occur at least `minimum` times, and by group of general lines the share that they are
    expected to change, which is at most `SHARE` of the aim."""
    words = _words(domain, minimum)
    if not len(words.counts) or not room or not aim.any():
        return [], np.zeros(len(ordinary.names))
    sizes = np.maximum(np.bincount(ordinary.group, minlength=len(ordinary.names)), 1)
    costs = _costs(words, ordinary, family.size) / sizes[:, None]
    names = ["".join(family.name(int(one)) for one in row if one >= 0) for row in words.ids]
    fits = np.array([len(name) <= longest and family.number(name) is None for name in names])
    chosen = _chosen(np.where(fits, words.saved, 0.0), costs, SHARE * aim, room)
    pieces = [
        Piece(family.size + place, names[at], (), tuple(int(one) for one in words.ids[at] if one >= 0),
              int(words.saved[at]))
        for place, at in enumerate(chosen.tolist())
    ]  # fmt: skip
    return pieces, np.asarray(costs[:, chosen].sum(axis=1))


def looked_up_first(family: Family) -> bool:
    """Whether looking words up before merging leaves all old text as it is: always where the base does so, and else
    where each of its pieces that is a word by itself is what its merges make of it."""
    if family.spec["model"].get("ignore_merges"):
        return True
    texts: list[str] = []
    numbers: list[int] = []
    for name, number in family.vocabulary.items():
        if number in family.added:
            continue
        try:
            texts.append(family.text(name).decode())
            numbers.append(number)
        except UnicodeDecodeError:
            continue
    encoded = family.encoded(texts)
    return all(len(ids) == 1 or len(set(words.tolist())) > 1 for ids, words in encoded)


def _words(text: Sequences, minimum: int) -> Words:
    """The words of several ids that occur often enough."""
    tables, counts = [], []
    for length in range(2, MOST_IDS + 1):
        found, number = np.unique(_of_length(text, length)[0], axis=0, return_counts=True)
        often = number >= minimum
        padded = np.full((int(often.sum()), MOST_IDS), BREAK, np.int32)
        padded[:, :length] = found[often]
        tables.append(padded)
        counts.append(number[often])
    return Words(np.concatenate(tables), np.concatenate(counts).astype(np.int64))


def _of_length(text: Sequences, length: int) -> tuple[Ids, Ids]:
    """The words of that many ids, one a row, and the line of each."""
    ends = np.flatnonzero(text.ids == BREAK)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    first = starts[ends - starts == length]
    return text.ids[first[:, None] + np.arange(length)], text.line[first]


def _costs(words: Words, ordinary: Ordinary, size: int) -> Numbers:
    """By group and word, how many general lines would change: those of the sample that hold the word, and where none
    does, how many of as many other lines are expected to."""
    holding = _holding(words, ordinary.text)
    even = first_half(ordinary.document)
    rows = []
    for number in range(len(ordinary.names)):
        mine = ordinary.group == number
        parts = [mine & even, mine & ~even, mine]
        counts = [_lines(holding, part, len(words.counts)) for part in parts]
        half, other, whole = (seen_in(ordinary.text, part, size) for part in parts)
        rates = _rates(words, (half, other, whole), counts)
        rows.append(np.where(counts[2] > 0, counts[2], rates))
    return np.stack(rows)


def _holding(words: Words, text: Sequences) -> tuple[NDArray[np.int64], Ids]:
    """Word and line of each occurrence of a candidate in general text."""
    numbers = {row.tobytes(): number for number, row in enumerate(words.ids)}
    found: list[int] = []
    lines: list[Ids] = []
    for length in range(2, MOST_IDS + 1):
        ids, line = _of_length(text, length)
        padded = np.full((len(ids), MOST_IDS), BREAK, np.int32)
        padded[:, :length] = ids
        places = np.array([numbers.get(row.tobytes(), -1) for row in padded], np.int64)
        found += places[places >= 0].tolist()
        lines.append(line[places >= 0])
    return np.array(found, np.int64), np.concatenate(lines)


def _lines(holding: tuple[NDArray[np.int64], Ids], chosen: NDArray[np.bool_], words: int) -> Numbers:
    """How many of the chosen lines hold each word."""
    word, line = holding
    here = chosen[line]
    pairs = np.unique(word[here] << 32 | line[here].astype(np.int64))
    return np.bincount(pairs >> 32, minlength=words).astype(float)


def _rates(words: Words, seen: Sequence[Seen], counts: Sequence[Numbers]) -> Numbers:
    """The lines that would hold a word of which no line of the sample does: learned on the words that one half of the
    sample does not hold, from how many lines of the other half do (Poisson regression, as `rates.py` has it)."""
    half, other, whole = seen
    rows = _features(words, half)
    new = counts[0] == 0
    middle = np.append(0.0, rows[new][:, 1:].mean(axis=0)) if new.any() else np.zeros(rows.shape[1])
    weights = poisson(rows[new] - middle, counts[1][new], other.lines)
    rates = np.exp(np.clip((_features(words, whole) - middle) @ weights, -40, 0)) * other.lines
    once_more = rates * SHAPE / (SHAPE + rates)
    return np.asarray(once_more * whole.lines / max(other.lines, 1))


def _features(words: Words, seen: Seen) -> Numbers:
    """One row a word: how frequent its rarest pair of old ids is, how likely the ids follow each other, how many they
    are, and how frequent the word is in the domain; all as logarithms."""
    left, right = words.ids[:, :-1], words.ids[:, 1:]
    inside = right >= 0
    counts = seen.pairs.of((left.astype(np.int64) << 32 | right).ravel()).reshape(left.shape)
    lines = np.log((counts + RARE) / max(seen.lines, 1))
    follows = np.log((counts + RARE) / (seen.ids[np.maximum(left, 0)] + 10 * RARE))
    rarest = np.where(inside, lines, np.inf).min(axis=1)
    begins = np.log((seen.ids[words.ids[:, 0]] + RARE) / max(int(seen.ids.sum()), 1))
    likely = np.where(inside, follows, 0.0).sum(axis=1) + begins
    return np.stack([np.ones(len(left)), rarest, likely, words.lengths, np.log(words.counts)], axis=1)


def _chosen(saved: Numbers, costs: Numbers, aim: Numbers, room: int) -> NDArray[np.int64]:
    """The words worth most at prices by which no group of lines changes more than the aim, the best first."""
    prices = np.full(len(costs), LOWEST)
    for _ in range(ROUNDS):
        for group in range(len(costs)):
            low, high = LOWEST, HIGHEST
            for _ in range(STEPS):
                prices[group] = (low + high) / 2
                over = costs[group, _best(saved - 10**prices @ costs, room)].sum() > aim[group]
                low, high = (prices[group], high) if over else (low, prices[group])
            prices[group] = high
    return _best(saved - 10**prices @ costs, room)


def _best(worth: Numbers, room: int) -> NDArray[np.int64]:
    order = np.argsort(-worth, kind="stable")[:room]
    return np.asarray(order[worth[order] > 0])
