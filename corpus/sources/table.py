"""Tables: JSONL, JSON, CSV, TSV and Parquet, also as a Hugging Face dataset. A row is one document.

Origin: data sets and collections of one's own. Licence: a column of the table (`licence_field`), else `licence` in the
recipe; on Hugging Face the dataset's card states it. Format: told from the content where the name does not tell, any
encoding (`encoding` overrides detection), gzip understood. The field map says which fields are text, title, id, ...:

    [[source]]
    kind = "table"
    name = "monographs"
    path = "drugs/*.jsonl"              # or hf:owner/name, or s3://bucket/drugs/
    text = ["indications", "dose.adult"]  # joined by a blank line; a dotted path goes into nested rows
    title = "name"                        # goes before the text, unless that begins with it
    id = "code"
    licence_field = "license"

    {"code": 7, "name": "Aspirin", "indications": "Pain.", "dose": {"adult": "325 mg"}, "license": "CC BY 4.0"}

    id table:monographs/7   title Aspirin   text Aspirin\\n\\nPain.\\n\\n325 mg   licence CC-BY-4.0

A JSON array of strings has one field, `text`; the entries of an object that maps ids to rows have the id as `key`; a
CSV without header row is given names by `columns`. Rows without id are known by their content. Text loses only what
Arrow cannot hold (half surrogate pairs, NUL) and blank lines at its ends. The records go to `corpus/ingest.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from corpus.document import Broken, Item
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.sources.settings import TableSettings
from corpus.sources.table_check import check as check  # before work starts: do the fields exist?
from corpus.sources.table_fields import Fields
from corpus.sources.table_formats import rows
from corpus.sources.table_rows import Fault
from corpus.text.decode import Undecodable

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".pq")
LIBRARIES: tuple[str, ...] = ("orjson", "pyarrow")


def read(file: InputFile, settings: TableSettings) -> Iterator[Item]:
    """The records of one file, in order; position is the row's number, broken rows counted and blank lines not."""
    if file.size == 0:
        yield Broken(1, "empty-file", "the file is empty")
        return
    position, fields = 0, Fields(settings, file.name)
    try:
        for row in rows(file, settings):
            position += 1
            if isinstance(row, Fault):
                yield Broken(position, row.cause, row.detail)
            else:
                yield fields.item(row, position)
    except Undecodable as error:
        yield Broken(position + 1, "undecodable", str(error))
    except TruncatedFile as error:
        yield Broken(position + 1, "truncated-gzip", f"{error}; {position:,} rows came before")
    except DecompressionBomb as error:
        yield Broken(position + 1, "decompression-bomb", str(error))
