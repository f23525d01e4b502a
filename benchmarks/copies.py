"""Copies found, copies missed, and what is taken for a copy and is none: beside datatrove, text-dedup's method, rensa.

    MATERIA_REAL_DATA=... python -m benchmarks.copies [--documents 20000] [--methods NAME ...] [--missed 0]

Half of the documents are English (PubMed abstracts, articles of trials), half Chinese (drug monographs, consultations,
classical chapters), cut at 6,000 characters, real repeats included. Among each 10,000 are planted 150 pairs of every
kind of `benchmarks/planted.py`. Every method of `benchmarks/near_copies.py` gets each language by itself, as those that
cut words by a language must, and the pairs are judged twice:

    by kind      what share of the planted pairs becomes one document; for another dose, a negation, and other content
                 in the same frame this is the share of errors
    exactly      beside every pair whose Jaccard similarity reaches the method's own threshold on its own shingles, by
                 a count of all pairs (`benchmarks/all_pairs.py`)

and real documents that nothing was planted on are counted where they are lost: by the similarity, on our shingles, to
the one that stays for them. One core; seconds by the clock, memory of the method's own process. `--missed N` prints so
many planted pairs of each kind that ours got wrong, with the reason. Needs `.[bench]`.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

os.environ.update(POLARS_MAX_THREADS="1", RAYON_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before the first import

import numpy as np

from benchmarks.all_pairs import all_pairs
from benchmarks.near_copies import METHODS, Answer, Sets, measured, our_sets
from benchmarks.planted import COPIES, OTHERS, PARTS, SAME_FRAME, Pair, Planted, plant
from benchmarks.real_texts import CHINESE, ENGLISH
from corpus.relate.difference import difference
from corpus.relate.stage import SHORTEST
from corpus.text.fold import folded

OF_EACH_KIND = 0.015  # of the documents of a language
FLOOR = 0.5  # from here on ours keeps a relation
KINDS = (*COPIES, *OTHERS, SAME_FRAME, *PARTS)
REAL = {
    "English": (ENGLISH, ("PubMed abstracts", "trial articles, plain text")),
    "Chinese": (
        CHINESE, ("drug monographs", "consultations, Toyhom", "consultations, Huatuo", "classical chapters"),
    ),
}  # fmt: skip


def one(answer: Answer, pair: Pair) -> bool:
    """Whether two documents have become one."""
    return answer.kept[pair.one] == answer.kept[pair.other] != -1


def similarity(sets: Sets, one: int, other: int) -> float:
    """Jaccard similarity of two sets."""
    both = len(np.intersect1d(sets[one], sets[other], assume_unique=True))
    return both / max(1, len(sets[one]) + len(sets[other]) - both)


def print_kinds(planted: Planted, sets: Sets, answers: dict[str, Answer]) -> None:
    """The share of every kind that became one document."""
    print("\n| became one | similarity | of 128 shingles or more | " + " | ".join(answers) + " | ours, of those |")
    print("|---|---:|---:|" + "---:|" * (len(answers) + 1))
    for kind in KINDS:
        pairs = [pair for pair in planted.pairs if pair.kind == kind]
        long = [pair for pair in pairs if min(len(sets[place]) for place in pair[1:]) >= SHORTEST]
        middle = statistics.median(similarity(sets, *pair[1:]) for pair in pairs)
        shares = [sum(one(answer, pair) for pair in pairs) / len(pairs) for answer in answers.values()]
        ours = [one(answers["ours"], pair) for pair in long] if "ours" in answers else []
        cells = " | ".join(f"{share:.1%}" for share in shares)
        wanted = "should stay two: " if kind in (*OTHERS, SAME_FRAME) else ""
        print(f"| {wanted}{kind} | {middle:.2f} | {len(long)} of {len(pairs)} | {cells} "
              f"| {f'{statistics.mean(ours):.1%}' if ours else '-'} |")  # fmt: skip


class Truth(NamedTuple):
    """Every pair at a threshold, and which of the documents are meant where not all are."""

    name: str
    threshold: float
    pairs: set[tuple[int, int]]
    meant: frozenset[int] | None = None


def truths(name: str, sets: Sets) -> list[Truth]:
    """What a method is held against: its own threshold, and for ours the floor of its relations too."""
    result = []
    for threshold in (METHODS[name].threshold, *((FLOOR,) if name == "ours" else ())):
        found = all_pairs(sets, threshold)
        pairs = set(zip(found.one.tolist(), found.other.tolist(), strict=True))
        result.append(Truth(name, threshold, pairs))
        if name == "ours":
            long = frozenset(place for place, members in enumerate(sets) if len(members) >= SHORTEST)
            pairs = {pair for pair in pairs if long.issuperset(pair)}
            result.append(Truth("ours, 128 shingles or more", threshold, pairs, long))
    return result


def exact_row(truth: Truth, answer: Answer, name: str) -> str:
    """One line: recall and precision of pairs, and of what was dropped."""
    kept, true = answer.kept, truth.pairs
    vetoed: set[tuple[int, int]] = set()
    if answer.named is None:
        named = sum(size * (size - 1) // 2 for size in Counter(first for first in kept if first >= 0).values())
        right = sum(kept[a] == kept[b] != -1 for a, b in true)
    else:
        told = {(pair.one, pair.other) for pair in answer.named if pair.similarity >= truth.threshold - 1e-9}
        told = {pair for pair in told if truth.meant is None or truth.meant.issuperset(pair)}
        vetoed = {(pair.one, pair.other) for pair in answer.named if pair.veto}
        named, right = len(told), len(told & true)
    stays = {place for place, first in enumerate(kept) if place == first}
    both = {(a, b) for a, b in true if a in stays and b in stays}
    near = {a for a, b in true if b in stays} | {b for a, b in true if a in stays}
    gone = [place for place in range(len(kept)) if place not in stays]
    backed = f"{sum(place in near for place in gone) / max(1, len(gone)):.1%}" if truth.meant is None else "-"
    return (
        f"| {name} | {truth.threshold:.2f} | {len(true):,} | {right / max(1, len(true)):.1%} | {named:,} "
        f"| {right / max(1, named):.1%} | {len(both):,} | {len(both & vetoed):,} | {len(gone):,} | {backed} |"
    )


def lost_row(name: str, answer: Answer, planted: Planted, sets: Sets) -> str:
    """Real documents that nothing was planted on and that are gone, by what stays for them."""
    touched = {place for pair in planted.pairs for place in pair[1:]}
    counts: Counter[str] = Counter()
    for place, first in enumerate(answer.kept):
        if place in touched or place == first:
            continue
        if first == -1:
            counts["nothing"] += 1
            continue
        text, other = folded(planted.texts[place]), folded(planted.texts[first])
        if text == other:
            counts["the same"] += 1
            continue
        alike = similarity(sets, place, first)
        counts["0.8" if alike >= 0.8 else "0.5" if alike >= 0.5 else "less"] += 1
        counts["veto"] += alike >= 0.8 and difference(text, other).veto != ""
    columns = ("the same", "0.8", "veto", "0.5", "less", "nothing")
    groups = Counter(first for first in answer.kept if first >= 0).values()
    cells = " | ".join(f"{counts[column]:,}" for column in columns)
    seconds = ", ".join(f"{what} {taken:.1f}" for what, taken in answer.seconds.items())
    return f"| {name} | {cells} | {max(groups):,} | {seconds} | {answer.peak_bytes / 2**20:,.0f} |"


def print_missed(planted: Planted, sets: Sets, answer: Answer, most: int) -> None:
    """Planted pairs that ours got wrong, with the reason."""
    told = {(pair.one, pair.other): pair for pair in answer.named or ()}
    reasons: Counter[tuple[str, str]] = Counter()
    for kind, *places in planted.pairs:
        first, second = sorted(places)
        became = one(answer, Pair(kind, first, second))
        if kind in PARTS or became == (kind in COPIES):
            continue
        alike, pair = similarity(sets, first, second), told.get((first, second))
        short = min(len(sets[place]) for place in places) < SHORTEST
        reason = (
            "became one" if became else "short" if short else f"veto: {pair.veto}" if pair and pair.veto
            else "less alike than 0.8" if alike < 0.8 else "not a candidate" if pair is None else "other"
        )  # fmt: skip
        reasons[kind, reason] += 1
        if reasons[kind, reason] <= most:
            shown = difference(folded(planted.texts[first]), folded(planted.texts[second]))
            print(f"  {kind}; {reason}; J {alike:.3f}; {shown.veto} {shown.evidence!r}; {planted.texts[first][:60]!r}")
    print("\nOurs, wrong: " + "; ".join(f"{kind}: {why} {times}" for (kind, why), times in sorted(reasons.items())))


def measure(language: str, documents: int, methods: Sequence[str], missed: int) -> None:
    """All tables of one language."""
    names = [name for name in methods if language in METHODS[name].languages]
    sets_by_name, kinds = REAL[language]
    texts = [text for kind in kinds for text in sets_by_name[kind]() if text.strip()]
    planted = plant(texts, language, documents, max(1, round(documents * OF_EACH_KIND)))
    size = sum(map(len, planted.texts))
    print(f"\n## {language}: {len(planted.texts):,} documents, {size / len(planted.texts):,.0f} characters each, "
          f"{len(planted.pairs):,} planted pairs")  # fmt: skip
    answers = {name: measured(name, planted.texts, language) for name in names}
    sets = our_sets(planted.texts, language)
    print_kinds(planted, sets, answers)
    print("\n| real documents lost | the same text | J of 0.8 or more | of them a number or negation differs ", end="")
    print("| J 0.5 to 0.8 | J below 0.5 | left out | largest cluster | seconds | MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---|---:|")
    for name, answer in answers.items():
        print(lost_row(name, answer, planted, sets))
    print("\n| at its own threshold | J | exact pairs | of them told | pairs told | of them true ", end="")
    print("| exact pairs of which both stay | of them vetoed | dropped | of them with a copy that stays |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    known: dict[str, list[Truth]] = {}
    for name, answer in answers.items():
        cut = name.removesuffix(", checked")  # the same shingles
        known[cut] = known.get(cut) or truths(name, METHODS[name].sets(planted.texts, language))
        for truth in known[cut]:
            print(exact_row(truth, answer, truth.name if name == "ours" else name), flush=True)
    if "ours" in answers:
        print_missed(planted, sets, answers["ours"], missed)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000, help="of both languages, planted ones not counted")
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--languages", nargs="*", choices=list(REAL), default=list(REAL))
    parser.add_argument("--missed", type=int, default=0, help="wrong pairs of each kind to print")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for language in options.languages:
        measure(language, options.documents // 2, options.methods, options.missed)


if __name__ == "__main__":
    main()
