"""Which reader a table needs: by what the recipe says, else by its content, else by its name.

Called by `table.py` to read a file and by `table_check.py` to look at its first rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from corpus.files import InputFile
from corpus.sources import table_csv, table_json, table_parquet
from corpus.sources.settings import TableSettings
from corpus.sources.table_rows import Fault, Row


def rows(file: InputFile, settings: TableSettings) -> Iterator[Row | Fault]:
    """The rows of a file, by the format that the recipe, its name or its content says."""
    name = file.name.lower().removesuffix(".gz")
    wanted = settings.format
    if wanted == "parquet" or (wanted == "auto" and _begins_with(file, table_parquet.MAGIC)):
        return table_parquet.rows(file, settings)
    if wanted == "auto" and name.endswith((".parquet", ".pq")):
        return table_parquet.rows(file, settings)  # to say what is wrong with it
    if wanted in ("json", "jsonl"):
        return table_json.rows(file, settings, wanted == "jsonl")
    if wanted in ("csv", "tsv") or name.endswith((".csv", ".tsv", ".tab", ".txt")):
        return table_csv.rows(file, settings, wanted == "tsv" or (wanted == "auto" and not name.endswith(".csv")))
    return table_json.rows(file, settings)


def _begins_with(file: InputFile, magic: bytes) -> bool:
    with file.open() as stream:
        return stream.read(len(magic)) == magic
