"""Whether a file is a whole fastText classifier, told without loading it.

Called by `corpus/annotate/fasttext_model.py` before fastText, whose reader checks the first eight bytes and then
believes every length it finds. The layout is that of fastText 0.9 (src/fasttext.cc `saveModel`, src/args.cc,
src/dictionary.cc, src/densematrix.cc, src/quantmatrix.cc, src/productquantizer.cc), little-endian.

Nor does it compare its parts. A row of the input matrix is looked up for a word by its number, for an n-gram by the
number of words plus a hash below `bucket` (in a pruned model: plus what the hash is mapped to); one of the output
matrix for every label. A matrix with fewer rows, or codes, is read past its end.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

MAGIC = 793712314
VERSIONS = (11, 12)
SUPERVISED = 3  # args.model: cbow 1, skipgram 2, supervised 3
WORD, LABEL = 0, 1
MAX_DIMENSIONS = 1 << 14
MAX_WORDS = 1 << 28
PQ_CENTROIDS = 256


class _Reader:
    """A cursor over the file that refuses to go past its end."""

    def __init__(self, content: mmap.mmap) -> None:
        self.content = content
        self.place = 0

    def skip(self, size: int) -> None:
        if size < 0 or self.place + size > len(self.content):
            raise ValueError(f"it ends early, at byte {len(self.content):,}")
        self.place += size

    def read(self, layout: str) -> tuple[int, ...]:
        """Numbers in `struct` notation."""
        start = self.place
        self.skip(struct.calcsize("<" + layout))
        return struct.unpack_from("<" + layout, self.content, start)

    def skip_word(self) -> int:
        """Past a word, its count and its type; returns the type."""
        end = self.content.find(b"\0", self.place)
        if end < 0:
            raise ValueError("its word list does not end")
        self.place = end + 1
        self.skip(9)
        return self.content[self.place - 1]


class _Arguments(NamedTuple):
    """Those that tell which rows are looked up. `bucket`: 0 where no n-grams are."""

    dimensions: int
    model: int
    bucket: int


class _Sizes(NamedTuple):
    """Least rows of the input matrix, rows of the output matrix, whether n-grams were thinned out."""

    rows: int
    labels: int
    pruned: bool


def check(path: Path) -> None:
    """Raises `ValueError`, saying what is wrong, unless the file is a whole fastText classifier. Reads each page once
    and holds none."""
    if path.stat().st_size < 8:
        raise ValueError("it is empty or nearly so")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        reader = _Reader(content)
        magic, version = reader.read("ii")
        if magic != MAGIC or version not in VERSIONS:
            raise ValueError("it does not begin like a fastText model")
        arguments = _arguments(reader, version)
        if arguments.model != SUPERVISED:
            raise ValueError("it holds word vectors and no labels")
        _matrices(reader, arguments.dimensions, _dictionary(reader, arguments.bucket))
        if reader.place != len(content):
            raise ValueError(f"{len(content) - reader.place:,} bytes follow its end")


def _arguments(reader: _Reader, version: int) -> _Arguments:
    """Out of twelve integers and a double: dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn,
    lrUpdateRate, t. A classifier of version 11 has no n-grams of characters, whatever it says."""
    dimensions, _, _, _, _, word_ngrams, _, model, bucket, _, maxn, _ = reader.read("12i")
    reader.skip(8)
    if not 0 < dimensions <= MAX_DIMENSIONS:
        raise ValueError(f"it claims {dimensions:,} dimensions")
    ngrams = word_ngrams > 1 or (maxn > 0 and version > VERSIONS[0])
    if ngrams and bucket <= 0:
        raise ValueError(f"it claims n-grams in {bucket:,} buckets")
    return _Arguments(dimensions, model, bucket if ngrams else 0)


def _dictionary(reader: _Reader, bucket: int) -> _Sizes:
    """Words come before labels. `pruned` is -1 where nothing was; else so many hashes of n-grams have a row."""
    size, words, labels, _tokens, pruned = reader.read("iiiqq")
    if not 0 < labels <= size <= MAX_WORDS or words + labels != size:
        raise ValueError(f"it claims {size:,} entries, {words:,} words and {labels:,} labels")
    for place in range(size):
        if reader.skip_word() != (WORD if place < words else LABEL):
            raise ValueError(f"its entry {place + 1:,} is not what its place says")
    start = reader.place
    reader.skip(8 * max(pruned, 0))
    if pruned < 0:
        return _Sizes(words + bucket, labels, False)
    mapped = [row for _, row in struct.iter_unpack("<ii", reader.content[start : reader.place])]
    if min(mapped, default=0) < 0:
        raise ValueError("it maps an n-gram to a row below 0")
    return _Sizes(words + (max(mapped, default=-1) + 1 if bucket else 0), labels, True)


def _matrices(reader: _Reader, dimensions: int, sizes: _Sizes) -> None:
    """Input and output; `quantized` before each says in which form, the second only together with the first."""
    (quantized,) = reader.read("B")
    if sizes.pruned and not quantized:
        raise ValueError("it is pruned and not quantized")
    rows = _matrix(reader, bool(quantized), dimensions)
    if rows < sizes.rows:
        raise ValueError(f"its words and n-grams want {sizes.rows:,} rows, and its first matrix has {rows:,}")
    (quantized_output,) = reader.read("B")
    rows = _matrix(reader, bool(quantized and quantized_output), dimensions)
    if rows != sizes.labels:
        raise ValueError(f"it has {sizes.labels:,} labels, and its second matrix has {rows:,} rows")


def _matrix(reader: _Reader, quantized: bool, dimensions: int) -> int:
    """Past a matrix; returns its rows."""
    if not quantized:
        rows, columns = reader.read("qq")
        _plausible(rows, columns, dimensions)
        reader.skip(4 * rows * columns)
        return rows
    normed, rows, columns, codes = reader.read("Bqqi")
    _plausible(rows, columns, dimensions)
    reader.skip(codes)
    if codes != rows * _quantizer(reader, columns):
        raise ValueError(f"it claims {codes:,} codes for {rows:,} rows")
    if normed:
        reader.skip(rows)
        _quantizer(reader, 1)
    return rows


def _plausible(rows: int, columns: int, dimensions: int) -> None:
    if rows < 0 or columns != dimensions:
        raise ValueError(f"it claims a matrix of {rows:,} by {columns:,}")


def _quantizer(reader: _Reader, columns: int) -> int:
    """Past a quantizer of so many dimensions, cut into parts of which the last may be shorter; returns how many."""
    dimensions, parts, each, last = reader.read("4i")
    if dimensions != columns or each <= 0 or (parts, last) != (-(-columns // each), columns % each or each):
        raise ValueError(f"it claims {parts:,} parts of {dimensions:,} dimensions, {each:,} each and {last:,} at last")
    reader.skip(4 * dimensions * PQ_CENTROIDS)
    return parts
