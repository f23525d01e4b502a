"""Stage 2, annotate: for every shard and every annotator, one table of facts beside the documents.

Shards come from `corpus/ingest.py`; each annotator's facts are stored by the content of the documents, its code, its
settings and the facts it needs, so that changing one annotator repeats no other. Rows stand in the order of the
shard's `documents.parquet`. The facts go to `corpus/decide.py`.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.annotate import AFTER_RELATE, ANNOTATORS, Fact
from corpus.annotate.settings import AnnotateSettings, LearnedModels
from corpus.closure import code_identity, library_versions
from corpus.parquet import parquet_writer
from corpus.store import Entry, Making, Store, kill_point, sha256_json

DTYPES: dict[str, Any] = {
    "Float32": pl.Float32, "Float64": pl.Float64, "UInt8": pl.UInt8, "UInt16": pl.UInt16, "UInt32": pl.UInt32,
    "UInt64": pl.UInt64, "Int64": pl.Int64, "String": pl.String, "Boolean": pl.Boolean,
    "List(String)": pl.List(pl.String), "Binary": pl.Binary,
}  # fmt: skip
BATCH_BYTES = 4 << 20
GROUP_ROWS = 8_192  # of a facts file: a writer remembers every column of every group until the file is closed


def facts_of(name: str) -> tuple[Fact, ...]:
    """The documented columns of an annotator."""
    facts: tuple[Fact, ...] = importlib.import_module(ANNOTATORS[name]).FACTS
    return facts


def fact_keys(shard: Entry, settings: AnnotateSettings, models: LearnedModels | None) -> dict[str, str]:
    """Annotator to store key of its facts for a shard. Without `models` those that need them are left out."""
    keys: dict[str, str] = {}
    for name, module_name in ANNOTATORS.items():
        if models is None and name in AFTER_RELATE:
            continue
        module = importlib.import_module(module_name)
        own = own_settings(name, settings, models)
        keys[name] = sha256_json(
            {
                "code": code_identity(__name__, module_name),
                "libraries": library_versions(("polars", *module.LIBRARIES)),
                "settings": own.model_dump(mode="json") if own else None,
                "resources": _resources(module, own),
                "documents": shard.outputs["documents.parquet"],
                "needs": [keys[need] for need in module.NEEDS],
            }
        )
    return keys


def own_settings(name: str, settings: AnnotateSettings, models: LearnedModels | None) -> Any:
    """What an annotator is told: its table of the recipe, or the classifiers that have been learned meanwhile."""
    return models if name in AFTER_RELATE else getattr(settings, name, None)


def annotator_resources(settings: AnnotateSettings) -> dict[str, Any]:
    """What each annotator reads beside code and settings: the hash of a model file, the version of Unicode's tables."""
    modules = {name: importlib.import_module(module) for name, module in ANNOTATORS.items()}
    return {name: _resources(module, getattr(settings, name, None)) for name, module in modules.items()}


def _resources(module: Any, settings: Any) -> Any:
    return module.resources(settings) if hasattr(module, "resources") else None


def annotate(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """Write the missing facts of one shard, batch by batch. Payload: `shard` key, `keys`, `settings`, `models`."""
    shard = store.entry("ingest", payload["shard"])
    keys: dict[str, str] = payload["keys"]
    missing = [name for name, key in keys.items() if not store.has("annotate", key)]
    needed = {need for name in missing for need in importlib.import_module(ANNOTATORS[name]).NEEDS} - set(missing)
    have = [store.file("annotate", keys[need], "facts.parquet") for need in sorted(needed)]
    with contextlib.ExitStack() as stack:
        outputs = {}
        for name in missing:
            making = stack.enter_context(store.making("annotate", keys[name]))
            outputs[name] = stack.enter_context(_Output(name, making))
        for batch in _batches(store.file("ingest", payload["shard"], "documents.parquet"), have):
            for name, output in outputs.items():
                module = importlib.import_module(ANNOTATORS[name])
                facts = module.annotate(batch, own_settings(name, payload["settings"], payload["models"]))
                output.write(facts, batch.height)
                batch = batch.hstack(facts)
            kill_point("annotate:batch")
    return {"documents": shard.counts["documents"], "annotators": len(missing)}


class _Output:
    """One annotator's facts being written, a context; it leaves a table even for a shard without documents."""

    def __init__(self, name: str, making: Making) -> None:
        self.name = name
        self.schema = {fact.name: DTYPES[fact.dtype] for fact in facts_of(name)}
        empty = pl.DataFrame(schema=self.schema).to_arrow(compat_level=pl.CompatLevel.oldest())
        self.context = parquet_writer(making.folder / "facts.parquet", empty.schema)
        self.making = making
        self.held: list[pl.DataFrame] = []

    def write(self, facts: pl.DataFrame, height: int) -> None:
        """Append one batch, holding the annotator to its contract."""
        if facts.height != height or dict(facts.schema) != self.schema:
            raise AssertionError(f"annotator {self.name!r} broke its contract: {facts.height} rows for {height}, "
                                 f"columns {dict(facts.schema)} instead of {self.schema}")  # fmt: skip
        self.held.append(facts)
        self.making.counts["documents"] = self.making.counts.get("documents", 0) + height
        if sum(piece.height for piece in self.held) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self.held:
            table = pl.concat(self.held).to_arrow(compat_level=pl.CompatLevel.oldest())
            self.writer.write_table(table.cast(self.writer.schema))
        self.held = []

    def __enter__(self) -> _Output:
        self.writer = self.context.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Finish the file, unless the work failed."""
        if error[0] is None:
            self._flush()
        self.context.__exit__(*error)


def _batches(documents_file: Path, have: list[Path]) -> Iterator[pl.DataFrame]:
    """The documents in batches, with the facts that are already there beside them."""
    documents = pq.ParquetFile(documents_file, pre_buffer=False)  # else it keeps what was read
    facts = [pq.ParquetFile(path, pre_buffer=False) for path in have]
    streams = [_rows(file) for file in facts]
    for group in documents.iter_batches(batch_size=500):
        batch = pl.DataFrame(pa.Table.from_batches([group]))
        for piece in _cut(batch):
            beside = [stream.take(piece.height) for stream in streams]
            yield piece.hstack([column for frame in beside for column in frame.get_columns()])


def _cut(batch: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Pieces of at most `BATCH_BYTES` of text, or one document: long books must not multiply an annotator's memory."""
    sizes = batch["text"].str.len_bytes().to_list()
    start = total = 0
    for row, size in enumerate(sizes):
        if row > start and total + size > BATCH_BYTES:
            yield batch[start:row]
            start, total = row, 0
        total += size
    yield batch[start:]


class _rows:
    """Rows of a Parquet file by any number at a time, whatever its row groups."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self._batches = file.iter_batches(batch_size=4096)
        self._held = pl.DataFrame()

    def take(self, count: int) -> pl.DataFrame:
        """The next `count` rows."""
        while self._held.height < count:
            more = pl.DataFrame(pa.Table.from_batches([next(self._batches)]))
            self._held = more if self._held.width == 0 else self._held.vstack(more)
        piece, self._held = self._held[:count], self._held[count:]
        return piece
