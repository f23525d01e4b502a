"""A corpus as ids: each data file encoded once and kept, to be mapped into memory by every run that reads of it.

Comes from the training or held-out split of a corpus (`corpus/export.py`) and a tokenizer (`tokenizer/opened.py`); goes
to `train/data/mixture.py` as a table of documents and to `train/data/rows.py` as arrays of ids. A shard is kept under
the content of its data file and the identity of the tokenizer, so that runs, slices and arms of a study share it.
Nothing is cut: all ids of all documents are there, without any special token.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.report.folder import Build, reading
from corpus.store import sha256_json
from tokenizer.opened import Opened, usable

COLUMNS = ("id", "source", "tier", "language")
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


def tokenized(build: Build, split: str, opened: Opened, store: Path, seen: Seen = lambda size: None) -> list[Shard]:
    """The shards of a split, encoded where they are not yet in the store; `seen` is told bytes. Raises `UserError`
    when the split has no documents."""
    files = [path for path in build.texts() if f"-{split}-" in path.name]
    if not files:
        raise UserError(f"The corpus has no {split.replace('_', '-')} documents.", where=str(build.folder / "data"),
                        mend="build it with --set decide.held_out=0.02" if split == HELD_OUT
                        else "build it from more documents")  # fmt: skip
    with reading(build), usable():
        return [_shard(build, file, opened, store, seen) for file in files]


def _shard(build: Build, file: Path, opened: Opened, store: Path, seen: Seen) -> Shard:
    content = build.card.outputs[f"data/{file.name}"][0]
    identity = sha256_json({"file": content, "tokenizer": opened.identity, "scheme": SCHEME})
    folder = store / "tokens" / identity[:32]
    if not (folder / DOCUMENTS).is_file():
        _encode(file, opened, folder, seen)
    return Shard(folder, pl.read_parquet(folder / DOCUMENTS), identity)


def _encode(file: Path, opened: Opened, folder: Path, seen: Seen) -> None:
    """Encode a file one row group after another. The table is renamed into place last: it says that all is there."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    kind = np.uint16 if opened.size <= 1 << 16 else np.uint32
    raw, tables = folder / f"{IDS}.part", []
    with pq.ParquetFile(file) as source, raw.open("wb") as written:
        for number in range(source.num_row_groups):
            rows = pl.from_arrow(source.read_row_group(number, columns=[*COLUMNS, "text"]))
            assert isinstance(rows, pl.DataFrame)
            ids = opened.encode(rows["text"].to_list())
            for one in ids:
                written.write(np.array(one, kind).tobytes())
            tables.append(_table(rows, [len(one) for one in ids]))
            seen(int(tables[-1]["bytes"].sum()))
    table = pl.concat(tables)
    table = table.with_columns(start=pl.col("tokens").cum_sum() - pl.col("tokens"))
    _as_array(raw, folder / IDS, kind, int(table["tokens"].sum()))
    table.write_parquet(folder / f"{DOCUMENTS}.part")
    (folder / f"{DOCUMENTS}.part").replace(folder / DOCUMENTS)


def _table(rows: pl.DataFrame, counts: list[int]) -> pl.DataFrame:
    return rows.select(
        *COLUMNS, bytes=pl.col("text").str.len_bytes().cast(pl.Int64), tokens=pl.Series(counts, dtype=pl.Int64)
    )


def _as_array(raw: Path, file: Path, kind: type[np.unsignedinteger[Any]], count: int) -> None:
    """The ids as a file that says what it holds, written through a map so that memory does not grow with it."""
    part = file.with_name(f"{file.name}.array")
    array = np.lib.format.open_memmap(part, mode="w+", dtype=kind, shape=(count,))
    step = 1 << 22
    with raw.open("rb") as source:
        for start in range(0, count, step):
            size = min(step, count - start)
            array[start : start + size] = np.frombuffer(source.read(size * array.itemsize), kind)
    array.flush()
    del array
    part.replace(file)
    raw.unlink()
