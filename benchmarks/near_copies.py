"""Near deduplication by ours and by its peers, on one list of texts: what each takes for copies of what.

Used by `benchmarks/copies.py`, which gives the texts and judges the answers. Every method runs in a process of its own
(`measured`), so that its memory can be told; names, shingles and thresholds of all stand in METHODS.

    ours         `corpus build` of the texts as one table without rules: sketch, candidates, verification, veto, choice
    datatrove    its four MinHash steps with its defaults: words of spaCy or jieba by fives, 14 buckets of 8 hashes
    text-dedup   its MinHash, `benchmarks/text_dedup.py`
    rensa        RMinHashDeduplicator with 128 numbers, its LSH and a threshold of 0.8, one text after the other
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import text_dedup

LETTERS, CHARACTERS = 7, 4  # of rensa's pieces: those that ours has
ALONE = ("candidates", "texts", "relate", "decide")  # stages of a build that nothing but copies needs

Sets = list[NDArray[np.uint64]]


class Named(NamedTuple):
    """Two documents that a method says something of; `veto` forbids that they become one."""

    one: int
    other: int
    similarity: float = 1.0
    veto: str = ""


class Answer(NamedTuple):
    """`kept`: for every document the one that stays for it, itself where it stays, -1 where nothing does. `named`: the
    pairs, where the method tells pairs and not clusters. `seconds`: of what, by name."""

    kept: list[int]
    named: list[Named] | None
    seconds: dict[str, float]
    peak_bytes: int = 0


def written(texts: Sequence[str], path: Path) -> None:
    """One JSON line a document, its place for an id."""
    with open(path, "w", encoding="utf-8") as out:
        for number, text in enumerate(texts):
            out.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")


def ours(texts: Sequence[str], language: str) -> Answer:
    """A build of one table; the ledger says what went for what."""
    import polars as pl

    from corpus.annotate import sketch
    from corpus.build import build
    from corpus.progress import Silent
    from corpus.recipe_file import load_recipe
    from corpus.store import Store

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        written(texts, work / "documents.jsonl")
        source = {"name": "d", "kind": "table", "path": "documents.jsonl", "id": "id", "genre": "web",
                  "language": "en" if language == "English" else "zh"}  # fmt: skip
        lines = ['name = "copies"', "[[source]]", *(f'{key} = "{value}"' for key, value in source.items())]
        (work / "recipe.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        built = build(load_recipe(work / "recipe.toml"), work / "out", Store(work / "store"), 1, Silent())
        ledger = pl.read_parquet(work / "out" / "ledger" / "documents-*.parquet")
        relations = pl.read_parquet(work / "out" / "relations" / "*.parquet")
    started = time.perf_counter()
    sketch.annotate(pl.DataFrame({"text": texts}))
    seconds = {"sketch": time.perf_counter() - started, "whole build": built.run["seconds"]}
    seconds |= {name: stage["seconds"] for name, stage in built.run["stages"].items() if name in ALONE}
    kept = list(range(len(texts)))
    for name, other in ledger.filter(pl.col("fate") == "duplicate").select("id", "other").iter_rows():
        kept[_place(name)] = _place(other)
    return Answer(kept, _spread(relations.select("one", "other", "kind", "jaccard", "veto").iter_rows()), seconds)


def _place(name: str) -> int:
    return int(name.rpartition("/")[2])


def _spread(rows: Iterable[tuple[str, str, str, float, str | None]]) -> list[Named]:
    """The relations by documents: a text is told by the first document that has it, here every one is."""
    members: dict[int, list[int]] = defaultdict(list)
    pairs = []
    for one, other, kind, similarity, veto in rows:
        if kind == "exact":
            members[_place(one)].append(_place(other))
        else:
            pairs.append(Named(_place(one), _place(other), similarity, veto or ""))
    result = [Named(*two) for first, rest in members.items() for two in itertools.combinations([first, *rest], 2)]
    for pair in pairs:
        sides = ([place, *members.get(place, [])] for place in (pair.one, pair.other))
        result += [pair._replace(one=one, other=other) for one, other in itertools.product(*sides)]
    return [pair._replace(one=min(pair[:2]), other=max(pair[:2])) for pair in result]


def our_sets(texts: Sequence[str], _language: str) -> Sets:
    """The shingles of the matching view."""
    from corpus.text import codepoints, fold, shingles

    result: Sets = []
    for begin, end in codepoints.batches(texts):
        found = shingles.shingles(fold.fold(texts[begin:end]))
        result += [shingles.distinct(found.of(row)).astype(np.uint64) for row in range(end - begin)]
    return result


def datatrove(texts: Sequence[str], language: str) -> Answer:
    """The four steps, from JSON Lines to JSON Lines."""
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    from benchmarks.datatrove_minhash import LANGUAGES, deduplicate, keepers

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "in").mkdir()
        written(texts, work / "in" / "documents.jsonl")
        started = time.perf_counter()
        deduplicate(work, LANGUAGES[language], lambda: JsonlReader(str(work / "in")), JsonlWriter(str(work / "out")))
        seconds = time.perf_counter() - started
        return Answer(keepers(work, len(texts)), None, {"four steps": seconds})


def datatrove_sets(texts: Sequence[str], language: str) -> Sets:
    """What its step 1 hashes."""
    from benchmarks.datatrove_minhash import LANGUAGES, Signature

    stage = Signature("memory://signatures", LANGUAGES[language])
    return [np.unique(stage.get_shingles(text)) for text in texts]


def by_text_dedup(cut: text_dedup.Cut, checked: bool) -> Callable[[Sequence[str], str], Answer]:
    """Its method on pieces of one kind."""

    def run(texts: Sequence[str], _language: str) -> Answer:
        kept, seconds = text_dedup.deduplicated(texts, cut, checked)
        return Answer(kept, None, {"all": seconds})

    return run


def split(text: str) -> list[str]:
    """Words as rensa's manual cuts them."""
    return text.split()


