"""What a document is compared by: a hash of its matching view, and the MinHash sketch of its shingles.

Comes from `text`, goes to `corpus/relate/`, which finds copies with it, and to `corpus/similar.py`. The view is
`corpus/text/fold.py`, the shingles `corpus/text/shingles.py`, the scheme `corpus/text/minhash.py`; a sketch is known by
all three, so `SCHEME` names all three.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.annotate.fact import Fact
from corpus.text import codepoints, fold, minhash, shingles
from corpus.text.codepoints import CodePoints

NEEDS: tuple[str, ...] = ()
LIBRARIES = fold.LIBRARIES

SCHEME: dict[str, str | int] = {
    "sketch": minhash.SCHEME, "sketch_version": minhash.VERSION, "seed": minhash.SEED, "numbers": minhash.SIZE,
    "view_version": fold.VERSION, "shingles_version": shingles.VERSION,
    "shingle_letters": shingles.LETTERS, "shingle_characters": shingles.CHARACTERS,
    "bands": minhash.BANDS, "rows": minhash.ROWS,
}  # fmt: skip

FACTS = (
    Fact("sketch.high", "UInt64", "", "0..2^64", "Upper half of a 128-bit hash (BLAKE2b) of the matching view."),
    Fact(
        "sketch.low",
        "UInt64",
        "",
        "0..2^64",
        "Lower half. Equal hashes are equal texts but for case, width and script.",
    ),
    Fact("sketch.shingles", "UInt32", "shingles", "0..", "Shingles of the matching view, repeats included."),
    Fact(
        "sketch.minhash",
        "Binary",
        "",
        "256 bytes",
        "128 numbers of 16 bits, little-endian: see corpus/text/minhash.py.",
    ),
)

CHARACTERS = 1 << 17  # worked on at a time: arrays of four bytes each then stay in the cache of one core


def annotate(batch: pl.DataFrame, settings: Any = None) -> pl.DataFrame:
    """FACTS of each row, from `text`."""
    texts = batch["text"].fill_null("").to_list()
    pieces = [_facts(fold.fold(texts[begin:end])) for begin, end in codepoints.batches(texts, CHARACTERS)]
    schema = {fact.name: getattr(pl, fact.dtype) for fact in FACTS}
    return pl.concat(pieces) if pieces else pl.DataFrame(schema=schema)


def _facts(view: CodePoints) -> pl.DataFrame:
    found = shingles.shingles(view)
    sketches = minhash.sketches(found).astype("<u2")
    content = contents(view)
    return pl.DataFrame(
        {
            "sketch.high": content[:, 0], "sketch.low": content[:, 1],
            "sketch.shingles": found.counts.astype(np.uint32), "sketch.minhash": [row.tobytes() for row in sketches],
        }
    )  # fmt: skip


def contents(view: CodePoints) -> NDArray[np.uint64]:
    """The 128-bit hash of each folded text, as two columns. Two bytes a character where they do, for half the time;
    four in a text with rarer ones, after a mark that makes the two ways one-to-one."""
    narrow, wide = view.codes.astype("<u2"), view.codes.astype("<u4", copy=False)
    rare = np.bitwise_or.reduceat(view.codes, view.starts) > 0xFFFF
    digests = []
    for start, end, is_rare in zip(view.starts.tolist(), view.ends.tolist(), rare.tolist(), strict=True):
        content = (wide if is_rare else narrow)[start:end].data
        digests.append(hashlib.blake2b(content, digest_size=16, person=b"wide" if is_rare else b"").digest())
    return np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)


def numbers(column: pl.Series) -> minhash.Sketches:
    """The sketches of a column of `sketch.minhash`, one row each."""
    return np.frombuffer(b"".join(column.to_list()), "<u2").reshape(-1, minhash.SIZE)
