"""What a text repeats: lines, paragraphs and n-grams, counted for a whole batch at once.

Takes keys of 64 bits made in `corpus/text/`; gives numbers of characters to `corpus/annotate/repetition.py`.

The trick that makes it fast: an n-gram can be repeated only if both (n-1)-grams in it are. So only places that are
still repeated go from one length to the next, and in ordinary text few places do. Two n-grams are compared by the
pair of places where their halves were first seen: exact, whatever was hashed before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.text.codepoints import Hashes, Ints, Mask, first_equal, sums

Shares = NDArray[np.float64]


class Units(NamedTuple):
    """The sequence that n-grams are made of, text after text: `keys` (equal units have equal keys; `narrow` ones have
    32 bits), `owners` (their text), `reach` (characters before each unit, and in all), `edges` (the first unit of each
    text, and the end), and `gap`, the characters between two units of an n-gram (1 for words, 0 for characters)."""

    keys: Hashes
    owners: Ints
    reach: Ints
    edges: Ints
    gap: int
    narrow: bool


def word_units(keys: Hashes, owners: Ints, widths: Ints, texts: int) -> Units:
    """Words as units: hashed to 64 bits, `widths` characters each, `owners` sorted."""
    reach = np.zeros(len(keys) + 1, np.int64)
    np.cumsum(widths, out=reach[1:])
    return Units(keys, owners, reach, np.searchsorted(owners, np.arange(texts + 1)), gap=1, narrow=False)


def character_units(codes: NDArray[np.uint32], owners: Ints, texts: int) -> Units:
    """Characters as units, `owners` sorted."""
    reach, edges = np.arange(len(codes) + 1), np.searchsorted(owners, np.arange(texts + 1))
    return Units(codes.astype(np.uint64), owners, reach, edges, gap=0, narrow=True)


class Repeated(NamedTuple):
    """The n-grams that occur more than once: `places` (index of their first unit, sorted), and for each the place
    `first` where the same n-gram was first seen in its text."""

    size: int
    places: Ints
    first: Ints


def repeated_ngrams(units: Units, longest: int) -> Iterator[Repeated]:
    """The repeated n-grams of size 2, 3, ... `longest`."""
    places, first = _first_pairs(units)
    for size in range(2, longest + 1):
        kept = _several(first)
        places, first = places[kept], places[first[kept]]
        yield Repeated(size, places, first)
        joined = np.flatnonzero(np.diff(places) == 1)  # both n-grams of the longer one are repeated
        keys = (first[joined].astype(np.uint64) << np.uint64(32)) | first[joined + 1].astype(np.uint64)
        places = places[joined]
        first = first_equal(keys, units.owners[places])


def _first_pairs(units: Units) -> tuple[Ints, Ints]:
    """Where pairs of units stand that may be repeated, and for each the index of the first equal one among them."""
    inside = units.owners[1:] == units.owners[:-1]
    if units.narrow:
        places = np.flatnonzero(inside)
        keys = (units.keys[places] << np.uint64(32)) | units.keys[places + 1]
    else:
        first = first_equal(units.keys, units.owners)
        kept = _several(first)
        places = np.flatnonzero(kept[1:] & kept[:-1] & inside)
        keys = (first[places].astype(np.uint64) << np.uint64(32)) | first[places + 1].astype(np.uint64)
    return places, first_equal(keys, units.owners[places])


def _several(first: Ints) -> Mask:
    """Which items share their first place with another item."""
    several: Mask = np.bincount(first, minlength=len(first))[first] > 1
    return several


def top_characters(units: Units, repeated: Repeated) -> Ints:
    """Characters of each text's most frequent n-gram times its count; of several, the one seen first.

    If no n-gram repeats, the first of the text counts once; a text with fewer units than one n-gram has 0.
    """
    size, reach, begin = repeated.size, units.reach, units.edges[:-1]
    best, count = begin.copy(), (np.diff(units.edges) >= size).astype(np.int64)
    opening = repeated.places == repeated.first
    seen = repeated.places[opening]
    if len(seen):
        counts = np.bincount(np.cumsum(opening)[np.searchsorted(repeated.places, repeated.first)] - 1)
        owners = units.owners[seen]
        rank = (counts << 32) | (_LAST - seen)  # most frequent first, then earliest
        heads = np.flatnonzero(np.diff(owners, prepend=-1))
        top = np.maximum.reduceat(rank, heads)
        best[owners[heads]] = _LAST - (top & _LAST)
        count[owners[heads]] = top >> 32
    best[count == 0] = 0
    end = np.minimum(best + size, len(reach) - 1)
    return (reach[end] - reach[best] + units.gap * (size - 1)) * count


def duplicate_characters(units: Units, repeated: Repeated) -> Shares:
    """Characters of the n-grams that were seen before, read from left to right, no character counted twice.

    After a repeat the reading goes on behind it, and n-grams that begin inside it count as not seen (the definition in
    datatrove's `find_all_duplicate`). The loop below visits repeated places only, a few per cent of a text.
    """
    size, beyond = repeated.size, 0
    read: set[int] = set()
    hits: list[int] = []
    for place, first in zip(repeated.places.tolist(), repeated.first.tolist(), strict=True):
        if place < beyond:
            continue
        if first in read:
            hits.append(place)
            beyond = place + size
        else:
            read.add(first)
    places = np.array(hits, np.int64)
    characters = units.reach[places + size] - units.reach[places]
    return sums(characters, units.owners[places], len(units.edges) - 1)


_LAST = (1 << 32) - 1