def pieces(text: str) -> list[str]:
    """Overlapping pieces of 7 letters or 4 Chinese characters, by what the text begins with."""
    width = CHARACTERS if any("一" <= character <= "鿿" for character in text[:200]) else LETTERS
    return [text[at : at + width] for at in range(max(1, len(text) - width + 1))]


def by_rensa(cut: text_dedup.Cut) -> Callable[[Sequence[str], str], Answer]:
    """Its deduplicator on tokens of one kind."""

    def run(texts: Sequence[str], _language: str) -> Answer:
        from rensa import RMinHash, RMinHashDeduplicator

        started = time.perf_counter()
        index = RMinHashDeduplicator(threshold=0.8, num_perm=128, use_lsh=True)
        stays = index.add_pairs((str(number), cut(text)) for number, text in enumerate(texts))
        seconds = time.perf_counter() - started
        gone = [place for place, stay in enumerate(stays) if not stay]
        rows = RMinHash.from_token_sets([cut(texts[place]) for place in gone], num_perm=128, seed=42)
        names = [[int(name) for name in index.get_duplicates(row)] for row in rows]
        kept = list(range(len(texts)))
        for place, found in zip(gone, names, strict=True):
            kept[place] = found[0] if found else -1
        pairs = [Named(min(a, b), max(a, b)) for a, found in zip(gone, names, strict=True) for b in found]
        return Answer(kept, pairs, {"all": seconds})

    return run


def sets_of(cut: Callable[[str], Iterable[str | bytes]]) -> Callable[[Sequence[str], str], Sets]:
    """Different tokens as numbers of 64 bits."""
    from xxhash import xxh64_intdigest

    def hashed(text: str) -> NDArray[np.uint64]:
        raw = {token.encode() if isinstance(token, str) else token for token in cut(text)}
        return np.sort(np.fromiter((xxh64_intdigest(token) for token in raw), np.uint64))

    return lambda texts, _language: [hashed(text) for text in texts]


class Method(NamedTuple):
    """`threshold`: the similarity that it wants of copies, of its own `sets`."""

    run: Callable[[Sequence[str], str], Answer]
    sets: Callable[[Sequence[str], str], Sets]
    threshold: float
    languages: tuple[str, ...] = ("English", "Chinese")


def _text_dedup(cut: text_dedup.Cut, checked: bool, *languages: str) -> Method:
    sets = sets_of(lambda text: text_dedup.grams(cut(text)))
    return Method(by_text_dedup(cut, checked), sets, text_dedup.THRESHOLD, languages)


METHODS = {
    "ours": Method(ours, our_sets, 0.8),
    "datatrove": Method(datatrove, datatrove_sets, (1 / 14) ** (1 / 8)),
    "text-dedup": _text_dedup(text_dedup.words, False, "English", "Chinese"),
    "text-dedup, checked": _text_dedup(text_dedup.words, True, "English", "Chinese"),
    "text-dedup, characters": _text_dedup(text_dedup.characters, False, "Chinese"),
    "text-dedup, characters, checked": _text_dedup(text_dedup.characters, True, "Chinese"),
    "rensa, words": Method(by_rensa(split), sets_of(split), 0.8, ("English",)),
    "rensa, characters": Method(by_rensa(pieces), sets_of(pieces), 0.8),
}


def measured(method: str, texts: Sequence[str], language: str) -> Answer:
    """The answer of a method in a fresh process, with that process's peak memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_alone, method, list(texts), language).result()


def _alone(method: str, texts: list[str], language: str) -> Answer:
    answer = METHODS[method].run(texts, language)
    return answer._replace(peak_bytes=peak_bytes())


def peak_bytes() -> int:
    """Largest resident set of this process. (`ru_maxrss` would begin with that of its parent.)"""
    told: Any = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(told[1]) * 1024
