"""Stage 3, relate: over all standing documents, which are copies, which are alike, and which are forms of one work.

Documents and their sketches come from `corpus/census.py` and the store; the relations go to `corpus/decide.py`, which
alone says what follows from them. Documents with the same matching view are one *node*, told by its 128-bit hash: exact
copies cost nothing further, a million of them no more than one. Nodes are numbered in the order of their hashes, so
that nothing here depends on ids, shards or workers, and what was compared once is found again in the store by its
content.

    nodes       -> candidates (`bands.py`) -> texts (`texts.py`) -> verified pairs (`near.py`)
    documents   -> works and translations (`works.py`)
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.annotate.sketch import LIBRARIES as SKETCH_LIBRARIES
from corpus.annotate.sketch import numbers
from corpus.closure import code_identity, library_versions
from corpus.engine import Engine
from corpus.progress import Silent
from corpus.relate import alignment, bands, near, terms
from corpus.relate.bands import Pairs
from corpus.relate.texts import write_index
from corpus.relate.works import works
from corpus.resolve import Shard
from corpus.store import Store, kill_point, sha256_json
from corpus.text import minhash

# Fewer shingles than this and a text has exact copies only: in so short a text one word is the difference.
SHORTEST = 128
PIECE_PAIRS = 4_096  # verified by one unit of work
# A text of a crowd is covered when this many leaders are its copies; it needs no other relations then.
COVERED_BY, COPY = 2, 0.9
LIBRARIES = (*SKETCH_LIBRARIES, *alignment.LIBRARIES, "polars")


NOBODY = pl.Series("node", [], pl.UInt32)


class Relations(NamedTuple):
    """`nodes`: `node, high, low, shingles`; `pairs`: PAIRS of `corpus/relate/near.py`, by nodes; `works`: by ids;
    `crowded`: nodes of which not all that may be copies are among the pairs (`corpus/relate/bands.py`)."""

    nodes: pl.DataFrame
    pairs: pl.DataFrame
    works: pl.DataFrame
    crowded: pl.Series = NOBODY


def relate(
    documents: pl.DataFrame, shards: Sequence[Shard], facts: Sequence[Mapping[str, str]], term_files: Sequence[Path],
    engine: Engine, watch: Silent,
) -> Relations:  # fmt: skip
    """All relations among standing documents (a census). `facts` maps annotators to store keys, by shard."""
    nodes = numbered(documents)
    key = relate_key(nodes, term_files)
    if not engine.store.has("relate", key):
        sketches = [keys["sketch"] for keys in facts]
        with engine.store.scratch("relate") as folder, engine.store.making("relate", key) as making:
            pairs, crowd = _compare(nodes, shards, sketches, term_files, folder, engine, watch)
            pairs.write_parquet(making.folder / "pairs.parquet", compression="zstd")
            crowd.to_frame("node").write_parquet(making.folder / "crowded.parquet", compression="zstd")
            making.counts = {"nodes": nodes.height, "pairs": pairs.height, "crowded": len(crowd)}
    found, crowded = (
        pl.read_parquet(engine.store.file("relate", key, f"{name}.parquet"), glob=False)
        for name in ("pairs", "crowded")
    )
    return Relations(nodes.select("node", "high", "low", "shingles"), found, works(documents), crowded["node"])


def numbered(documents: pl.DataFrame) -> pl.DataFrame:
    """The nodes of the documents: `node, high, low, shingles`, and `shard, row` of one document that has the text."""
    names = {"sketch.high": "high", "sketch.low": "low", "sketch.shingles": "shingles"}
    once = (
        documents.select("shard", "row", *names)
        .rename(names)
        .unique(["high", "low"], keep="first", maintain_order=True)
    )
    return once.sort("high", "low").with_row_index("node")


def relate_key(nodes: pl.DataFrame, term_files: Sequence[Path]) -> str:
    """The store key of the relations of a set of nodes."""
    hasher = hashlib.sha256()
    for name in ("high", "low"):
        hasher.update(nodes[name].to_numpy().astype("<u8").tobytes())
    return sha256_json(
        {
            "code": code_identity(__name__), "libraries": library_versions(LIBRARIES),
            "terms": terms.hashes(term_files), "nodes": hasher.hexdigest(),
        }
    )  # fmt: skip


def _compare(
    nodes: pl.DataFrame, shards: Sequence[Shard], keys: Sequence[str], term_files: Sequence[Path], folder: Path,
    engine: Engine, watch: Silent,
) -> tuple[pl.DataFrame, pl.Series]:  # fmt: skip
    """Every verified pair of the nodes, and the nodes that stand in a crowd."""
    sizes = nodes["shingles"].to_numpy()
    with watch.stage("candidates", 1, "nodes"):
        found = bands.candidates(_sketches(nodes, keys, engine.store, folder), sizes, SHORTEST, near.FLOOR, folder)
        watch.tick(1, {"nodes": nodes.height})
    crowded = pl.Series("node", found.crowded, pl.UInt32)
    if not len(found.pairs):
        return pl.DataFrame(schema=near.PAIRS), crowded
    _gather(nodes, np.concatenate([found.pairs, found.neighbours]), shards, folder, engine, watch)
    kill_point("relate:gathered")
    first = _verify(found.pairs, nodes, folder, term_files, engine, watch)
    rest = found.neighbours[_uncovered(found.neighbours, first, nodes.height)]
    second = _verify(rest, nodes, folder, term_files, engine, watch)
    return pl.concat([first, second]).sort("one", "other"), crowded


def compare(
    pairs: Pairs, documents: pl.DataFrame, shards: Sequence[Shard], term_files: Sequence[Path], engine: Engine,
    watch: Silent,
) -> pl.DataFrame:  # fmt: skip
    """The relations among given pairs of nodes of the documents (a census of those that stand)."""
    nodes = numbered(documents)
    with engine.store.scratch("relate") as folder:
        _gather(nodes, pairs, shards, folder, engine, watch)
        return _verify(pairs, nodes, folder, term_files, engine, watch)


def _sketches(nodes: pl.DataFrame, keys: Sequence[str], store: Store, folder: Path) -> minhash.Sketches:
    """The sketches by node, as a file that is mapped and not held."""
    path = folder / "sketches.bin"
    shape = (max(nodes.height, 1), minhash.SIZE)
    with path.open("wb") as file:  # space first: a full disk under a memory map would kill the process
        os.posix_fallocate(file.fileno(), 0, shape[0] * shape[1] * 2)
    table = np.memmap(path, "<u2", "r+", shape=shape)
    for (shard,), rows in (
        nodes.select("shard", "row", "node").sort("shard", "row").group_by("shard", maintain_order=True)
    ):
        lazy = pl.scan_parquet(store.file("annotate", keys[int(shard)], "facts.parquet"), glob=False)
        column = lazy.select("sketch.minhash").collect().to_series().gather(rows["row"])
        table[rows["node"].to_numpy()] = numbers(column)
    table.flush()
    return table


def _gather(
    nodes: pl.DataFrame, pairs: Pairs, shards: Sequence[Shard], folder: Path, engine: Engine, watch: Silent
) -> None:
    """Fold the texts of the nodes that are to be compared into the scratch folder."""
    involved = np.unique(np.concatenate(bands.split(pairs)))
    wanted = nodes.select("shard", "row", "node")[involved].sort("shard", "row")
    payloads = [
        {"shard": shards[int(shard)].key, "number": number, "folder": str(folder),
         "rows": rows["row"].to_numpy().astype(np.int64), "nodes": rows["node"].to_numpy()}
        for number, ((shard,), rows) in enumerate(wanted.group_by("shard", maintain_order=True))
    ]  # fmt: skip
    with watch.stage("texts", len(payloads)):
        engine.run("texts", "corpus.relate.texts:gather", payloads, watch.tick)
    write_index(folder, len(payloads))


def _verify(
    pairs: Pairs, nodes: pl.DataFrame, folder: Path, term_files: Sequence[Path], engine: Engine, watch: Silent
) -> pl.DataFrame:
    """Compare pairs, in pieces that the store knows by what they compare."""
    payloads: list[dict[str, Any]] = []
    for start in range(0, len(pairs), PIECE_PAIRS):
        piece = pairs[start : start + PIECE_PAIRS]
        key = _piece_key(piece, nodes, term_files)
        lists = [str(path) for path in term_files]
        payloads.append({"key": key, "pairs": piece, "folder": str(folder), "terms": lists})
    missing = [payload for payload in payloads if not engine.store.has("verify", payload["key"])]
    if missing:
        with watch.stage("relate", len(missing), "pairs"):
            engine.run("verify", "corpus.relate.near:verify", missing, watch.tick)
    tables = [_renumbered(payload, engine.store) for payload in payloads]
    return pl.concat([pl.DataFrame(schema=near.PAIRS), *tables])


def _piece_key(piece: Pairs, nodes: pl.DataFrame, term_files: Sequence[Path]) -> str:
    """By the contents of the texts that are compared, in order; node numbers change with every new document."""
    hasher = hashlib.sha256()
    for side in bands.split(piece):
        for name in ("high", "low"):
            hasher.update(nodes[name].gather(side).to_numpy().astype("<u8").tobytes())
    return sha256_json(
        {
            "code": code_identity("corpus.relate.near"), "libraries": library_versions(LIBRARIES),
            "terms": terms.hashes(term_files), "pairs": hasher.hexdigest(),
        }
    )  # fmt: skip


def _renumbered(payload: dict[str, Any], store: Store) -> pl.DataFrame:
    """A piece of the store with the node numbers of this build."""
    table = pl.read_parquet(store.file("verify", payload["key"], "pairs.parquet"), glob=False)
    one, other = bands.split(payload["pairs"])
    nodes = {"one": pl.Series(one, dtype=pl.UInt32), "other": pl.Series(other, dtype=pl.UInt32)}
    return table.with_columns(**{name: side.gather(table["at"]) for name, side in nodes.items()}).select(
        list(near.PAIRS)
    )


def _uncovered(neighbours: Pairs, verified: pl.DataFrame, nodes: int) -> NDArray[np.bool_]:
    """Pairs of a crowd of which a text has not yet copies enough."""
    copies = verified.filter((pl.col("jaccard") >= COPY) & (pl.col("veto") == ""))
    ends = np.concatenate((copies["one"].to_numpy(), copies["other"].to_numpy()))
    covered = np.bincount(ends, minlength=nodes) >= COVERED_BY
    one, other = bands.split(neighbours)
    return np.asarray(~covered[one] | ~covered[other])
