"""Sketching: documents per second from strings, and the error of the estimate, beside datasketch, rensa and datatrove.

    MATERIA_REAL_DATA=... python -m benchmarks.sketch [--documents 1000] [--runs 5] [--pairs 400]

Speed: real English and Chinese texts, cut or joined to 1,500 characters, each side from strings to signatures. Ours is
the annotator as a build calls it (matching view, 128-bit content hash, shingles, 128 numbers). datasketch is
`MinHash.bulk` with 128 permutations, its default SHA-1 and xxHash, rensa `RMinHash.from_token_sets` and
`CMinHash.from_token_sets`, all three on the same kind of shingles (7 letters, 4 Chinese characters) of the text as it
stands; datatrove is stage 1 of its MinHash with its defaults (words of spaCy and jieba by fives, 112 hashes), on fewer
documents. A second table leaves the strings out: the signature alone, from the same array of 32-bit hashes. Sides take
turns in one process on one core; medians of processor time.

Error: pairs of a text and itself with pieces of another text put in, so that exact Jaccard similarity runs from 0.3 to
1; the same sets of shingles for all sides, 128 numbers each. Needs `.[bench]`.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

os.environ.update(POLARS_MAX_THREADS="1", RAYON_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before the first import

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.real_texts import CHINESE, ENGLISH
from corpus.annotate import sketch
from corpus.text import codepoints, fold, minhash
from corpus.text.shingles import CHARACTERS, LETTERS, Shingles, shingles

SIZE = 1_500  # characters of a document
NUMBERS = minhash.SIZE
SETS = {
    "English": (("PubMed abstracts", "trial articles, plain text"), ENGLISH, LETTERS),
    "Chinese": (("drug monographs", "consultations, Toyhom", "classical chapters"), CHINESE, CHARACTERS),
}
SLOW = 0.15  # share of the documents that datatrove is given, whose words take that much longer

Work = Callable[[Any], object]
Floats = NDArray[np.float64]


def real(language: str) -> list[str]:
    """The real texts of a language, each once."""
    names, texts, _ = SETS[language]
    return list(dict.fromkeys(text for name in names for text in texts[name]() if text.strip()))


def of_equal_size(texts: Sequence[str], size: int) -> list[str]:
    """Texts of `size` characters: longer ones cut, shorter ones joined to the next."""
    result, held = [], ""
    for text in texts:
        held = f"{held}\n{text}" if held else text
        if len(held) >= size:
            result.append(held[:size])
            held = ""
    return result


def encoded(text: str, width: int) -> list[bytes]:
    """The overlapping pieces of a text as bytes, the quickest way from a string that was found."""
    raw = text.encode("utf-32-le")
    return [raw[at : at + 4 * width] for at in range(0, len(raw) - 4 * width + 4, 4)]


def pieces(text: str, width: int) -> list[str]:
    """The overlapping pieces of a text."""
    return [text[at : at + width] for at in range(len(text) - width + 1)]


def from_strings(language: str) -> dict[str, Work]:
    """Every side, from texts to signatures."""
    from datasketch import MinHash
    from rensa import CMinHash, RMinHash
    from xxhash import xxh32_intdigest

    from benchmarks.datatrove_minhash import LANGUAGES, Signature

    width = SETS[language][2]
    stage = Signature("memory://signatures", LANGUAGES[language])

    def bulk(texts: Sequence[str], **more: Any) -> object:
        return MinHash.bulk([encoded(text, width) for text in texts], num_perm=NUMBERS, **more)

    def tokens(texts: Sequence[str]) -> list[list[str]]:
        return [pieces(text, width) for text in texts]

    return {
        "ours": sketch.annotate,
        "datasketch, SHA-1": bulk,
        "datasketch, xxHash": lambda texts: bulk(texts, hashfunc=xxh32_intdigest),
        "rensa, R-MinHash": lambda texts: RMinHash.from_token_sets(tokens(texts), num_perm=NUMBERS, seed=42),
        "rensa, C-MinHash": lambda texts: CMinHash.from_token_sets(tokens(texts), num_perm=NUMBERS, seed=42),
        "cutting strings into pieces alone": lambda texts: tokens(texts),
        "datatrove": lambda texts: [stage.get_signature(stage.get_shingles(text)) for text in texts],
    }


def from_hashes(found: list[Shingles]) -> dict[str, Callable[[], object]]:
    """The signature alone: every side from the same 32-bit hashes."""
    from datasketch import MinHash
    from rensa import RMinHash

    rows = [batch.of(row) for batch in found for row in range(len(batch.starts) - 1)]
    flat = np.concatenate(rows).astype(np.uint64)
    offsets = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.uint64)
    lists = [row.tolist() for row in rows]
    return {
        "ours": lambda: [minhash.sketches(batch) for batch in found],
        "rensa, R-MinHash": lambda: RMinHash.digest_matrix_from_flat_token_hashes(flat, offsets, NUMBERS, 42),
        "datasketch": lambda: MinHash.bulk(lists, num_perm=NUMBERS, hashfunc=lambda value: value),
    }


def parts(texts: Sequence[str]) -> dict[str, float]:
    """What our seconds go to."""
    took = dict.fromkeys(("matching view", "content hash", "shingles", "128 numbers"), 0.0)
    for begin, end in codepoints.batches(texts):
        marks = [time.process_time()]
        view = fold.fold(texts[begin:end])
        marks.append(time.process_time())
        sketch.contents(view)
        marks.append(time.process_time())
        found = shingles(view)
        marks.append(time.process_time())
        minhash.sketches(found)
        marks.append(time.process_time())
        for name, (start, stop) in zip(took, itertools.pairwise(marks), strict=True):
            took[name] += stop - start
    return took


def medians(sides: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Processor seconds of every side, `runs` times in turn."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, work in sides.items():
            began = time.process_time()
            work()
            times[name].append(time.process_time() - began)
    return {name: statistics.median(taken) for name, taken in times.items()}


def print_rates(rates: dict[str, float]) -> None:
    """Documents per second, and our multiple of each."""
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {rates['ours'] / rate:.1f} |")


def speed(language: str, documents: int, runs: int) -> None:
    """Both tables of speed."""
    drawn = real(language)
    random.Random(1).shuffle(drawn)
    texts = of_equal_size(drawn, SIZE)[:documents]
    few = texts[: max(50, int(documents * SLOW))]
    sides = from_strings(language)
    given: dict[str, Any] = {name: few if name == "datatrove" else texts for name in sides}
    given["ours"] = pl.DataFrame({"text": texts})  # as a build has them; the others are given Python's strings
    for name, work in sides.items():
        work(given[name][:20])
    timed = medians({name: lambda n=name: sides[n](given[n]) for name in sides}, runs)  # type: ignore[misc]
    print(f"\n{language}: {len(texts):,} documents of {SIZE:,} characters ({len(few)} for datatrove), {runs} runs\n")
    print("| from strings | documents/s | ours is so many times that |\n|---|---:|---:|")
    print_rates({name: len(given[name]) / seconds for name, seconds in timed.items()})
    took = parts(texts)
    whole = sum(took.values())
    print("\nOurs: " + ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in took.items()))
    found = [shingles(fold.fold(texts[begin:end])) for begin, end in codepoints.batches(texts)]
    timed = medians(from_hashes(found), runs)
    print("\n| from hashes | documents/s | ours is so many times that |\n|---|---:|---:|")
    print_rates({name: len(texts) / seconds for name, seconds in timed.items()})


class Pair(NamedTuple):
    """Two texts in the matching view as code points, and the exact similarity of their shingles."""

    one: str
    other: str
    jaccard: float


def token_set(text: str) -> set[str]:
    """The shingles of a folded text as strings."""
    return {text[at : at + width] for at in range(len(text))
            if at + (width := CHARACTERS if ord(text[at]) >= fold.EAST_ASIAN else LETTERS) <= len(text)}  # fmt: skip


def pairs(texts: Sequence[str], count: int, sizes: tuple[int, int], draw: random.Random) -> list[Pair]:
    """Pairs of similarity 0.3 to 1: a text of `sizes` characters, and the same with pieces of another in it."""
    made: list[Pair] = []
    while len(made) < count:
        size = draw.randint(*sizes)
        one, strange = (folded(draw.choice(texts))[:size] for _ in range(2))
        if len(one) < sizes[0]:
            continue
        wanted = draw.uniform(0.3, 1.0)
        replaced = (1 - wanted) / (1 + wanted)  # that share of a text leaves (1 - share) / (1 + share)
        other, cuts = one, draw.randint(1, max(1, len(one) // 150))
        step = len(one) // cuts
        for cut in range(cuts):
            start, length = cut * step, int(step * replaced)
            other = other[:start] + strange[start : start + length].ljust(length) + other[start + length :]
        both = token_set(one), token_set(other)
        exact = len(both[0] & both[1]) / len(both[0] | both[1])
        if exact >= 0.3:
            made.append(Pair(one, other, exact))
    return made


def folded(text: str) -> str:
    """The matching view; only the beginning, which is all that is used."""
    return fold.folded(text[:8_000])


def estimates(found: Sequence[Pair]) -> dict[str, Floats]:
    """What every side says of every pair."""
    from datasketch import MinHash
    from rensa import RMinHash

    sides = [[pair.one for pair in found], [pair.other for pair in found]]
    sets = [[sorted(token_set(text)) for text in side] for side in sides]
    ours = [minhash.sketches(shingles(codepoints.encode(side))) for side in sides]
    theirs = [MinHash.bulk([[token.encode() for token in row] for row in rows], num_perm=NUMBERS) for rows in sets]
    rensas = [RMinHash.from_token_sets(rows, num_perm=NUMBERS, seed=42) for rows in sets]
    return {
        "ours, 256 bytes a document": minhash.similarity(*ours),
        "datasketch, 512 bytes": np.array([one.jaccard(other) for one, other in zip(*theirs, strict=True)]),
        "rensa R-MinHash, 512 bytes": np.array([one.jaccard(other) for one, other in zip(*rensas, strict=True)]),
    }


def error(count: int) -> None:
    """Bias and error of the estimate, for every side."""
    print("\n| texts | estimated by | pairs | bias | RMSE | RMSE where J > 0.7 | RMSE of 128 independent numbers |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for language in SETS:
        texts = real(language)
        for name, sizes in (("short, 60 to 600", (60, 600)), ("long, 1,500 to 6,000", (1_500, 6_000))):
            found = pairs(texts, count, sizes, random.Random(f"{language} {name}"))
            exact = np.array([pair.jaccard for pair in found])
            independent = np.sqrt((exact * (1 - exact) / NUMBERS).mean())
            for side, told in estimates(found).items():
                off = told - exact
                high = np.sqrt((off[exact > 0.7] ** 2).mean())
                print(f"| {language}, {name} | {side} | {len(found)} | {off.mean():+.4f} "
                      f"| {np.sqrt((off ** 2).mean()):.4f} | {high:.4f} | {independent:.4f} |")  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=400, help="for each language and length")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for language in SETS:
        speed(language, options.documents, options.runs)
    error(options.pairs)


if __name__ == "__main__":
    main()
