"""Whether a file is a whole fastText classifier, told without loading it.

Called by `corpus/annotate/fasttext_model.py` before fastText, whose reader checks the first eight bytes and then
believes every length it finds. The layout is that of fastText 0.9 (src/fasttext.cc `saveModel`, src/args.cc,
src/dictionary.cc, src/densematrix.cc, src/quantmatrix.cc, src/productquantizer.cc), little-endian.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

MAGIC = 793712314
VERSIONS = (11, 12)
SUPERVISED = 3  # args.model: cbow 1, skipgram 2, supervised 3
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

    def skip_word(self) -> None:
        end = self.content.find(b"\0", self.place)
        if end < 0:
            raise ValueError("its word list does not end")
        self.place = end + 1


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
        dimensions, model = _arguments(reader)
        if model != SUPERVISED:
            raise ValueError("it holds word vectors and no labels")
        _dictionary(reader)
        _matrices(reader, dimensions)
        if reader.place != len(content):
            raise ValueError(f"{len(content) - reader.place:,} bytes follow its end")


def _arguments(reader: _Reader) -> tuple[int, int]:
    """Dimensions and kind of model, out of twelve integers and a double."""
    values = reader.read("12i")
    reader.skip(8)
    if not 0 < values[0] <= MAX_DIMENSIONS:
        raise ValueError(f"it claims {values[0]:,} dimensions")
    return values[0], values[7]


def _dictionary(reader: _Reader) -> None:
    size, words, labels, _tokens, pruned = reader.read("iiiqq")
    if not 0 < labels <= size <= MAX_WORDS or words + labels != size:
        raise ValueError(f"it claims {size:,} entries, {words:,} words and {labels:,} labels")
    for _ in range(size):
        reader.skip_word()
        reader.skip(9)  # count, type
    reader.skip(8 * max(pruned, 0))


def _matrices(reader: _Reader, dimensions: int) -> None:
    """Input and output; `quantized` before each says in which form, the second only together with the first."""
    (quantized,) = reader.read("B")
    _matrix(reader, bool(quantized), dimensions)
    (quantized_output,) = reader.read("B")
    _matrix(reader, bool(quantized and quantized_output), dimensions)


def _matrix(reader: _Reader, quantized: bool, dimensions: int) -> None:
    if not quantized:
        rows, columns = reader.read("qq")
        _plausible(rows, columns, dimensions)
        return reader.skip(4 * rows * columns)
    normed, rows, columns, codes = reader.read("Bqqi")
    _plausible(rows, columns, dimensions)
    reader.skip(codes)
    _quantizer(reader)
    if normed:
        reader.skip(rows)
        _quantizer(reader)
    return None


def _plausible(rows: int, columns: int, dimensions: int) -> None:
    if rows < 0 or columns != dimensions:
        raise ValueError(f"it claims a matrix of {rows:,} by {columns:,}")


def _quantizer(reader: _Reader) -> None:
    dimensions, *_ = reader.read("4i")
    reader.skip(4 * dimensions * PQ_CENTROIDS)
