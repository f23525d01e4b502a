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


def plain() -> bytes:
    """A model as `lid.176.bin` is one."""
    rows = [[LENGTH * (place == label) for place in range(len(LABELS))] for label in WORDS.values()]
    return _head() + b"\0" + _dense(rows) + b"\0" + _dense(_identity())


def quantized() -> bytes:
    """The same model as `lid.176.ftz` is one: codes and centroids, norms apart."""
    # Dimensions 0 and 1 have one code, dimension 2 another: 0 is the origin, 1 and 2 point along a dimension.
    codes = [code for label in WORDS.values() for code in ((1, 0), (2, 0), (0, 1))[label]]
    pairs = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0] + [0.0] * (2 * PQ_CENTROIDS - 6)
    single = [0.0, 1.0] + [0.0] * (PQ_CENTROIDS - 2)
    norms = [LENGTH] * PQ_CENTROIDS
    matrix = struct.pack("<Bqqi", 1, len(WORDS), len(LABELS), len(codes)) + bytes(codes)
    matrix += struct.pack("<4i", 3, 2, 2, 1) + _floats(pairs + single)
    matrix += bytes(len(WORDS)) + struct.pack("<4i", 1, 1, 1, 1) + _floats(norms)
    return _head() + b"\1" + matrix + b"\0" + _dense(_identity())


def _head() -> bytes:
    """Magic number and version, twelve arguments and a double, the dictionary."""
    arguments = (len(LABELS), 5, 5, 1, 5, 1, 3, 3, 0, 0, 0, 100)  # 3, 3: softmax, supervised; no n-grams of characters
    entries = [(word, 0) for word in WORDS] + [(f"__label__{label}", 1) for label in LABELS]
    sizes = struct.pack("<iiiqq", len(entries), len(WORDS), len(LABELS), 100, -1)
    listed = b"".join(word.encode() + b"\0" + struct.pack("<qB", 10, kind) for word, kind in entries)
    return struct.pack("<2i12id", MAGIC, 12, *arguments, 1e-4) + sizes + listed


def _identity() -> list[list[float]]:
    return [[float(row == column) for column in range(len(LABELS))] for row in range(len(LABELS))]


def _dense(rows: list[list[float]]) -> bytes:
    return struct.pack("<qq", len(rows), len(rows[0])) + _floats([value for row in rows for value in row])


def _floats(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)
