"""Verification: what two texts that may be near copies really share, and what forbids that one stands for the other.

Candidate pairs come from `corpus/relate/bands.py`, folded texts from `corpus/relate/texts.py`; every pair that shares
enough becomes a row of `pairs.parquet` in the store, with its evidence. Nothing is ever called a copy on the word of a
sketch: Jaccard similarity and containment are those of the sets of shingles themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus.relate import difference, terms
from corpus.relate.bands import Pairs, split
from corpus.relate.texts import Texts
from corpus.relate.tokens import Numbers, Tokens
from corpus.store import Store, kill_point
from corpus.text.codepoints import encode
from corpus.text.shingles import Hashes32, distinct, shared, shingles

FLOOR = 0.5  # least Jaccard similarity of a relation
CONTAINED = 0.8  # least share of the smaller text's shingles, of a relation below the floor
LOOKED_AT = 0.7  # from here on, in either measure, the difference is looked at for a veto
CHUNK_BYTES = 4 << 20  # of texts whose shingles are held at once

MEASURES: dict[str, Any] = {
    "jaccard": pl.Float64,  # shared shingles over all shingles of both
    "of_one": pl.Float64, "of_other": pl.Float64,  # share of the one's, and the other's, shingles that are shared
    "veto": pl.String,  # quantity | negation | opening | term; empty: none; null: not looked at
    "says_one": pl.String, "says_other": pl.String,  # what was substituted, or the first change
    "changes": pl.UInt32,  # places in which the texts differ; null: not looked at
}  # fmt: skip
PAIRS: Any = {"one": pl.UInt32, "other": pl.UInt32} | MEASURES  # nodes, the smaller number first


def verify(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """Write the relations among some candidate pairs: MEASURES, and `at`, the place of the pair in the payload (nodes
    have other numbers in every build). Payload: `key`, `pairs` (array), `folder` of the texts, `terms` (paths)."""
    known = terms.load([Path(path) for path in payload["terms"]])
    texts = Texts(Path(payload["folder"]))
    with store.making("verify", payload["key"]) as making:
        found: list[tuple[Any, ...]] = []
        for start, chunk in _chunks(payload["pairs"], texts):
            found += _related(start, chunk, texts, known)
            kill_point("verify:chunk")
        table = pl.DataFrame(found, schema={"at": pl.UInt32} | MEASURES, orient="row")
        table.write_parquet(making.folder / "pairs.parquet", compression="zstd")
        making.counts = {"pairs": len(payload["pairs"]), "related": table.height}
    return making.counts


def _chunks(pairs: Pairs, texts: Texts) -> Iterator[tuple[int, Pairs]]:
    """Runs of pairs whose texts are held together, each with its start."""
    one, other = split(pairs)
    start = size = 0
    seen: set[int] = set()
    for place, nodes in enumerate(zip(one.tolist(), other.tolist(), strict=True)):
        size += sum(texts.size(node) for node in nodes if node not in seen)
        seen.update(nodes)
        if size > CHUNK_BYTES:
            yield start, pairs[start : place + 1]
            start, size, seen = place + 1, 0, set()
    if start < len(pairs):
        yield start, pairs[start:]


def _related(start: int, pairs: Pairs, texts: Texts, known: terms.Terms | None) -> Iterator[tuple[Any, ...]]:
    """The rows that the chunk gives."""
    one, other = split(pairs)
    held = {node: texts[node] for node in np.unique(np.concatenate((one, other))).tolist()}
    sets = _sets(held)
    cut: dict[int, Tokens] = {}
    numbers = Numbers()
    for at, (a, b) in enumerate(zip(one.tolist(), other.tolist(), strict=True), start):
        both = shared(sets[a], sets[b])
        first, second = len(sets[a]), len(sets[b])
        jaccard = both / (first + second - both)
        containment = both / min(first, second)
        if jaccard < FLOOR and containment < CONTAINED:
            continue
        told: tuple[Any, ...] = (None, None, None, None)
        if max(jaccard, containment) >= LOOKED_AT:
            for node in (a, b):
                if node not in cut:
                    cut[node] = Tokens(held[node], numbers)
            told = difference.compare(cut[a], cut[b], known)
        yield (at, jaccard, both / first, both / second, *told)


def _sets(held: dict[int, str]) -> dict[int, Hashes32]:
    """The shingles of each node's text as a sorted set."""
    found = shingles(encode(list(held.values())))
    return {node: distinct(found.of(row)) for row, node in enumerate(held)}
