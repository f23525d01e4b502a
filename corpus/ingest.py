"""Stage 1, ingest: bytes become records, records become documents. Quality is not judged here.

Files come from `corpus/listing.py`, are read by the modules in `corpus/sources/`, and leave as shards in the store,
each with two tables: `documents.parquet` (schema DOCUMENTS) and `records.parquet` (schema RECORDS, one row for every
entry read, broken ones included), and `index.parquet` (schema INDEX: what later stages need of a document without its
text). A shard is a group of files cut by file name and size only, so adding a file rereads at most its own group;
PubMed files, whose order matters, are a group each.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.closure import code_identity, library_versions
from corpus.document import DOCUMENTS, RECORDS, Broken, Deletion, Document, Item, Record
from corpus.errors import UserError
from corpus.files import InputFile
from corpus.sources import SOURCES
from corpus.sources.settings import Settings, SourceSettings
from corpus.store import Store, kill_point, sha256_json

BATCH_DOCUMENTS = 2_000
BATCH_BYTES = 16 << 20
GROUP_BYTES = 16 << 20  # files below this share a shard with their neighbours by name
GROUP_CUT = 64  # and a group ends, on average, after this many of them
# Settings that say where to look or how to judge, not what is read: changing them rereads nothing.
NOT_READING = {"path", "genre", "deleted_pmids"}


def groups(files: Sequence[InputFile], alone: bool) -> Iterator[list[InputFile]]:
    """Cut a sorted list of files into shards at names chosen by hash, so that a new file moves only its own group."""
    group: list[InputFile] = []
    size = 0
    for file in files:
        if group and (alone or size + file.size > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
        if hashlib.sha256(file.name.encode()).digest()[0] < 256 // GROUP_CUT:
            yield group
            group, size = [], 0
    if group:
        yield group


def unit(settings: SourceSettings, files: list[InputFile], reader: str = "read") -> dict[str, Any]:
    """The payload that reads one group of files with the module's `reader`; `key` names its result in the store."""
    module = SOURCES[settings.kind]
    libraries = importlib.import_module(module).LIBRARIES
    told = settings.model_dump(mode="json", exclude=NOT_READING)
    key = sha256_json(
        {
            "code": code_identity(__name__, module),
            "libraries": library_versions(("pyarrow", *libraries)),
            "reader": reader,
            "settings": told,
            "files": [[file.name, file.identity] for file in files],
        }
    )
    return {"key": key, "module": module, "reader": reader, "settings": settings, "files": files}


def ingest(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """Read one group of files into one shard. Returns counts of records, documents, broken and bytes."""
    reader = getattr(importlib.import_module(payload["module"]), payload["reader"])
    with store.making("ingest", payload["key"]) as making:
        shard = _Shard(making.folder, payload["settings"].name)
        try:
            for file in payload["files"]:
                for item in _items(reader, file, payload["settings"]):
                    shard.add(item, file)
                kill_point("ingest:reading")
        finally:
            shard.close()
        making.counts = shard.counts | {"bytes": sum(file.size for file in payload["files"])}
    return making.counts


def _items(reader: Any, file: InputFile, settings: Settings) -> Iterator[Item]:
    """The reader's items; what it did not foresee becomes one more broken entry, named, and the build goes on."""
    position = 0
    try:
        for item in reader(file, settings):
            position = item.position
            yield item
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        AssertionError,
    ) as error:
        yield Broken(position + 1, "reader-error", f"after entry {position}: {type(error).__name__}: {error}")
    except OSError as error:
        raise UserError(f"An input file cannot be read: {error.strerror or error}", where=file.url,
                        mend="make it readable, or leave it out of `path`, and run again") from None  # fmt: skip


