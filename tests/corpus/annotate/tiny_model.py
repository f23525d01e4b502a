"""fastText classifiers of six words, written byte by byte: training a tiny model is not reproducible and at times
diverges (`RuntimeError: Encountered NaN`).

One dimension for each label; a word points along its label's. Layout: `corpus/annotate/fasttext_format.py`.
"""

from __future__ import annotations

import struct

from corpus.annotate.fasttext_format import MAGIC, PQ_CENTROIDS

LABELS = ("eng_Latn", "deu_Latn", "zho_Hans")
WORDS = {"the": 0, "patient": 0, "der": 1, "Kranke": 1, "患者": 2, "用药": 2}
LENGTH = 6.0  # of a word's vector: a softmax of e^6 to 1 and 1 is 0.995


def plain(rows: int = len(WORDS), labels: int = len(LABELS), ngrams: int = 1, bucket: int = 0) -> bytes:
    """A model as `lid.176.bin` is one: rows of the input matrix, of the output matrix, words in an n-gram, buckets."""
    vectors = [[LENGTH * (place == label) for place in range(len(LABELS))] for label in WORDS.values()]
    vectors = [*vectors, *[[0.0] * len(LABELS)] * rows][:rows]
    return _head(ngrams, bucket) + b"\0" + _dense(vectors) + b"\0" + _dense(_identity()[:labels])


def quantized(
    rows: int = len(WORDS), codes_left_out: int = 0, ngrams: int = 1, bucket: int = 0,
    pruned: tuple[int, ...] | None = None,
) -> bytes:  # fmt: skip
    """The same model as `lid.176.ftz` is one: codes and centroids, norms apart. `pruned`: what the hashes of n-grams
    that were kept are mapped to."""
    # Dimensions 0 and 1 have one code, dimension 2 another: 0 is the origin, 1 and 2 point along a dimension.
    codes = [code for label in WORDS.values() for code in ((1, 0), (2, 0), (0, 1))[label]]
    codes = [*codes, *[0] * (2 * rows)][: 2 * rows - codes_left_out]
    pairs = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0] + [0.0] * (2 * PQ_CENTROIDS - 6)
    single = [0.0, 1.0] + [0.0] * (PQ_CENTROIDS - 2)
    norms = [LENGTH] * PQ_CENTROIDS
    matrix = struct.pack("<Bqqi", 1, rows, len(LABELS), len(codes)) + bytes(codes)
    matrix += struct.pack("<4i", 3, 2, 2, 1) + _floats(pairs + single)
    matrix += bytes(rows) + struct.pack("<4i", 1, 1, 1, 1) + _floats(norms)
    return _head(ngrams, bucket, pruned) + b"\1" + matrix + b"\0" + _dense(_identity())


def _head(ngrams: int, bucket: int, pruned: tuple[int, ...] | None = None) -> bytes:
    """Magic number and version, twelve arguments and a double, the dictionary."""
    # 3, 3: softmax, supervised; no n-grams of characters
    arguments = (len(LABELS), 5, 5, 1, 5, ngrams, 3, 3, bucket, 0, 0, 100)
    entries = [(word, 0) for word in WORDS] + [(f"__label__{label}", 1) for label in LABELS]
    hashes = -1 if pruned is None else len(pruned)
    sizes = struct.pack("<iiiqq", len(entries), len(WORDS), len(LABELS), 100, hashes)
    listed = b"".join(word.encode() + b"\0" + struct.pack("<qB", 10, kind) for word, kind in entries)
    mapped = b"".join(struct.pack("<ii", place, row) for place, row in enumerate(pruned or ()))
    return struct.pack("<2i12id", MAGIC, 12, *arguments, 1e-4) + sizes + listed + mapped


def _identity() -> list[list[float]]:
    return [[float(row == column) for column in range(len(LABELS))] for row in range(len(LABELS))]


def _dense(rows: list[list[float]]) -> bytes:
    return struct.pack("<qq", len(rows), len(LABELS)) + _floats([value for row in rows for value in row])


def _floats(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)
