"""text-dedup's near deduplication, written anew after its published description and defaults.

Used by `benchmarks/near_copies.py`; the tool itself is a program around data sets of Hugging Face, what is measured
here is its method. Text in lower case is cut at every character that is no letter or number (empty pieces stay),
pieces are taken by fives, 240 permutations of SHA-1 are minimised, bands are laid out for a threshold of 0.7, and all
texts that share a band are joined, with whatever hangs on them; the first of each cluster stays. With its option
`check_false_positive` (off by default) a text that has no companion of similarity 0.7 in its cluster leaves it; the
others stay one cluster. A text of fewer than 5 pieces is left out of the output.
"""

from __future__ import annotations

import itertools
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

PERMUTATIONS, THRESHOLD, NGRAM = 240, 0.7, 5

Cut = Callable[[str], list[str]]


def words(text: str) -> list[str]:
    """What stands between characters that are no letters or numbers: in Chinese, clauses."""
    return re.split(r"\W", text.lower())


def characters(text: str) -> list[str]:
    """Letter by letter: what it would have to do for Chinese."""
    return re.findall(r"\w", text.lower())


def grams(pieces: Sequence[str]) -> set[bytes]:
    """Pieces by fives."""
    return {" ".join(pieces[at : at + NGRAM]).encode() for at in range(len(pieces) - NGRAM + 1)}


def deduplicated(texts: Sequence[str], cut: Cut, checked: bool) -> tuple[list[int], float]:
    """For every text the one that stays for it (-1: left out), and the seconds it took."""
    from datasketch import MinHash, MinHashLSH

    started = time.perf_counter()
    shape = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    tables: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(shape.b)]
    empty = {place for place, text in enumerate(texts) if len(cut(text)) < NGRAM}
    left = [place for place in range(len(texts)) if place not in empty]
    rows = MinHash.generator((grams(cut(texts[place])) for place in left), num_perm=PERMUTATIONS)
    for place, row in zip(left, rows, strict=True):
        for band, table in enumerate(tables):
            table[row.hashvalues[band * shape.r : (band + 1) * shape.r].tobytes()].append(place)
    kept = joined(len(texts), (group for table in tables for group in table.values()))
    if checked:
        kept = without_strangers(kept, texts, cut)
    return [-1 if place in empty else first for place, first in enumerate(kept)], time.perf_counter() - started


def joined(count: int, groups: Iterable[Sequence[int]]) -> list[int]:
    """The first member of what hangs together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.array([(group[0], other) for group in groups for other in group[1:]], np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    labels = connected_components(graph, directed=False)[1]
    first = np.full(labels.max(initial=0) + 1, count)
    np.minimum.at(first, labels, np.arange(count))
    return [int(place) for place in first[labels]]


def without_strangers(kept: Sequence[int], texts: Sequence[str], cut: Cut) -> list[int]:
    """Members without a companion leave; the others stay one cluster, also those that are no copies of each other."""
    clusters: dict[int, list[int]] = defaultdict(list)
    for place, first in enumerate(kept):
        clusters[first].append(place)
    result = list(range(len(kept)))
    for members in clusters.values():
        sets = {place: grams(cut(texts[place])) for place in members} if len(members) > 1 else {}
        true = {place for one, other in itertools.combinations(sets, 2)
                if len(sets[one] & sets[other]) >= THRESHOLD * max(1, len(sets[one] | sets[other]))
                for place in (one, other)}  # fmt: skip
        for place in true:
            result[place] = min(true)
    return result