class _Shard:
    """The three tables of a shard being written, in batches of bounded size."""

    def __init__(self, folder: Path, source: str) -> None:
        self.source = source
        self.counts = {"records": 0, "documents": 0, "broken": 0, "deletions": 0}
        self._documents = pq.ParquetWriter(
            folder / "documents.parquet", DOCUMENTS, compression="zstd",
            use_dictionary=["language", "licence", "date", "source"],  # of texts and ids it would only fill memory
        )  # fmt: skip
        self._records = pq.ParquetWriter(folder / "records.parquet", RECORDS, compression="zstd")
        self._index = pq.ParquetWriter(folder / "index.parquet", INDEX, compression="zstd")
        self._rows: list[tuple[Any, ...]] = []
        self._entries: list[tuple[Any, ...]] = []
        self._of_entry: list[int] = []
        self._size = 0

    def add(self, item: Item, file: InputFile) -> None:
        """One item of the reader: its documents and its row among the records."""
        place = f"{self.source}/{file.name}#{item.position}"
        head = (place, self.source, file.name, item.position)
        self.counts["records"] += 1
        match item:
            case Record():
                for document in item.documents:
                    self._rows.append((*document, self.source, item.key, item.version, place))
                    self._of_entry.append(self.counts["records"] - 1)
                    self._size += len(document.text)
                self.counts["documents"] += len(item.documents)
                digest = _content(item.documents)
                self._entries.append((item.key, *head, item.version, "record", len(item.documents), digest, "", ""))
            case Deletion():
                self.counts["deletions"] += 1
                self._entries.append((item.key, *head, 0, "deletion", 0, "", "", ""))
            case Broken():
                self.counts["broken"] += 1
                self._entries.append((item.key, *head, 0, "broken", 0, "", item.cause, _clean(item.detail)))
        if len(self._rows) >= BATCH_DOCUMENTS or self._size >= BATCH_BYTES or len(self._entries) >= BATCH_DOCUMENTS:
            self._write()

    def _write(self) -> None:
        if self._rows:
            table = _table(self._rows, DOCUMENTS)
            self._documents.write_table(table)
            self._index.write_table(_index(table, self._of_entry))
        if self._entries:
            self._records.write_table(_table(self._entries, RECORDS))
        self._rows, self._entries, self._of_entry, self._size = [], [], [], 0

    def close(self) -> None:
        """Write what is left and close the files (also after a failure, so that no descriptor leaks)."""
        try:
            self._write()
        finally:
            for writer in (self._documents, self._records, self._index):
                writer.close()


INDEX = pa.schema(
    [
        ("id", pa.string()),
        ("entry", pa.int32()),  # row of its record in the shard's records.parquet
        ("bytes", pa.int64()),  # of the text, in UTF-8
        ("characters", pa.int64()),
        ("licence", pa.string()),
        ("date", pa.string()),
    ]
)


def _index(table: pa.Table, of_entry: list[int]) -> pa.Table:
    text = pl.Series(table.column("text"))
    sizes = [text.str.len_bytes().cast(pl.Int64).to_arrow(), text.str.len_chars().cast(pl.Int64).to_arrow()]
    told = [table.column("licence"), table.column("date")]
    return pa.table([table.column("id"), _column(of_entry, pa.int32()), *sizes, *told], schema=INDEX)


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    try:
        columns = zip(zip(*rows, strict=True), schema, strict=True)
        return pa.table([_column(values, field.type) for values, field in columns], schema=schema)
    except UnicodeEncodeError:  # a lone surrogate slipped through a reader; Arrow holds UTF-8 only
        return _table([tuple(_clean(v) if isinstance(v, str) else v for v in row) for row in rows], schema)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Made by Polars: given Python's values, Arrow imports pandas, where that is installed, to see if they are its."""
    made = pl.Series(values=values, dtype=pl.String if pa.types.is_string(kind) else pl.Int64)
    return made.to_arrow().cast(kind)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _content(documents: tuple[Document, ...]) -> str:
    """16 hex over everything the documents say: equal digests are equal content."""
    hasher = hashlib.sha256()
    for document in documents:
        for value in document:
            hasher.update(value.encode("utf-8", "surrogatepass") + b"\0")
    return hasher.hexdigest()[:16]
