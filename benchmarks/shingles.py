"""Which pieces of a text should be compared: characters or words, and how many at a time.

    MATERIA_REAL_DATA=... python -m benchmarks.shingles [--documents 4000] [--each 100]

Real texts with near copies planted among them (`benchmarks/planted.py`), in the matching view. For every choice: the
share of each kind of copy whose exact Jaccard similarity reaches 0.8, and of pairs that say something else in the same
frame; then, of pairs of real documents drawn at random, how many of a million would be compared, by their similarity
and the bands of `corpus/text/minhash.py` (all of which are work, hardly any a copy). Numbers are exact but for the
draw; nothing is timed. `shingles a document` is what a choice costs. Words of Chinese are jieba's.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterable
from functools import cache

from benchmarks.copies import REAL
from benchmarks.planted import COPIES, SAME_FRAME, Planted, plant
from corpus.text.fold import folded
from corpus.text.minhash import BANDS, ROWS

NEAR = 0.8
DRAWN = 100_000  # pairs of real documents

Cut = Callable[[str], frozenset[str]]


def characters(size: int) -> Cut:
    """Every run of `size` characters."""
    return lambda text: frozenset(text[at : at + size] for at in range(len(text) - size + 1))


def words(size: int) -> Cut:
    """Every run of `size` words."""

    def cut(text: str) -> frozenset[str]:
        found = _words(text)
        return frozenset(" ".join(found[at : at + size]) for at in range(len(found) - size + 1))

    return cut


@cache
def _words(text: str) -> tuple[str, ...]:
    if not re.search("[一-鿿]", text):
        return tuple(re.findall(r"\w+", text))
    import jieba

    return tuple(word for word in jieba.lcut(text) if word.strip())


CHOICES: dict[str, dict[str, Cut]] = {
    "English": {
        **{f"{size} characters": characters(size) for size in (3, 5, 6, 7, 8, 9, 13, 20)},
        **{f"{size} words": words(size) for size in (1, 2, 3, 5)},
    },
    "Chinese": {
        **{f"{size} characters": characters(size) for size in (2, 3, 4, 5, 6, 8)},
        **{f"{size} words": words(size) for size in (1, 2, 3, 5)},
    },
}


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Of two sets; nothing is like an empty one."""
    both = len(one & other)
    return both / max(1, len(one) + len(other) - both)


def compared(similarities: Iterable[float]) -> float:
    """Of a million pairs that are so similar, how many share a band."""
    chances = [1 - (1 - similarity**ROWS) ** BANDS for similarity in similarities]
    return sum(chances) / len(chances) * 1e6


def row(name: str, cut: Cut, planted: Planted, views: list[str]) -> str:
    """What one choice does."""
    sets = [cut(view) for view in views]
    cells = []
    for kind in (*COPIES, SAME_FRAME):
        similar = [jaccard(sets[pair.one], sets[pair.other]) for pair in planted.pairs if pair.kind == kind]
        cells.append(f"{sum(value >= NEAR for value in similar) / len(similar):.0%}")
    touched = {place for pair in planted.pairs for place in pair[1:]}
    real = [members for place, members in enumerate(sets) if place not in touched]
    draw = random.Random(1)
    drawn = [jaccard(*draw.sample(real, 2)) for _ in range(DRAWN)]
    size = sum(map(len, sets)) / len(sets)
    return f"| {name} | {' | '.join(cells)} | {compared(drawn):,.1f} | {size:,.0f} |"


def main() -> None:
    """Print a table for each language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=4_000, help="of a language")
    parser.add_argument("--each", type=int, default=100, help="planted pairs of each kind")
    options = parser.parse_args()
    for language, choices in CHOICES.items():
        sets_by_name, kinds = REAL[language]
        texts = [text for kind in kinds for text in sets_by_name[kind]() if text.strip()]
        planted = plant(texts, language, options.documents, options.each)
        views = [folded(text) for text in planted.texts]
        print(f"\n## {language}: {len(views):,} documents, {options.each} pairs of each kind\n")
        print(
            f"| J >= {NEAR} | {' | '.join(COPIES)} | {SAME_FRAME} | unrelated, compared of 10^6 | shingles a document |"
        )
        print("|---|" + "---:|" * (len(COPIES) + 3), flush=True)
        for name, cut in choices.items():
            print(row(name, cut, planted, views), flush=True)


if __name__ == "__main__":
    main()
