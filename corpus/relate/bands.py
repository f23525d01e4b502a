"""Which texts may be near copies: pairs of nodes whose sketches share a key of the index, in memory that does not grow.

A node is one text in the matching view, however many documents have it (`corpus/relate/stage.py`). Sketches come in
as a file on disk, candidate pairs go out to `corpus/relate/near.py`, which verifies every one. The index
(locality-sensitive hashing, P. Indyk, R. Motwani, STOC 1998, doi:10.1145/276698.276876) is cut by key into partitions
on disk; one at a time is sorted in memory. In a bucket of few texts every pair is a candidate. A bucket of many, a
*crowd*, would give a number of pairs that grows with its square: there each text is paired with a few leaders, the
longest of the crowd, and with its neighbours in the order of the rest of the sketch, where the most alike meet. What
that leaves uncompared is compared when it is known which of them stay (`corpus/settle.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.text.minhash import BANDS, ROWS, SIZE, Sketches, band_keys, similarity

Pairs = NDArray[np.uint64]  # the smaller node in the upper half, the larger in the lower
Nodes = NDArray[np.uint32]

PARTITION_ROWS = 1 << 22  # keys that are sorted at once: 50 MB on disk, 120 MB in memory
CHUNK_NODES = 1 << 16
CHUNK_PAIRS = 1 << 16
CROWD = 48  # texts of a bucket; more are a crowd
LEADERS = 3
NEIGHBOURS = 2
NOISE = 0.15  # a sketch errs by more than this once in a thousand times (standard error 0.044 at the worst)
_KEYED = np.dtype([("key", "<u8"), ("node", "<u4")])
_LOWER = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


class Candidates(NamedTuple):
    """`pairs` must be verified; of `neighbours` those whose nodes no leader covers. Each sorted, each pair once.
    `crowded`: the nodes that stand in a crowd, sorted; not all that may be copies of theirs are among the pairs."""

    pairs: Pairs
    neighbours: Pairs
    crowded: Nodes


def split(pairs: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two nodes of every pair."""
    return (pairs >> _HALF).astype(np.int64), (pairs & _LOWER).astype(np.int64)


def joined(one: NDArray[np.integer], other: NDArray[np.integer]) -> Pairs:
    """Pairs of two columns of nodes, the smaller one first."""
    low, high = np.minimum(one, other).astype(np.uint64), np.maximum(one, other).astype(np.uint64)
    pairs: Pairs = (low << _HALF) | high
    return pairs


def candidates(sketches: Sketches, sizes: NDArray[np.uint32], shortest: int, floor: float, folder: Path) -> Candidates:
    """The pairs of nodes that may have Jaccard similarity `floor` or more.

    `sketches`: one row a node, best a memory map; `sizes`: shingles of each node, of which those below `shortest` are
    left out; `folder`: an empty place for the partitions.
    """
    partitions = _spread(sketches, sizes, shortest, folder)
    pairs: list[Pairs] = []
    neighbours: list[Pairs] = []
    crowded: list[Nodes] = [np.zeros(0, np.uint32)]
    for path in partitions:
        keyed = np.fromfile(path, _KEYED)
        path.unlink()
        for found, crowd in _buckets(keyed[np.argsort(keyed["key"], kind="stable")], sketches, sizes):
            (neighbours if len(crowd) else pairs).append(_likely(found, sketches, floor))
            crowded.append(crowd)
    first = _once(pairs)
    beside = np.setdiff1d(_once(neighbours), first, assume_unique=True)
    return Candidates(first, beside, np.unique(np.concatenate(crowded)))


def _once(pieces: list[Pairs]) -> Pairs:
    return np.unique(np.concatenate(pieces)) if pieces else np.zeros(0, np.uint64)


def _spread(sketches: Sketches, sizes: NDArray[np.uint32], shortest: int, folder: Path) -> list[Path]:
    """Write every key with its node into the partition that its upper bits name."""
    long = np.flatnonzero(sizes >= shortest)
    bits = max(0, int(np.ceil(np.log2(max(1, len(long) * BANDS / PARTITION_ROWS)))))
    paths = [folder / f"band-{number:05d}.bin" for number in range(1 << bits)]
    files = [path.open("wb") for path in paths]
    try:
        for start in range(0, len(long), CHUNK_NODES):
            nodes = long[start : start + CHUNK_NODES]
            rows = np.empty(len(nodes) * BANDS, _KEYED)
            rows["key"] = band_keys(sketches[nodes]).ravel()
            rows["node"] = np.repeat(nodes, BANDS)
            partition = (
                (rows["key"] >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(rows), np.int64)
            )
            rows = rows[np.argsort(partition, kind="stable")]
            edges = np.cumsum(np.bincount(partition, minlength=len(files)))
            for file, begin, end in zip(files, [0, *edges[:-1].tolist()], edges.tolist(), strict=True):
                file.write(rows[begin:end].tobytes())
    finally:
        for file in files:
            file.close()
    return paths


def _buckets(keyed: NDArray[np.void], sketches: Sketches, sizes: NDArray[np.uint32]) -> Iterator[tuple[Pairs, Nodes]]:
    """Pairs of the nodes that share a key; with those that are only neighbours in a crowd its members."""
    if not len(keyed):
        return
    nodes = keyed["node"].copy()
    starts = np.flatnonzero(np.diff(keyed["key"], prepend=keyed["key"][:1] + np.uint64(1)) != 0)
    lengths = np.diff(starts, append=len(nodes))
    for size in np.unique(lengths[(lengths > 1) & (lengths <= CROWD)]).tolist():
        chosen = starts[lengths == size]
        one, other = np.triu_indices(size, 1)
        step = max(1, CHUNK_PAIRS // len(one))
        for at in range(0, len(chosen), step):
            members = nodes[chosen[at : at + step, None] + np.arange(size)]
            yield joined(members[:, one].ravel(), members[:, other].ravel()), nodes[:0]
    for start, length in zip(starts[lengths > CROWD].tolist(), lengths[lengths > CROWD].tolist(), strict=True):
        members = nodes[start : start + length]
        yield _led(members, sizes), nodes[:0]
        yield _beside(members, sketches, int(keyed["key"][start])), members


def _led(members: Nodes, sizes: NDArray[np.uint32]) -> Pairs:
    """Every member with each of the leaders: the longest texts, of equal ones the first."""
    leaders = members[np.lexsort((members, -sizes[members].astype(np.int64)))[:LEADERS]]
    return np.unique(np.concatenate([joined(members[members != leader], np.array(leader)) for leader in leaders]))


def _beside(members: Nodes, sketches: Sketches, key: int) -> Pairs:
    """Every member with the next ones in the order of another part of the sketch, chosen by the bucket's key."""
    first = key % SIZE
    columns = np.arange(first, first + 2 * ROWS) % SIZE
    rows = np.concatenate([sketches[members[at : at + CHUNK_NODES]][:, columns]
                           for at in range(0, len(members), CHUNK_NODES)])  # fmt: skip
    ordered = members[np.lexsort(rows.T)]
    return np.concatenate([joined(ordered[:-step], ordered[step:]) for step in range(1, NEIGHBOURS + 1)])


def _likely(pairs: Pairs, sketches: Sketches, floor: float) -> Pairs:
    """The pairs whose sketches do not rule out the floor."""
    kept = []
    for start in range(0, len(pairs), CHUNK_PAIRS):
        chunk = pairs[start : start + CHUNK_PAIRS]
        one, other = split(chunk)
        kept.append(chunk[similarity(sketches[one], sketches[other]) >= floor - NOISE])
    return np.concatenate(kept) if kept else pairs
