"""A corpus as ids: each data file encoded once and kept, to be mapped into memory by every run that reads of it.

Comes from the training or held-out split of a corpus (`corpus/export.py`) and a tokenizer (`tokenizer/opened.py`); goes
to `train/data/mixture.py` as a table of documents and to `train/data/rows.py` as arrays of ids. A shard is kept under
the content of its data file and the identity of the tokenizer, so that runs, slices and arms of a study share it, in
the store of the corpus floor (`corpus/store.py`): whole or absent, whoever is killed, and made once, whoever else wants
it. Nothing is cut: all ids of all documents are there, without any special token.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.output import in_turn
from corpus.report.folder import Build, reading
from corpus.store import Store, sha256_json
from tokenizer.opened import Opened, usable
from train.full_disk import told_if_full

COLUMNS = ("id", "source", "tier", "language")
STAGE = "tokens"  # of the store
IDS, DOCUMENTS = "ids.npy", "documents.parquet"
TRAIN, HELD_OUT = "train", "held_out"
SCHEME = 1  # goes up when what a shard holds changes

Seen = Callable[[int], None]


class Shard(NamedTuple):
    """A data file as ids. `documents`: one row each in the file's order: `id, source, tier, language, bytes` of
    UTF-8, `start` (place of its first id) and `tokens`. `identity`: of what it was made from."""

    folder: Path
    documents: pl.DataFrame
    identity: str

    @property
    def ids(self) -> NDArray[np.unsignedinteger[Any]]:
        """The ids of all documents one after another, mapped from disk."""
        ids: NDArray[np.unsignedinteger[Any]] = np.load(self.folder / IDS, mmap_mode="r", allow_pickle=False)
        return ids


def tokenized(
    build: Build, split: str, opened: Opened, store: Path, seen: Seen = lambda size: None,
    waits: Callable[[], None] = lambda: None,
) -> list[Shard]:  # fmt: skip
    """The shards of a split, encoded where they are not yet in the store; `seen` is told bytes. Of two runs that want
    the same at once, one encodes and the other waits for it, after `waits` was called. Raises `UserError` when the
    split has no documents, or the disk no room."""
    files = [path for path in build.texts() if f"-{split}-" in path.name]
    if not files:
        raise UserError(f"The corpus has no {split.replace('_', '-')} documents.", where=str(build.folder / "data"),
                        mend="build it with --set decide.held_out=0.02" if split == HELD_OUT
                        else "build it from more documents")  # fmt: skip
    keys = {file: _key(build, file, opened) for file in files}
    kept = Store(store)
    with reading(build), usable():
        if not all(kept.has(STAGE, key) for key in keys.values()):
            with in_turn(store / STAGE / build.card.identity / opened.identity, waits):
                kept.sweep()
                for file in files:
                    _encode(file, opened, kept, keys[file], seen)
        return [_shard(kept, keys[file]) for file in files]


def tokenized_before(build: Build, split: str, opened: Opened, store: Path) -> list[Shard] | None:
    """The shards of a split, where all of them are in the store from a run before; else None. Writes nothing."""
    kept = Store(store)
    keys = [_key(build, path, opened) for path in build.texts() if f"-{split}-" in path.name]
    return [_shard(kept, key) for key in keys] if all(kept.has(STAGE, key) for key in keys) else None


def _key(build: Build, file: Path, opened: Opened) -> str:
    content = build.card.outputs[f"data/{file.name}"][0]
    return sha256_json({"file": content, "tokenizer": opened.identity, "scheme": SCHEME})


def _shard(kept: Store, key: str) -> Shard:
    folder = kept.folder(STAGE, key)
    return Shard(folder, pl.read_parquet(folder / DOCUMENTS), key)


def _encode(file: Path, opened: Opened, kept: Store, key: str, seen: Seen) -> None:
    """Encode a file, unless it is in the store."""
    if kept.has(STAGE, key):
        return
    then = "or give --store on another disk; then run again: what is encoded already is kept"
    with told_if_full("the ids of the corpus", kept.root, lambda: then), kept.making(STAGE, key) as making:
        table = _write(file, opened, making.folder / IDS, seen)
        table.write_parquet(making.folder / DOCUMENTS)
        making.counts = {"documents": table.height, "tokens": int(table["tokens"].sum())}


def _write(file: Path, opened: Opened, ids: Path, seen: Seen) -> pl.DataFrame:
    """Write the ids of a file, one row group after another, as an array that can be mapped; returns the table of its
    documents. Nothing is written through a map: on a full disk that would end the process without a word."""
    import pyarrow.parquet as pq

    kind = np.uint16 if opened.size <= 1 << 16 else np.uint32
    tables = []
    with pq.ParquetFile(file) as source, ids.open("wb") as written:
        _head(written, kind, 0)
        first = written.tell()
        for number in range(source.num_row_groups):
            rows = pl.from_arrow(source.read_row_group(number, columns=[*COLUMNS, "text"]))
            assert isinstance(rows, pl.DataFrame)
            found = opened.encode(rows["text"].to_list())
            for one in found:
                written.write(np.array(one, kind).tobytes())
            tables.append(_table(rows, [len(one) for one in found]))
            seen(int(tables[-1]["bytes"].sum()))
        table = pl.concat(tables)
        written.seek(0)
        _head(written, kind, int(table["tokens"].sum()))
        assert written.tell() == first, "the head of the array has grown"
    return table.with_columns(start=pl.col("tokens").cum_sum() - pl.col("tokens"))


def _head(file: BinaryIO, kind: type[np.unsignedinteger[Any]], count: int) -> None:
    """What says that an array of so many ids follows; NumPy leaves room for the count to grow."""
    told = {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": (count,)}
    np.lib.format.write_array_header_1_0(file, told)


def _table(rows: pl.DataFrame, counts: list[int]) -> pl.DataFrame:
    return rows.select(
        *COLUMNS, bytes=pl.col("text").str.len_bytes().cast(pl.Int64), tokens=pl.Series(counts, dtype=pl.Int64)
    )
